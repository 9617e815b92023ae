/** Who held each queue: I3, and I5 as far as errors tell. */
import type { Violation } from './auditor.ts'
import type { Recorded } from './history.ts'
import { type HistoryIndex, NEVER, type Subscription } from './history-index.ts'

const nothing: readonly Violation[] = []

const rivalsOf = (one: Subscription, index: HistoryIndex): readonly Subscription[] =>
  index
    .subscriptionsOf(one.queue)
    .filter(({ isLook, connection }) => !isLook && connection !== one.connection)

/** A SUB that was asked for when the other one had its answer, so it was done after that. */
const successorsOf = (one: Subscription, index: HistoryIndex): readonly Subscription[] =>
  rivalsOf(one, index).filter(({ askedAt }) => askedAt > one.answeredAt)

/** Whether a SUB of another connection may have been done between `one` and this time. */
const mayBeTaken = (one: Subscription, at: number, index: HistoryIndex): boolean =>
  rivalsOf(one, index).some(({ askedAt, answeredAt }) => askedAt < at && answeredAt > one.askedAt)

/** Nothing that is sent after a newer SUB had its answer goes to the older one. */
const aloneIn = (index: HistoryIndex): readonly Violation[] =>
  [...index.messages.values()].flatMap((message) => {
    if (index.mayForget(message.sentAt)) return nothing
    for (const { subscription: one } of message.deliveries) {
      if (one.isLook) continue
      const newer = successorsOf(one, index).find(({ answeredAt }) => answeredAt < message.sentAt)
      if (newer === undefined) continue
      const { name, queue } = message
      return {
        kind: 'two subscribers',
        queue,
        message: name,
        subscriptions: [one.number, newer.number],
        text: `${name} went to subscription ${one.number}, which ${newer.number} had replaced before it was sent`,
      }
    }
    return nothing
  })

/** By the time that all is settled the older one has its END, or has no connection. */
const told = (one: Subscription, index: HistoryIndex): readonly Violation[] => {
  if (one.isLook || one.answeredAt === NEVER || index.settledAt === NEVER) return nothing
  const newer = successorsOf(one, index).find(({ answeredAt }) => answeredAt < index.healedAt)
  const knows = Math.min(one.endedAt, one.closedAt, one.replacedAt) < index.settledAt
  if (newer === undefined || knows) return nothing
  return [
    {
      kind: 'no end',
      queue: one.queue,
      subscriptions: [one.number, newer.number],
      text: `subscription ${one.number} was replaced by ${newer.number} and never told`,
    },
  ]
}

/** Clients take END as the wish of another device, and do not subscribe again. */
const notToldInVain = (one: Subscription, index: HistoryIndex): readonly Violation[] => {
  if (one.endedAt === NEVER || index.mayForget(one.endedAt)) return nothing
  if (mayBeTaken(one, one.endedAt, index)) return nothing
  return [
    {
      kind: 'stray end',
      queue: one.queue,
      subscriptions: [one.number],
      text: `subscription ${one.number} got END, and nobody else had subscribed`,
    },
  ]
}

/** An ACK is refused to who has lost the queue, and to nobody else. */
const refusedAck = (
  event: Extract<Recorded, { type: 'not-acknowledged' }>,
  at: number,
  index: HistoryIndex,
): boolean => {
  const one = index.subscriptions.get(event.subscription)
  if (one === undefined || one.isLook || one.replacedAt < at) return false
  return !mayBeTaken(one, at, index)
}

const errors = (events: readonly Recorded[], index: HistoryIndex): readonly Violation[] =>
  events.flatMap((event, at): readonly Violation[] => {
    if (event.type === 'unanswered') {
      const { queue, command } = event
      return [{ kind: 'unanswered', queue, text: `${command} was never answered` }]
    }
    if (event.type === 'forsaken')
      return [{ kind: 'stuck', queue: event.queue, text: 'nobody could subscribe to it' }]
    if (event.type !== 'not-subscribed' && event.type !== 'not-acknowledged') return nothing
    const { subscription, why } = event
    const queue = index.subscriptions.get(subscription)?.queue ?? -1
    if (event.type === 'not-subscribed')
      return [{ kind: 'refused', queue, subscriptions: [subscription], text: `SUB: ${why}` }]
    if (index.mayForget(at) || !refusedAck(event, at, index)) return nothing
    const { message } = event
    return [{ kind: 'refused', queue, message, subscriptions: [subscription], text: `ACK: ${why}` }]
  })

export const checkSubscriptions = (
  events: readonly Recorded[],
  index: HistoryIndex,
): readonly Violation[] => [
  ...aloneIn(index),
  ...[...index.subscriptions.values()].flatMap((one) => [
    ...told(one, index),
    ...notToldInVain(one, index),
  ]),
  ...errors(events, index),
]
