/** Time that stands still until it is moved. */
import { mock } from 'node:test'

/** A midnight, which every usual expiry interval divides. */
const START_SECONDS = Date.UTC(2026, 10, 22) / 1000

export class FakeClock {
  #seconds = START_SECONDS

  /** Milliseconds since the epoch. */
  readonly now = (): number => this.#seconds * 1000

  get seconds(): number {
    return this.#seconds
  }

  advance(seconds: number): void {
    this.#seconds += seconds
  }
}

/** One turn of the event loop: what needs no timer and no I/O has happened then. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Moves the timers of the process, and lets what they start happen. */
export type Advance = (ms: number) => Promise<void>

/** Runs with timers that only `advance` moves. */
export const withTimers = async (run: (advance: Advance) => Promise<void>): Promise<void> => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  try {
    await run(async (ms) => {
      await turn()
      mock.timers.tick(ms)
      await turn()
    })
  } finally {
    mock.timers.reset()
  }
}
