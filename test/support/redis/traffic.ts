/** Calls that go on while something is done to Redis, and what became of them. */
import assert from 'node:assert/strict'
import { StoreUnavailable } from '../../../src/store/store-error.ts'
import { turn } from '../clock.ts'
import { until } from './until.ts'

export class Traffic implements AsyncDisposable {
  answered = 0
  unavailable = 0
  /** What nobody may see. */
  readonly wrong: unknown[] = []
  #isOver = false
  readonly #workers: Promise<unknown>

  /** Each of the calls again and again, one after the other. */
  constructor(calls: readonly (() => Promise<unknown>)[]) {
    this.#workers = Promise.all(calls.map((call) => this.#work(call)))
  }

  /** Resolves when each call was made so many times on the average, from now on, with success. */
  async progress(count = 20): Promise<void> {
    const goal = this.answered + count
    await until('calls are answered', () => this.answered >= goal || this.wrong.length > 0)
    this.check()
  }

  /** Nothing else than answers and StoreUnavailable. */
  check(): void {
    assert.deepEqual(this.wrong, [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#workers
  }

  async #work(call: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      try {
        await call()
        this.answered += 1
      } catch (error) {
        if (error instanceof StoreUnavailable) this.unavailable += 1
        else this.wrong.push(error)
      }
      await turn()
    }
  }
}
