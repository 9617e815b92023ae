/** What a run says: a line for each round, a report of what was wrong, and the totals. */
import type { Violation } from './auditor.ts'
import { eventText, type Recorded } from './history.ts'
import type { RoundResult } from './round.ts'
import type { Totals } from './run.ts'
import type { Plan } from './schedule.ts'
import { endText, fullOf, slowCountsOf, slowText } from './slow-text.ts'

const SHOWN_VIOLATIONS = 10
const SHOWN_EVENTS = 60

export interface Counts {
  readonly accepted: number
  readonly delivered: number
  readonly unknown: number
}

export const noCounts: Counts = { accepted: 0, delivered: 0, unknown: 0 }

export const countsOf = (events: readonly Recorded[]): Counts => {
  const sent = events.filter((event) => event.type === 'sent')
  const of = (outcome: string): number => sent.filter((one) => one.outcome === outcome).length
  const delivered = new Set(
    events.flatMap((event) => (event.type === 'delivered' ? [event.message] : [])),
  )
  return { accepted: of('accepted'), delivered: delivered.size, unknown: of('unknown') }
}

export const sumOf = (a: Counts, b: Counts): Counts => ({
  accepted: a.accepted + b.accepted,
  delivered: a.delivered + b.delivered,
  unknown: a.unknown + b.unknown,
})

const faultsOf = ({ faults }: Plan): string => {
  const kinds = Map.groupBy(faults, ({ kind }) => kind)
  return [...kinds]
    .map(([kind, all]) => (all.length > 1 ? `${kind} x${all.length}` : kind))
    .join(', ')
}

const column = (value: number | string, width: number): string => `${value}`.padStart(width)

export const header = [
  column('round', 5),
  'seed'.padEnd(10),
  'topology'.padEnd(8),
  ...['seconds', 'acknowl.', 'deliv.', 'unknown'].map((word) => column(word, 8)),
  column('full', 5),
  'verdict'.padEnd(13),
  'faults',
].join(' ')

export const roundLine = (
  { plan, events, violations, seconds }: RoundResult,
  seed: string,
): string => {
  const { accepted, delivered, unknown } = countsOf(events)
  const verdict = violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`
  return [
    column(plan.round, 5),
    seed.padEnd(10),
    plan.topology.padEnd(8),
    ...[seconds.toFixed(1), accepted, delivered, unknown].map((value) => column(value, 8)),
    column(fullOf(slowCountsOf(events)), 5),
    verdict.padEnd(13),
    faultsOf(plan),
  ].join(' ')
}

const countsText = ({ accepted, delivered, unknown }: Counts): string =>
  `${accepted} messages acknowledged, ${delivered} delivered, ${unknown} without an answer`

export interface RunOf {
  readonly seed: string
  readonly seconds: number
  readonly isControl: boolean
}

export const totalsText = (
  { rounds, faults, wrong, counts, slow, endMs }: Totals,
  { seed, seconds, isControl }: RunOf,
): string => {
  const parts = [...counts].map(([topology, of]) => `${topology.padEnd(8)} ${countsText(of)}`)
  const all = [...counts.values()].reduce(sumOf, noCounts)
  const [right, bad] = isControl
    ? ['the loss was found in every round', 'did not find the loss']
    : ['nothing was wrong', 'went wrong']
  return [
    ...parts,
    `seed ${seed}: ${rounds} rounds in ${seconds.toFixed(0)} s, ${faults} faults; ${countsText(all)}`,
    ...slowText(slow),
    ...endText(endMs),
    wrong === 0 ? right : `${wrong} ${wrong === 1 ? 'round' : 'rounds'} ${bad}`,
  ].join('\n')
}

/** What happened to the message and to the subscriptions, between the faults. */
const concerns = (violation: Violation, event: Recorded): boolean => {
  if (['fault', 'healed', 'settled'].includes(event.type)) return true
  if ('message' in event) return event.message === violation.message
  if (event.type === 'subscribe') return event.queue === violation.queue
  return 'subscription' in event && !!violation.subscriptions?.includes(event.subscription)
}

/** The connections of these subscriptions, whose ends matter too. */
const linesOf = (violation: Violation, events: readonly Recorded[]): readonly string[] => {
  const own = new Set<number>()
  const connections = new Set<number>()
  for (const event of events)
    if (event.type === 'subscribe' && event.queue === violation.queue) {
      own.add(event.subscription)
      connections.add(event.connection)
    }
  const chosen = events.filter((event) => {
    if (event.type === 'closed') return connections.has(event.connection)
    const isBare = event.type === 'subscribed' || event.type === 'ended'
    return concerns(violation, event) || (isBare && own.has(event.subscription))
  })
  const left = chosen.length - SHOWN_EVENTS
  const more = left > 0 ? [`            ... ${left} more`] : []
  return [...chosen.slice(0, SHOWN_EVENTS).map(eventText), ...more]
}

export const reportText = ({ plan, events, violations }: RoundResult, replay: string): string => {
  const shown = violations.slice(0, SHOWN_VIOLATIONS).map((violation) => {
    const where = violation.queue < 0 ? '' : `, queue ${violation.queue}`
    const head = `round ${plan.round}${where}: ${violation.kind}: ${violation.text}`
    return [head, ...linesOf(violation, events)].join('\n')
  })
  const left = violations.length - SHOWN_VIOLATIONS
  const more =
    left > 0
      ? [`and ${left} more of: ${[...new Set(violations.map(({ kind }) => kind))].join(', ')}`]
      : []
  return [...shown, ...more, `again: ${replay}`].join('\n\n')
}
