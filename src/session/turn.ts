/** Lets other connections work between the pieces of a long computation. */
import { setImmediate } from 'node:timers/promises'

export class Turn {
  readonly #limit: number
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get isOver(): boolean {
    return this.#used >= this.#limit
  }

  count(work: number): void {
    this.#used += work
  }

  /** After what is waiting has been done; the count starts again. */
  async next(): Promise<void> {
    await setImmediate()
    this.#used = 0
  }
}
