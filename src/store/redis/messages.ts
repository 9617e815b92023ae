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
    return word === 'head' ? this.#headOf(rest) : stale
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
    return this.#headOf(rest)
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
    return word === 'head' ? { ...this.#headOf(rest), size: numberOf(rest[2]) } : stale
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
    return word === 'head' ? this.#headOf(rest) : stale
  }

  async append(record: QueueRecord, append: Append) {
    const { word, rest } = await withHolders(this.#pod, record, async (queue) => {
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
      const inHand = this.#isUnread(queue, reads) ? append.message : undefined
      if (numberOf(answer.rest[1]) === 1) news.deliver(inHand)
      if (numberOf(answer.rest[2]) === 1) forNotifier.deliver()
      return answer
    })
    if (word !== 'stored' && word !== 'full') return stale
    this.#pod.countExpired(numberOf(rest[0]))
    if (word === 'full') return { outcome: 'full' } as const
    this.#pod.countDropped({ expired: numberOf(rest[3]), displaced: numberOf(rest[4]) })
    return done
  }

  /** `[oldest message, number of those before it that expired]` */
  #headOf([element, expired]: readonly unknown[]): Head {
    this.#pod.countExpired(numberOf(expired))
    const bytes = bytesOf(element)
    return bytes === undefined ? done : { outcome: 'done', head: decodeMessage(bytes) }
  }

  /**
   * While a message is confirmed its subscriber may be given it, and acknowledge it; without
   * confirmations Redis answers in order. Reads are counted where the queue is cached, so not in what
   * was replaced there.
   */
  #isUnread(queue: CachedQueue, readsBefore: number): boolean {
    const { durability, repository } = this.#pod.options
    if (durability === 'memory') return true
    const { cache } = repository
    return queue.reads === readsBefore && cache.of(queue.record) === queue
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
