/** From chunks of any size to blocks of 16,384 bytes, pulled one at a time. */
import { BLOCK_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'

/** Blocks waiting before the source is asked to pause. */
const WAITING_BLOCKS = 2

export interface Flow {
  pause(): void
  resume(): void
}

export class BlockAssembler implements AsyncIterableIterator<Bytes> {
  readonly #flow: Flow
  readonly #waiting: Bytes[] = []
  #partial: Uint8Array | undefined
  #filled = 0
  #isPaused = false
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(chunk: Bytes): void {
    let at = 0
    while (at < chunk.length) at = this.#take(chunk, at)
    if (this.#waiting.length >= WAITING_BLOCKS && !this.#isPaused) {
      this.#isPaused = true
      this.#flow.pause()
    }
    if (this.#waiting.length > 0) this.#notify()
  }

  /** No more chunks: an unfinished block is dropped. */
  end(): void {
    this.#isEnded = true
    this.#partial = undefined
    this.#notify()
  }

  async next(): Promise<IteratorResult<Bytes, undefined>> {
    for (;;) {
      const block = this.#waiting.shift()
      if (block !== undefined) {
        this.#resume()
        return { value: block, done: false }
      }
      if (this.#isEnded) return { value: undefined, done: true }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Bytes, undefined>> {
    this.#waiting.length = 0
    this.end()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** A chunk that is a whole block, as TLS records of SMP peers are, is not copied. */
  #take(chunk: Bytes, at: number): number {
    if (this.#partial === undefined && chunk.length - at >= BLOCK_BYTES) {
      this.#waiting.push(chunk.subarray(at, at + BLOCK_BYTES))
      return at + BLOCK_BYTES
    }
    this.#partial ??= new Uint8Array(BLOCK_BYTES)
    const end = Math.min(chunk.length, at + BLOCK_BYTES - this.#filled)
    this.#partial.set(chunk.subarray(at, end), this.#filled)
    this.#filled += end - at
    if (this.#filled === BLOCK_BYTES) {
      this.#waiting.push(this.#partial)
      this.#partial = undefined
      this.#filled = 0
    }
    return end
  }

  #resume(): void {
    if (!this.#isPaused || this.#waiting.length > 0) return
    this.#isPaused = false
    this.#flow.resume()
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
