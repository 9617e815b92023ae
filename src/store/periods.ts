/** Days, weeks from Monday and months, in UTC; days are counted since the epoch. */

const DAY_MS = 86_400_000
/** The epoch was a Thursday. */
const DAYS_SINCE_MONDAY = 3

export const periods = ['day', 'week', 'month'] as const

export type Period = (typeof periods)[number]

/** @param now milliseconds since the epoch */
export const dayOf = (now: number): number => Math.floor(now / DAY_MS)

/** The first day of the period that the day is in. */
export const firstDayOf = (period: Period, day: number): number => {
  if (period === 'day') return day
  if (period === 'week') return day - ((day + DAYS_SINCE_MONDAY) % 7)
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / DAY_MS
}
