/** What a store delivered to one connection, beside what the model says. */
import type { StoreEvent } from '../../../src/store/store.ts'
import type { Events } from '../events.ts'
import { isSame, same } from '../same.ts'
import type { ExpectedEvent } from './model-queue.ts'

const entityOf = (event: StoreEvent): string => {
  if (event.type === 'notified') return event.notifierId
  if ('recipientId' in event) return event.recipientId
  return 'entityId' in event ? event.entityId : ''
}

const kindOf = (event: StoreEvent): string => `${event.type} ${event.claim} ${entityOf(event)}`

/** How many events there are of each kind. */
const countKinds = (events: readonly StoreEvent[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of events.map(kindOf)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** The same news, whether or not it brings the message. */
const isNews = (actual: StoreEvent, expected: StoreEvent): boolean =>
  actual.type === 'available' && actual.message === undefined
    ? kindOf(actual) === kindOf(expected)
    : isSame(withoutTime(actual), expected)

/** When a message was accepted is of no consequence. */
const withoutTime = (event: StoreEvent): StoreEvent => {
  if (event.type !== 'available') return event
  const { acceptedAt: _, ...rest } = event
  return rest
}

/** Each event is one of those that may come, each of them once. */
const compareNews = (actual: readonly StoreEvent[], may: readonly StoreEvent[]): void => {
  const left = [...may]
  // those without a message last: they may be about any
  const byMessage = actual.toSorted((a, b) => Number('message' in b) - Number('message' in a))
  const unexpected = byMessage.filter((one) => {
    const place = left.findIndex((other) => isNews(one, other))
    if (place !== -1) left.splice(place, 1)
    return place === -1
  })
  same(unexpected, [], 'what nobody expected')
}

/** Events come in whatever order: their claims tell what they are about. */
export const compareDelivered = async (
  events: Events,
  connection: number,
  expected: readonly ExpectedEvent[],
): Promise<void> => {
  const may = expected.map(({ event }) => event)
  const must = expected.filter(({ isOptional }) => !isOptional).map(({ event }) => event)
  const least = countKinds(must)
  const missing = (all: readonly StoreEvent[]): readonly string[] => {
    const counts = countKinds(all)
    return [...least].filter(([kind, n]) => (counts.get(kind) ?? 0) < n).map(([kind]) => kind)
  }
  try {
    await events.hold(connection, (all) => missing(all).length === 0)
  } catch (cause) {
    const kinds = missing(events.all(connection)).map((kind) => JSON.stringify(kind))
    throw new Error(`what did not come: ${kinds.join()}`, { cause })
  }
  // how often a service is told that something waits is the store's choice: what it takes is compared
  const actual = events.all(connection).filter(({ type }) => type !== 'service-notified')
  for (const kind of new Set(actual.map(kindOf))) {
    const isOfKind = (event: StoreEvent) => kindOf(event) === kind
    compareNews(actual.filter(isOfKind), may.filter(isOfKind))
  }
}
