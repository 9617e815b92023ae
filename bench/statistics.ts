/** Medians and percentiles. */

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

/** The value below which `share` of the values lie, by linear interpolation; NaN of none. */
export const quantile = (values: readonly number[], share: number): number => {
  const list = sorted(values)
  const at = (list.length - 1) * share
  const below = list[Math.floor(at)] ?? Number.NaN
  const above = list[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** A median over rounds, and how far the rounds are apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** Of a normal distribution: 95 of 100 lie within so many standard deviations. */
const DEVIATIONS = 1.96

/** A median, and what it would be in 95 of 100 repetitions, by the ranks beside it. */
export const confidenceOf = (values: readonly number[]): Spread => {
  const list = sorted(values)
  const middle = (list.length - 1) / 2
  const reach = (DEVIATIONS * Math.sqrt(list.length)) / 2
  const at = (rank: number) => list[Math.min(list.length - 1, Math.max(0, rank))] ?? Number.NaN
  return {
    median: median(values),
    min: at(Math.floor(middle - reach)),
    max: at(Math.ceil(middle + reach)),
  }
}

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export const percentilesOf = (values: readonly number[]): Percentiles => ({
  count: values.length,
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  p99: quantile(values, 0.99),
  max: Math.max(...values),
})
