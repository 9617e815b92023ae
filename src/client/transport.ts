/** The seam below a connection: blocks both ways, whatever carries them. */

import { BLOCK_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'

/** What ties an SMP session to the TLS session under it. */
export interface ChannelBinding {
  /** Our own TLS Finished message: 12, 32 or 48 bytes (SMP, "Transport handshake"). */
  readonly sessionId: Bytes
  /** The peer's certificates in DER, leaf first. */
  readonly chain: readonly Bytes[]
}

/**
 * Carries blocks of 16,384 bytes in order.
 *
 * Where TLS ends at a proxy in front of the relay (WebSocket behind an ingress) there is no
 * `binding`: session id and certificates are then taken from the server's hello, where the chain
 * is still checked against the address.
 */
export interface ClientTransport {
  readonly binding?: ChannelBinding
  /**
   * One pass over the received blocks, each whole and written to by nobody else. Ends when the
   * peer closes between two blocks, fails with `ConnectionClosed` otherwise. Reading too little
   * makes the transport stop reading from the network.
   */
  readonly blocks: AsyncIterable<Bytes>
  /** Queues one block; it must not change afterwards. After the end it does nothing. */
  send(block: Bytes): void
  /** Ends the connection; `blocks` ends too. Repeatable. */
  close(): void
}

/** Cuts a byte stream into blocks; a block that lies inside one chunk is not copied. */
export class BlockAssembler {
  readonly #emit: (block: Bytes) => void
  #partial: Bytes | undefined
  #filled = 0

  constructor(emit: (block: Bytes) => void) {
    this.#emit = emit
  }

  get isBetweenBlocks(): boolean {
    return this.#filled === 0
  }

  push(chunk: Bytes): void {
    let at = 0
    while (at < chunk.length) {
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled)
      at += part.length
      if (part.length === BLOCK_BYTES) this.#emit(part)
      else this.#append(part)
    }
  }

  #append(part: Bytes): void {
    const block = this.#partial ?? new Uint8Array(BLOCK_BYTES)
    block.set(part, this.#filled)
    this.#filled += part.length
    this.#partial = block
    if (this.#filled < BLOCK_BYTES) return
    this.#partial = undefined
    this.#filled = 0
    this.#emit(block)
  }
}
