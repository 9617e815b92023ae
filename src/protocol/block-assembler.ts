/** From chunks of any size to blocks of 16,384 bytes. */
import { BLOCK_BYTES } from './block.ts'
import type { Bytes } from './bytes.ts'

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
