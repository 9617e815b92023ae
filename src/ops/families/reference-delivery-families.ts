/** What the reference server exports too, under its names: from deliveries to acknowledgements. */
import type { Histogram } from '../../measures/histogram.ts'
import { counter, type Family, gauge, histogram } from '../family.ts'
import type { Subject } from '../subject.ts'

const name = (ending: string): string => `simplex_smp_${ending}`

/** Upper bounds of the reference's periods, in seconds; the histogram has the same among its own. */
const ackPeriods: readonly (readonly [period: string, from: number, to: number])[] = [
  ['0-60', 0, 60],
  ['60-300', 60, 300],
  ['300-1200', 300, 1200],
  ['1200-3600', 1200, 3600],
  ['3600+', 3600, Infinity],
]

const periodBounds = ackPeriods.map(([, , to]) => to).filter(Number.isFinite)

const between = ({ bounds, counts }: Histogram, from: number, to: number): number => {
  let sum = 0
  counts.forEach((count, range) => {
    const bound = bounds[range] ?? Infinity
    if (bound > from && bound <= to) sum += count
  })
  return sum
}

const acknowledgements = ({ measures: { session } }: Subject): Histogram =>
  session.subscriptions.acknowledgementSeconds

export const referenceDeliveryFamilies: readonly Family[] = [
  gauge(
    [
      name('delivered_total'),
      'Subscriptions with a message that is delivered and not acknowledged.',
    ],
    [],
    ({ measures: { session } }) => session.subscriptions.delivered.total,
  ),
  gauge(
    [
      name('delivered_clients_total'),
      'Connections with a message that is delivered and not acknowledged.',
    ],
    [],
    ({ measures: { session } }) => session.subscriptions.delivered.holders,
  ),
  histogram(
    [
      name('delivery_ack_confirmed_time'),
      'Time from the delivery of a message to its acknowledgement.',
    ],
    [],
    acknowledgements,
  ),
  counter(
    [
      name('delivery_ack_confirmed_count'),
      'Acknowledged messages by the time from delivery to acknowledgement, in seconds.',
    ],
    ['period'],
    (subject) =>
      ackPeriods.map(([period, from, to]) => [
        [period],
        between(acknowledgements(subject), from, to),
      ]),
  ),
  gauge(
    [
      name('delivery_ack_pending_count'),
      'Deliveries that are not acknowledged, by the time since then in seconds; to five seconds.',
    ],
    ['period'],
    ({ measures: { session } }) => {
      const { deliveredAges } = session.subscriptions
      const counts = deliveredAges.counts(performance.now(), periodBounds)
      return ackPeriods.map(([period], index) => [[period], counts[index] ?? 0])
    },
  ),
  gauge(
    [
      name('delivery_ack_time_max'),
      'Time since the oldest delivery that is not acknowledged, 0 for none; to five seconds, above an hour to the hour.',
    ],
    [],
    ({ measures: { session } }) => session.subscriptions.deliveredAges.oldest(performance.now()),
  ),
]
