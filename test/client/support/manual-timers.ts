import type { Timers } from '../../../src/client/timers.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A clock that moves when told to. */
export class ManualTimers implements Timers {
  #now = 0
  readonly #timers = new Set<Timer>()

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get count(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer, if there is one. */
  get next(): number | undefined {
    const due = [...this.#timers].map(({ at }) => at - this.#now)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** Runs what falls due, in its order, then stands `ms` later. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.run()
    }
    this.#now = end
  }
}
