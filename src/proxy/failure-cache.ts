/** Destinations that gave no session lately: they are not tried again for a while. */
import type { SmpError } from '../protocol/error.ts'

/** Of these only the newest are remembered: their names are whatever clients send. */
const MOST_FAILURES = 10_000

interface Failure {
  readonly error: SmpError
  readonly until: number
}

export class FailureCache {
  readonly #forMs: number
  /** The oldest first. */
  readonly #failures = new Map<string, Failure>()

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  get(key: string, now: number): SmpError | undefined {
    const failure = this.#failures.get(key)
    return failure !== undefined && now < failure.until ? failure.error : undefined
  }

  add(key: string, error: SmpError, now: number): void {
    this.#failures.delete(key)
    this.#failures.set(key, { error, until: now + this.#forMs })
    for (const [oldest, { until }] of this.#failures) {
      if (until > now && this.#failures.size <= MOST_FAILURES) break
      this.#failures.delete(oldest)
    }
  }
}
