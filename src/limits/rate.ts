/**
 * How often something may happen: token buckets, kept as one number each (GCRA). All times are
 * milliseconds of one clock that never goes back.
 */

export interface Rate {
  readonly perSecond: number
  /** So many at once after some silence: the size of the bucket. */
  readonly burst: number
}

/** What sums of fractions may be off by. */
const ROUNDING_MS = 1e-3

/** Time that brings one token. */
export const msPerToken = ({ perSecond }: Rate): number => 1000 / perSecond

/** Time until there is a token in a bucket that is full at `fullAt`; 0: there is one. */
export const waitMs = (fullAt: number, now: number, rate: Rate): number => {
  const wait = fullAt - now - (rate.burst - 1) * msPerToken(rate)
  return wait > ROUNDING_MS ? wait : 0
}

/** When the bucket is full after a token was taken, or is to be taken once it is there. */
export const fullAfter = (fullAt: number, now: number, rate: Rate): number =>
  Math.max(fullAt, now) + msPerToken(rate)
