/** Messages and who reads them: the calls that every message makes. */
import type { RecipientId } from '../../protocol/ids.ts'
import {
  type Acknowledgement,
  type Append,
  expiryHorizon,
  type Fetched,
  type Head,
  type QueueRecord,
  type Stale,
  type StoredMessage,
  type Subscriber,
} from '../store.ts'
import { bytesOf, numberOf } from './answer.ts'
import { done, durably, stale, withHolders } from './changes.ts'
import { connectionText, holderText } from './holder.ts'
import { decodeMessage, encodeMessage, encodeNotification } from './message-codec.ts'
import type { Pod } from './pod.ts'
import type { CachedQueue } from './queue-cache.ts'
import { scripts } from './scripts.ts'

const headOf = (element: unknown): Head => {
  const bytes = bytesOf(element)
  return bytes === undefined ? done : { outcome: 'done', head: decodeMessage(bytes) }
}

export class Messages {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  async subscribe(record: QueueRecord, subscriber: Subscriber): Promise<Stale | Head> {
    const { interests } = this.#pod
    const { word, rest } = await withHolders(this.#pod, record, async (queue) => {
      const { keys, subscriber: previous } = queue
      const holder = this.#pod.holder(subscriber, previous)
      const taken = { text: holderText(holder), holder }
      const place = { ...holder, blind: keys.blind }
      const news = this.#pod.news('ended', previous, queue, { besides: subscriber })
      const interest = interests.open('recipient', record.recipientId, place)
      const answer = await this.#pod.run(
        scripts.subscribe,
        [keys.queue, keys.messages, news.mailbox, keys.counts],
        [record.revision, taken.text, previous.text, news.entry, this.#horizon()],
      )
      if (answer.word === 'head') {
        interest.isHeld = true
        queue.reads += 1
        queue.subscriber = taken
        news.deliver()
      } else interests.drop('recipient', place, keys.blind)
      return answer
    })
    return word === 'head' ? headOf(rest[0]) : stale
  }

  async fetchHead(id: RecipientId, { connection }: { connection: number }): Promise<Fetched> {
    const { repository, pod } = this.#pod.options
    const queue = await repository.present(id)
    if (queue === undefined) return { outcome: 'gone' }
    const { keys } = queue
    const { word, rest } = await this.#pod.run(
      scripts.fetchHead,
      [keys.queue, keys.messages, keys.counts],
      [connectionText(pod, connection), this.#horizon()],
    )
    if (word !== 'head') return { outcome: word === 'gone' ? 'gone' : 'lost' }
    queue.reads += 1
    return headOf(rest[0])
  }

  async peek(record: QueueRecord): Promise<Stale | Head> {
    const described = await this.describe(record)
    if (described.outcome === 'stale') return described
    const { size: _, ...head } = described
    return head
  }

  async describe(
    record: QueueRecord,
  ): Promise<Stale | { outcome: 'done'; size: number; head?: StoredMessage }> {
    const { word, rest } = await withHolders(this.#pod, record, ({ keys }) =>
      this.#pod.run(
        scripts.peekMessage,
        [keys.queue, keys.messages, keys.counts],
        [record.revision, this.#horizon()],
      ),
    )
    return word === 'head' ? { ...headOf(rest[0]), size: numberOf(rest[1]) } : stale
  }

  async acknowledge(record: QueueRecord, { messageId, subscriber }: Acknowledgement) {
    const { word, rest } = await withHolders(this.#pod, record, async (queue) => {
      const { keys } = queue
      const answer = await this.#pod.run(
        scripts.acknowledge,
        [keys.queue, keys.messages, keys.counts],
        [
          record.revision,
          subscriber === undefined ? '' : this.#pod.claimText(subscriber),
          messageId,
          this.#horizon(),
        ],
      )
      if (answer.word === 'head') {
        queue.reads += 1
        this.#pod.activity?.note(keys.blind, false)
      }
      return answer
    })
    if (word === 'lost') return { outcome: 'lost' } as const
    return word === 'head' ? headOf(rest[0]) : stale
  }

  async append(record: QueueRecord, append: Append) {
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys, subscriber } = queue
      const news = this.#pod.news('available', subscriber, queue)
      const forNotifier = this.#pod.notifierNews('notified', queue)
      const service = this.#pod.serviceOf(queue)
      const { reads } = queue
      const answer = await this.#pod.run(
        scripts.appendMessage,
        [
          keys.queue,
          keys.messages,
          keys.notifications,
          news.mailbox,
          forNotifier.mailbox,
          keys.counts,
          ...service.keys,
        ],
        [
          ...this.#messageArguments(record, append),
          subscriber.text,
          news.entry,
          append.notification === undefined ? '' : encodeNotification(append.notification),
          this.#pod.notifierHolding(queue).text,
          forNotifier.entry,
          this.#pod.nowSeconds - this.#pod.options.limits.notificationTtlSeconds,
          service.waiter,
        ],
        durably,
      )
      if (answer.word !== 'stored') return answer
      this.#pod.activity?.note(keys.blind, append.notification !== undefined)
      // until it was confirmed its subscriber may have been given it, and have acknowledged it
      const isUnread = queue.reads === reads && this.#isCached(queue)
      if (numberOf(answer.rest[0]) === 1) news.deliver(isUnread ? append.message : undefined)
      if (numberOf(answer.rest[1]) === 1) forNotifier.deliver()
      return answer
    })
    if (word === 'stored') return done
    return word === 'full' ? ({ outcome: 'full' } as const) : stale
  }

  /** Reads are counted where the queue is cached, so not in what was replaced there. */
  #isCached(queue: CachedQueue): boolean {
    return this.#pod.options.repository.cache.of(queue.record) === queue
  }

  #messageArguments({ revision }: QueueRecord, { message }: Append) {
    const { queueQuota, messageTtlSeconds, expireOnSend, expiryIntervalSeconds } =
      this.#pod.options.limits
    return [
      revision,
      encodeMessage(message),
      queueQuota,
      expireOnSend ? this.#pod.nowSeconds - messageTtlSeconds : this.#horizon(),
      messageTtlSeconds + expiryIntervalSeconds,
    ]
  }

  #horizon(): number {
    return expiryHorizon(this.#pod.options.limits, this.#pod.nowSeconds)
  }
}
