/** How long a device that was replaced does not know it: a figure, which nothing is held to. */
import type { Recorded } from './history.ts'
import { HistoryIndex, NEVER, type Subscription } from './history-index.ts'

interface Span {
  readonly from: number
  to: number
}

/** These break nothing: who takes queues over, and who does not acknowledge. */
const HARMLESS = /^\d+ (take-over|hold-acks)/
/** The clock is wrong until all is healed. */
const LASTING = /^\d+ step-clock/
const OVER = ': over'

/** Places in the history between which something was broken. */
const brokenIn = (events: readonly Recorded[]): readonly Span[] => {
  const spans = new Map<string, Span>()
  events.forEach((event, at) => {
    if (event.type === 'healed') for (const span of spans.values()) span.to = Math.min(span.to, at)
    if (event.type !== 'fault' || HARMLESS.test(event.text)) return
    const { text } = event
    const begun = spans.get(text.replace(OVER, ''))
    if (!text.endsWith(OVER)) spans.set(text, { from: at, to: NEVER })
    else if (begun !== undefined && !LASTING.test(text)) begun.to = at
  })
  return [...spans.values()]
}

/** The first SUB that was asked for when the other one had its answer. */
const successorOf = (one: Subscription, index: HistoryIndex): Subscription | undefined =>
  index
    .subscriptionsOf(one.queue)
    .find(
      ({ isLook, connection, askedAt }) =>
        !isLook && connection !== one.connection && askedAt > one.answeredAt,
    )

/**
 * Milliseconds from the answer to the new SUB until the old device had END, for replacements while
 * nothing was broken; 0 where END was there first.
 */
export const endTimes = (events: readonly Recorded[]): readonly number[] => {
  const index = new HistoryIndex(events, { forgets: 'nothing' })
  const broken = brokenIn(events)
  return [...index.subscriptions.values()].flatMap((one) => {
    const { endedAt } = one
    const newer = successorOf(one, index)
    if (newer === undefined || endedAt < newer.askedAt) return []
    const known = Math.max(endedAt, newer.answeredAt)
    if (broken.some(({ from, to }) => from < known && to > newer.askedAt)) return []
    const [answered, ended] = [events[newer.answeredAt], events[endedAt]]
    if (answered === undefined || ended === undefined) return []
    return [Math.max(0, ended.ms - answered.ms)]
  })
}
