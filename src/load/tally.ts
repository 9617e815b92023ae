/** What one kind of work came to, in memory of a fixed size. */
import { Histogram, type Recorded, type Times } from './histogram.ts'

export type What = 'messages' | 'subscriptions' | 'connections' | 'reconnections'

/** Other kinds of failure are counted together. */
const MAX_KINDS = 20
const OTHERS = 'others'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

/** A tally as it can be sent to another thread. */
export interface TallyRecord {
  readonly what: What
  readonly count: number
  readonly seconds: number
  readonly times: Recorded
  readonly failures: readonly (readonly [what: string, count: number])[]
}

export interface Tallied {
  readonly what: What
  readonly count: number
  readonly perSecond: number
  /** Of a message, of a batch of subscriptions, of a connection; in milliseconds. */
  readonly timesMs: Times
  readonly failures: Readonly<Record<string, number>>
}

export class Tally {
  readonly what: What
  readonly #histogram = new Histogram()
  readonly #failures = new Map<string, number>()
  #count = 0
  #seconds = 0

  constructor(what: What) {
    this.what = what
  }

  get count(): number {
    return this.#count
  }

  record(ms: number, count = 1): void {
    this.#histogram.record(ms)
    this.#count += count
  }

  fail(error: unknown, count = 1): void {
    const text = textOf(error)
    const isKnown = this.#failures.has(text) || this.#failures.size < MAX_KINDS
    const kind = isKnown ? text : OTHERS
    this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + count)
  }

  /** How long it was measured. */
  lasted(seconds: number): void {
    this.#seconds = Math.max(this.#seconds, seconds)
  }

  get recorded(): TallyRecord {
    return {
      what: this.what,
      count: this.#count,
      seconds: this.#seconds,
      times: this.#histogram.recorded,
      failures: [...this.#failures],
    }
  }

  /** What another thread did at the same time. */
  add({ count, seconds, times, failures }: TallyRecord): void {
    this.#count += count
    this.lasted(seconds)
    this.#histogram.add(times)
    for (const [text, failed] of failures) this.fail(text, failed)
  }

  get result(): Tallied {
    return {
      what: this.what,
      count: this.#count,
      perSecond: this.#seconds === 0 ? 0 : this.#count / this.#seconds,
      timesMs: this.#histogram.times,
      failures: Object.fromEntries(this.#failures),
    }
  }
}
