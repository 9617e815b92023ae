/** Times of any number of events in memory of a fixed size, each within 1.6 % of what it was. */

/** Buckets for each power of two. */
const FINE = 64
const FINE_BITS = 6
/** Up to 2^40 microseconds, which is twelve days. */
const POWERS = 40
const BUCKETS = (POWERS - FINE_BITS + 1) * FINE

const bucketOf = (given: number): number => {
  const microseconds = Math.min(given, 2 ** POWERS - 1)
  if (microseconds < FINE) return Math.max(0, Math.floor(microseconds))
  const power = Math.floor(Math.log2(microseconds))
  const within = Math.floor(microseconds / 2 ** (power - FINE_BITS)) - FINE
  return Math.min(BUCKETS - 1, (power - FINE_BITS + 1) * FINE + within)
}

/** The upper end of a bucket, in microseconds. */
const upperEnd = (bucket: number): number => {
  if (bucket < FINE) return bucket + 1
  const power = Math.floor(bucket / FINE) + FINE_BITS - 1
  return ((bucket % FINE) + FINE + 1) * 2 ** (power - FINE_BITS)
}

/** Milliseconds. */
export interface Times {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** A histogram as it can be sent to another thread. */
export interface Recorded {
  readonly buckets: Float64Array
  readonly sumMs: number
  readonly maxMs: number
}

export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  get count(): number {
    return this.#count
  }

  record(ms: number): void {
    const bucket = bucketOf(ms * 1000)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#count += 1
    this.#sumMs += ms
    this.#maxMs = Math.max(this.#maxMs, ms)
  }

  /** The time that `share` of the events took at most; 0 of none. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#count * share))
    if (this.#count === 0) return 0
    for (const [bucket, count] of this.#buckets.entries()) {
      left -= count
      if (left <= 0) return Math.min(this.#maxMs, upperEnd(bucket) / 1000)
    }
    return this.#maxMs
  }

  get recorded(): Recorded {
    return { buckets: this.#buckets.slice(), sumMs: this.#sumMs, maxMs: this.#maxMs }
  }

  add({ buckets, sumMs, maxMs }: Recorded): void {
    for (const [bucket, count] of buckets.entries()) {
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + count
      this.#count += count
    }
    this.#sumMs += sumMs
    this.#maxMs = Math.max(this.#maxMs, maxMs)
  }

  get times(): Times {
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#maxMs,
    }
  }
}
