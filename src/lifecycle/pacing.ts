/** Lets connections leave at an even rate: each comes back elsewhere, with a TLS handshake. */

const TICK_MS = 100

export interface PacingOptions {
  readonly count: number
  readonly overMs: number
  /** Fewer are not worth waiting for; 0: all of the time is taken. */
  readonly leastPerSecond?: number
  /** Called for each. */
  leaveNext(): void
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

export class Pacing {
  /** Resolves when all have been asked to leave, or no more will be. */
  readonly done: Promise<void>
  readonly #options: PacingOptions
  readonly #durationMs: number
  readonly #startedAt: number
  readonly #timer: NodeJS.Timeout
  readonly #end: () => void
  #asked = 0

  constructor(options: PacingOptions) {
    const { count, overMs, leastPerSecond = 0, now } = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    this.#end = resolve
    this.#options = options
    this.#durationMs = Math.min(overMs, (1000 * count) / leastPerSecond)
    this.#startedAt = now()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  /** How many have not been asked yet. */
  get left(): number {
    return this.#options.count - this.#asked
  }

  get remainingMs(): number {
    const { now } = this.#options
    return this.left === 0 ? 0 : Math.max(0, this.#startedAt + this.#durationMs - now())
  }

  /** The rest, now. */
  hurry(): void {
    this.#askUntil(this.#options.count)
  }

  /** The rest stays. */
  stop(): void {
    clearInterval(this.#timer)
    this.#end()
  }

  /** What is due until the next tick. */
  #tick(): void {
    const { count, now } = this.#options
    const elapsedMs = now() - this.#startedAt + TICK_MS
    const due = elapsedMs < this.#durationMs ? (count * elapsedMs) / this.#durationMs : count
    this.#askUntil(Math.floor(due))
  }

  #askUntil(due: number): void {
    while (this.#asked < due) {
      this.#asked += 1
      this.#options.leaveNext()
    }
    if (this.left === 0) this.stop()
  }
}
