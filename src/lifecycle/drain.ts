/**
 * The end of a relay's service (design, "Life of a pod"): it stops accepting and lets its connections
 * leave, paced, within a bound.
 */
import { type Leaver, Leavers, type Random } from './leavers.ts'
import { Pacing } from './pacing.ts'

/** What the drain is of. */
export interface Drainable {
  /** Those that are there; while nothing is accepted, there will be no others. */
  readonly connections: Iterable<Leaver>
  readonly size: number
  stopAccepting(): void
  /** Commands that other relays work on are answered that these ended, and nobody waits for a turn. */
  leaveOthers(): void
  /** Closes what is left, at once, and returns on how many commands were under way. */
  cutOff(): number
  /** Resolves when no connection is left. */
  gone(): Promise<void>
}

export interface DrainOptions {
  /** For load balancers to notice: connections are still accepted. */
  readonly delayMs: number
  /** For everything after that. */
  readonly boundMs: number
  readonly random: Random
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

export interface Progress {
  readonly connectionsLeft: number
  /** Until the bound; 0 when it is done. */
  readonly secondsLeft: number
}

export interface DrainResult {
  readonly closed: number
  /** Those of them on which commands were under way at the bound. */
  readonly cutOff: number
}

/** More slowly makes no sense: so many handshakes a second cost the other pods little. */
const LEAST_PER_SECOND = 50
/** Of the bound, for the last ones to be answered and gone; and no more than that. */
const LAST_SHARE = 0.25
const LAST_MS = 5_000
/** Of the bound, for what other relays did not answer in time to be answered without them. */
const REFUSAL_SHARE = 0.1
const REFUSAL_MS = 1_000
/** When it has to be quick. */
const HASTE_MS = 3_000
/** For the release of subscriptions after the bound; the next SUB takes over what is not released. */
const RELEASE_MS = 1_000

/** Resolves after this time, or when `ended` does. */
const upTo = async (ms: number, ended: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([late, ended])
  clearTimeout(timer)
}

export class Drain implements Progress {
  readonly done: Promise<DrainResult>
  readonly #target: Drainable
  readonly #options: DrainOptions
  readonly #haste = Promise.withResolvers<void>()
  #pacing: Pacing | undefined
  #deadline: number
  #isHasty = false
  #isDone = false

  constructor(target: Drainable, options: DrainOptions) {
    this.#target = target
    this.#options = options
    this.#deadline = options.now() + options.delayMs + options.boundMs
    this.done = this.#run()
  }

  get connectionsLeft(): number {
    return this.#target.size
  }

  get secondsLeft(): number {
    return this.#isDone ? 0 : Math.max(0, this.#deadline - this.#options.now()) / 1000
  }

  /** Everything leaves now; what is under way is still answered, for a moment. */
  hasten(withinMs = HASTE_MS): void {
    this.#deadline = Math.min(this.#deadline, this.#options.now() + withinMs)
    this.#isHasty = true
    this.#haste.resolve()
    this.#pacing?.hurry()
  }

  async #run(): Promise<DrainResult> {
    const { delayMs, boundMs, now, random } = this.#options
    if (delayMs > 0) await upTo(delayMs, this.#haste.promise)
    this.#deadline = Math.min(this.#deadline, now() + boundMs)
    this.#target.stopAccepting()
    const leavers = new Leavers(this.#target.connections, random)
    const count = leavers.size
    this.#pacing = new Pacing({
      count,
      overMs: this.#isHasty ? 0 : boundMs - Math.min(LAST_MS, boundMs * LAST_SHARE),
      leastPerSecond: LEAST_PER_SECOND,
      leaveNext: () => leavers.next()?.leave(),
      now,
    })
    const cutOff = await this.#wait()
    this.#pacing.stop()
    this.#isDone = true
    return { closed: count, cutOff }
  }

  /** For the connections to go; returns how many did not. */
  async #wait(): Promise<number> {
    const gone = this.#target.gone()
    await this.#waitUntil(this.#refusalMs, gone)
    if (this.#target.size > 0) this.#target.leaveOthers()
    await this.#waitUntil(0, gone)
    const cutOff = this.#target.size > 0 ? this.#target.cutOff() : 0
    await upTo(RELEASE_MS, gone)
    return cutOff
  }

  /** Until so long before the deadline, which haste may bring forward. */
  async #waitUntil(beforeMs: number, gone: Promise<void>): Promise<void> {
    const remainingMs = () => this.#deadline - beforeMs - this.#options.now()
    const hasteOrGone = Promise.race([this.#haste.promise, gone])
    await upTo(Math.max(0, remainingMs()), this.#isHasty ? gone : hasteOrGone)
    if (this.#isHasty && this.#target.size > 0) await upTo(Math.max(0, remainingMs()), gone)
  }

  get #refusalMs(): number {
    return Math.min(REFUSAL_MS, this.#options.boundMs * REFUSAL_SHARE)
  }
}
