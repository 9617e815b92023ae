/** The seam below a connection: blocks both ways, whatever carries them. */
import type { Bytes } from '../protocol/bytes.ts'

/** What ties an SMP session to the TLS session under it. */
export interface ChannelBinding {
  /** Our own TLS Finished message: 12, 32 or 48 bytes (SMP, "Transport handshake"). */
  readonly sessionId: Bytes
  /**
   * The peer's certificates in DER, leaf first; absent where TLS was made with a certificate of the
   * web. The relay is then known by the chain in its hello.
   */
  readonly chain?: readonly Bytes[]
}

/**
 * Carries blocks of 16,384 bytes in order.
 *
 * Where TLS ends at a proxy in front of the relay (WebSocket behind an ingress) there is no
 * `binding`, and a browser does not tell of its TLS: session id and certificates are then taken from
 * the server's hello, where the chain is still checked against the address. Without a chain from TLS
 * only versions are agreed that encrypt blocks themselves, with keys that the hello's certificate
 * signs: whoever ends the TLS in between can neither read nor change them.
 */
export interface ClientTransport {
  readonly binding?: ChannelBinding
  /**
   * One pass over the received blocks, each whole and written to by nobody else. Ends when the
   * peer closes between two blocks, fails with `ConnectionClosed` otherwise. Reading too little
   * makes the transport stop reading from the network.
   */
  readonly blocks: AsyncIterable<Bytes>
  /** Bytes queued and not yet taken by the network, where that is known. */
  readonly bufferedBytes?: number
  /** Queues one block; it must not change afterwards. After the end it does nothing. */
  send(block: Bytes): void
  /** Ends the connection; `blocks` ends too. Repeatable. */
  close(): void
}
