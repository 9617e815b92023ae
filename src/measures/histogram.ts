/** How often a value was in which range: a few additions for each, and nothing kept of it. */

/** Seconds; from what a pod does alone to what a client gives up on. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** A trace that shows what was measured. */
export interface Exemplar {
  readonly traceId: string
  readonly value: number
  /** Seconds since the epoch. */
  readonly at: number
}

export class Histogram {
  /** The highest value of each range, ascending; above the last there is one more. */
  readonly bounds: readonly number[]
  /** Of each range alone. */
  readonly counts: Float64Array
  sum = 0
  /** The last of each range; absent until one is given. */
  exemplars: (Exemplar | undefined)[] | undefined

  constructor(bounds: readonly number[] = DURATION_BOUNDS) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  /** @param traceId where it is being traced */
  observe(value: number, traceId?: string): void {
    const { bounds, counts } = this
    let range = 0
    while (range < bounds.length && value > (bounds[range] ?? 0)) range += 1
    counts[range] = (counts[range] ?? 0) + 1
    this.sum += value
    if (traceId === undefined) return
    this.exemplars ??= Array.from(counts, () => undefined)
    this.exemplars[range] = { traceId, value, at: Date.now() / 1000 }
  }

  get count(): number {
    let count = 0
    for (const one of this.counts) count += one
    return count
  }
}
