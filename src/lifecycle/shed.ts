/** Closes a share of the connections gently, so that they come back elsewhere; others are served. */
import type { Progress } from './drain.ts'
import { type Leaver, Leavers, type Random } from './leavers.ts'
import { Pacing } from './pacing.ts'

export interface ShedOptions {
  /** Of the present connections, above 0 and up to 1. */
  readonly share: number
  readonly overSeconds: number
}

export interface ShedCount {
  readonly count: number
  readonly overSeconds: number
}

export interface ShedParts {
  readonly connections: Iterable<Leaver>
  readonly random: Random
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

/** @throws RangeError */
const checkShed = (options: ShedOptions | ShedCount): void => {
  const { overSeconds } = options
  if ('share' in options && !(options.share > 0 && options.share <= 1))
    throw new RangeError('share is above 0 and up to 1')
  if (!(overSeconds >= 0 && Number.isFinite(overSeconds)))
    throw new RangeError('overSeconds is 0 or more')
}

export class Shed implements Progress {
  /** How many are closed in all. */
  readonly count: number
  /** Resolves when all of them have been asked to leave. */
  readonly done: Promise<void>
  readonly #pacing: Pacing

  /** @throws RangeError for options out of their limits */
  constructor(options: ShedOptions | ShedCount, { connections, random, now }: ShedParts) {
    checkShed(options)
    const leavers = new Leavers(connections, random)
    this.count =
      'count' in options
        ? Math.min(options.count, leavers.size)
        : Math.round(leavers.size * options.share)
    this.#pacing = new Pacing({
      count: this.count,
      overMs: options.overSeconds * 1000,
      leaveNext: () => leavers.nextIdle()?.leave(),
      now,
    })
    this.done = this.#pacing.done
  }

  get connectionsLeft(): number {
    return this.#pacing.left
  }

  get secondsLeft(): number {
    return this.#pacing.remainingMs / 1000
  }

  /** The others stay. */
  stop(): void {
    this.#pacing.stop()
  }
}
