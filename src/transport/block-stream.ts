/** The blocks of a connection, pulled one at a time: what is not asked for stays in the network. */
import { BlockAssembler } from '../protocol/block-assembler.ts'
import type { Bytes } from '../protocol/bytes.ts'

/** Blocks waiting before the source is asked to pause. */
const WAITING_BLOCKS = 2

export interface Flow {
  pause(): void
  resume(): void
}

export class BlockStream implements AsyncIterableIterator<Bytes> {
  readonly #flow: Flow
  readonly #waiting: Bytes[] = []
  readonly #assembler = new BlockAssembler((block) => this.#waiting.push(block))
  #isPaused = false
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** Without effect after the end. */
  push(chunk: Bytes): void {
    if (this.#isEnded) return
    this.#assembler.push(chunk)
    if (this.#waiting.length >= WAITING_BLOCKS && !this.#isPaused) {
      this.#isPaused = true
      this.#flow.pause()
    }
    if (this.#waiting.length > 0) this.#notify()
  }

  /** No more chunks: blocks that wait are still yielded, an unfinished one is dropped. */
  end(): void {
    this.#isEnded = true
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
