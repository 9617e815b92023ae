/** One metric as it is exported, and where its values come from. */
import type { Histogram } from '../measures/histogram.ts'
import type { Tally } from '../measures/tally.ts'
import type { Subject } from './subject.ts'

/** With the labels' values in their order. */
export type Sample = readonly [labels: readonly (string | number)[], value: number | Histogram]

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly unit: string
  /** Asks nobody and visits nothing that grows with connections or queues. */
  read(subject: Subject): Iterable<Sample>
}

type About = readonly [name: string, help: string]

const unitOf = (name: string): string => {
  if (/_(seconds|time)(_total|_max)?$/.test(name)) return 'seconds'
  return /_bytes(_total)?$/.test(name) ? 'bytes' : ''
}

type Values = number | undefined | Iterable<Sample>

const family =
  (type: Family['type']) =>
  (
    [name, help]: About,
    labels: readonly string[],
    read: (subject: Subject) => Values | Histogram,
  ): Family => ({
    name,
    type,
    help,
    labels,
    unit: unitOf(name),
    read(subject): Iterable<Sample> {
      const values = read(subject)
      if (values === undefined) return []
      return typeof values === 'number' || 'observe' in values ? [[[], values]] : values
    },
  })

/** Without labels `read` gives the one value; undefined where it is not known. */
export const counter = family('counter')
export const gauge = family('gauge')
export const histogram = family('histogram')

/** Of those that anything was observed in: an empty histogram is as many samples as a full one. */
export const observed = (all: Iterable<readonly [string, Histogram]>): Sample[] =>
  [...all].flatMap(([word, one]) => (one.count > 0 ? [[[word], one]] : []))

export const samplesOf = (tally: Iterable<readonly [string, number]> | Tally): Sample[] =>
  [...tally].map(([word, count]) => [[word], count])
