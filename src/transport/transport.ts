/** What a session needs of a connection: blocks in, blocks out. */
import type { ConnectionKind } from '../measures/transport-measures.ts'
import type { Bytes } from '../protocol/bytes.ts'

export interface Transport {
  readonly kind: ConnectionKind
  /** Binds the session to the connection: the client's TLS Finished; 32 random bytes without TLS. */
  readonly sessionId: Bytes
  /** Undefined when the client offered none, which only v6 clients do. */
  readonly alpn: string | undefined
  /** The certificates that the client showed, DER, leaf first; none where TLS ends elsewhere. */
  readonly clientChain: () => readonly Bytes[]
  /** For limits by address; never stored or logged. Undefined if not known. */
  readonly clientAddress: string | undefined
  /** Blocks of 16,384 bytes; ends when the connection does. Read by one reader, once. */
  readonly blocks: AsyncIterable<Bytes>
  /** Queues a block. `taken` is called when its memory may be used again, at the latest at the end. */
  send(block: Bytes, taken?: () => void): void
  /** Bytes queued and not yet taken by the network. */
  readonly bufferedBytes: number
  /** Resolves when the queue has emptied or the connection is closed. */
  drained(): Promise<void>
  /** Takes no more: blocks that have come are still yielded, what comes is thrown away. */
  stopReading(): void
  /**
   * Says goodbye after what is queued, and resolves when the connection is gone: the peer has read
   * it all and closed its end, or did not within a few seconds.
   */
  leave(): Promise<void>
  /** Closes after what is queued has been sent. */
  close(): void
  /** Closes at once. */
  destroy(): void
}
