/** What became of each message: I1, I2 and I4. */
import type { Violation } from './auditor.ts'
import type { Delivery, HistoryIndex, Message } from './history-index.ts'

type Check = (message: Message, index: HistoryIndex) => readonly Violation[]

const of = (
  { name, queue }: Message,
  kind: Violation['kind'],
  text: string,
): readonly Violation[] => [{ kind, queue, message: name, text: `${name} ${text}` }]

const nothing: readonly Violation[] = []

const isPushed =
  ({ settledAt }: HistoryIndex) =>
  ({ at, subscription }: Delivery): boolean =>
    !subscription.isLook && at < settledAt

const arrived: Check = (message, index) => {
  const { outcome, deliveries } = message
  if (outcome !== 'accepted' || deliveries.some(isPushed(index))) return nothing
  if (deliveries.length === 0) return of(message, 'lost', 'was answered OK and never delivered')
  return of(message, 'stuck', 'was there all the time and was given only to who asked for it')
}

const notRefused: Check = (message) => {
  if (message.outcome !== 'refused') return nothing
  const end = message.deliveries.length > 0 ? ', and was delivered' : ''
  return of(message, 'refused', `was refused with ${message.why}${end}`)
}

/** An ACK that was forgotten gives the message once more to the subscription that had it. */
const once: Check = (message, history) => {
  const { deliveries, acknowledging } = message
  const ids = new Set(deliveries.map(({ messageId }) => messageId))
  if (ids.size > 1) return of(message, 'twice', `came under ${ids.size} ids`)
  for (const [index, { subscription, at }] of deliveries.entries()) {
    const before = deliveries.slice(0, index).find((other) => other.subscription === subscription)
    if (before === undefined) continue
    const wasDone = acknowledging.some((ack) => ack.at > before.at && ack.at < at)
    if (wasDone && history.mayForget(before.at)) continue
    return of(message, 'twice', `was delivered twice to subscription ${subscription.number}`)
  }
  return nothing
}

/**
 * An ACK that was answered OK was done by who held the queue, so no SUB that was asked for after
 * that one's can give the message again, whenever its answer is seen. A GET ends no subscription.
 */
const notAgain: Check = (message, history) => {
  for (const ack of message.acknowledged) {
    if (history.mayForget(ack.at)) continue
    const again = message.deliveries.find(({ subscription }) =>
      subscription.isLook
        ? subscription.askedAt > ack.at
        : subscription !== ack.subscription && subscription.askedAt > ack.subscription.answeredAt,
    )
    if (again !== undefined)
      return of(
        message,
        'repeated',
        `was acknowledged by subscription ${ack.subscription.number} and given to ` +
          `${again.subscription.number} after that`,
      )
  }
  return nothing
}

const checks: readonly Check[] = [arrived, notRefused, once, notAgain]

const firstDeliveries = (index: HistoryIndex): readonly Message[] =>
  [...index.messages.values()]
    .filter(({ deliveries }) => deliveries.length > 0)
    .sort((a, b) => (a.deliveries[0]?.at ?? 0) - (b.deliveries[0]?.at ?? 0))

/**
 * What was answered OK before another SEND began comes before that one's message. After a failover
 * a message without an OK may have come from the old primary, beside all others.
 */
const inOrder = (index: HistoryIndex): readonly Violation[] => {
  const latest = new Map<number, Message>()
  return firstDeliveries(index).flatMap((message) => {
    const before = latest.get(message.queue)
    const counts = message.outcome === 'accepted' || !index.mayForget(message.sentAt)
    if (counts && (before === undefined || before.sentAt < message.sentAt))
      latest.set(message.queue, message)
    if (before === undefined || message.outcome !== 'accepted') return nothing
    if (message.endedAt > before.sentAt) return nothing
    return of(message, 'order', `came after ${before.name}, which was sent when it had its OK`)
  })
}

const strays = ({ strays: all, messages }: HistoryIndex): readonly Violation[] =>
  all.map(({ queue, name }) => {
    const known = messages.get(name)
    const whose = known === undefined ? 'was never sent' : `is of queue ${known.queue}`
    return { kind: 'phantom', queue, message: name, text: `${name} came and ${whose}` }
  })

export const checkMessages = (index: HistoryIndex): readonly Violation[] => [
  ...[...index.messages.values()].flatMap((message) =>
    checks.flatMap((check) => check(message, index)),
  ),
  ...inOrder(index),
  ...strays(index),
]
