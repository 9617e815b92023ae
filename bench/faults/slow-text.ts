/** What a run says of clients that did not read, and of devices that were replaced. */
import { percentilesOf } from '../statistics.ts'
import type { Recorded } from './history.ts'

type SlowReaders = Extract<Recorded, { readonly type: 'slow-readers' }>

const KIB = 1024
const MIB = 1024 * 1024

/** What became of clients that did not read, and what it cost. */
export interface SlowCounts {
  readonly faults: number
  readonly clients: number
  readonly full: number
  readonly lost: number
  readonly answers: number
  /** The most of all pods. */
  readonly bufferedBytes: number
  readonly grownBytes: number
}

export const noSlowCounts: SlowCounts = {
  ...{ faults: 0, clients: 0, full: 0, lost: 0, answers: 0, bufferedBytes: 0, grownBytes: 0 },
}

export const sumOfSlow = (a: SlowCounts, b: SlowCounts): SlowCounts => ({
  faults: a.faults + b.faults,
  clients: a.clients + b.clients,
  full: a.full + b.full,
  lost: a.lost + b.lost,
  answers: a.answers + b.answers,
  bufferedBytes: Math.max(a.bufferedBytes, b.bufferedBytes),
  grownBytes: Math.max(a.grownBytes, b.grownBytes),
})

const countsIn = ({ clients, full, lost, grownBytes }: SlowReaders) => ({
  ...{ clients, full, lost, grownBytes },
})

const slowCountsOfOne = (event: Recorded): SlowCounts => {
  switch (event.type) {
    case 'slow-readers':
      return { ...noSlowCounts, ...countsIn(event), faults: 1 }
    case 'answer':
      return { ...noSlowCounts, answers: 1 }
    case 'buffered':
      return { ...noSlowCounts, bufferedBytes: event.bytes }
    default:
      return noSlowCounts
  }
}

export const slowCountsOf = (events: readonly Recorded[]): SlowCounts =>
  events.map(slowCountsOfOne).reduce(sumOfSlow, noSlowCounts)

/** Those that kept their connection and did not bring the relay to its limit. */
const shortOf = ({ clients, full, lost }: SlowCounts): number => Math.max(0, clients - full - lost)

/** Whether all of it was for nothing. */
export const isHollow = ({ clients, full, lost }: SlowCounts): boolean =>
  clients > lost && full === 0

/** For the line of a round. */
export const fullOf = ({ clients, full }: SlowCounts): string =>
  clients === 0 ? '-' : `${full}/${clients}`

/** Undefined where each slow client of the round did what it is there for. */
export const shortText = (slow: SlowCounts): string | undefined => {
  const short = shortOf(slow)
  return short === 0
    ? undefined
    : `      of ${slow.clients} slow readers ${short} kept the connection and did not fill the relay's buffer`
}

export const slowText = (slow: SlowCounts): readonly string[] => {
  if (slow.clients === 0) return []
  const { faults, clients, full, lost, answers, bufferedBytes, grownBytes } = slow
  return [
    `slow readers: ${clients} in ${faults} faults; the relay's buffer was full for ${full}, ` +
      `${lost} lost the connection, ${shortOf(slow)} neither; ${answers} answers came; at most ` +
      `${Math.ceil(bufferedBytes / KIB)} KiB waited for one connection; a pod grew by at most ` +
      `${Math.ceil(grownBytes / MIB)} MiB`,
    ...(isHollow(slow) ? ["no slow reader filled the relay's buffer: nothing was tested"] : []),
  ]
}

export const endText = (endMs: readonly number[]): readonly string[] => {
  if (endMs.length === 0) return []
  const { count, p50, p99, max } = percentilesOf(endMs)
  const [middle, late, latest] = [p50, p99, max].map((ms) => `${ms.toFixed(1)} ms`)
  return [
    `END after the answer to the new SUB, in ${count} replacements without a fault: ` +
      `p50 ${middle}, p99 ${late}, max ${latest}`,
  ]
}
