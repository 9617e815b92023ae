/** Messages and who reads them: the calls that every message makes. */
import { idBytes, type RecipientId } from '../../protocol/ids.ts'
import {
  type Acknowledgement,
  type Append,
  expiryHorizon,
  type Head,
  type QueueRecord,
  type Stale,
  type StoredMessage,
  type Subscriber,
} from '../store.ts'
import { bytesOf, numberOf } from './answer.ts'
import { done, stale, withHolders } from './changes.ts'
import { connectionText, holderText } from './holder.ts'
import { decodeMessage, encodeMessage, encodeNotification } from './message-codec.ts'
import type { Pod } from './pod.ts'
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
    const text = holderText(this.#pod.options.pod, subscriber)
    const { word, rest } = await withHolders(this.#pod, record, async (queue) => {
      const { keys, subscriber: previous } = queue
      const news = this.#pod.news('ended', previous, queue, { besides: subscriber.connection })
      // before the script, so that what it causes finds the subscription
      this.#pod.recipients.set(keys.blind, record.recipientId)
      const answer = await this.#pod.run(
        scripts.subscribe,
        [keys.queue, keys.messages, news.mailbox],
        [record.revision, text, previous, news.entry, this.#horizon()],
      )
      if (answer.word !== 'head') return answer
      news.deliver()
      queue.subscriber = text
      return answer
    })
    return word === 'head' ? headOf(rest[0]) : stale
  }

  async fetchHeads(ids: readonly RecipientId[], { connection }: { readonly connection: number }) {
    const holder = connectionText(this.#pod.options.pod, connection)
    return Promise.all(
      ids.map(async (id): Promise<StoredMessage | undefined> => {
        const [queue] = await this.#pod.options.repository.load('recipient', [id])
        if (queue === undefined) return undefined
        const { word, rest } = await this.#pod.run(
          scripts.fetchHead,
          [queue.keys.queue, queue.keys.messages],
          [holder, this.#horizon()],
        )
        return word === 'head' ? headOf(rest[0]).head : undefined
      }),
    )
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
        [keys.queue, keys.messages],
        [record.revision, this.#horizon()],
      ),
    )
    return word === 'head' ? { ...headOf(rest[0]), size: numberOf(rest[1]) } : stale
  }

  async acknowledge(record: QueueRecord, { messageId, subscriber }: Acknowledgement) {
    const { word, rest } = await withHolders(this.#pod, record, ({ keys }) =>
      this.#pod.run(
        scripts.acknowledge,
        [keys.queue, keys.messages],
        [
          record.revision,
          subscriber === undefined ? '' : holderText(this.#pod.options.pod, subscriber),
          idBytes(messageId),
          this.#horizon(),
        ],
      ),
    )
    if (word === 'lost') return { outcome: 'lost' } as const
    return word === 'head' ? headOf(rest[0]) : stale
  }

  async append(record: QueueRecord, append: Append) {
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys, subscriber, notifierSubscriber } = queue
      const news = this.#pod.news('available', subscriber, queue)
      const forNotifier = this.#pod.news(
        'notified',
        append.notification === undefined ? '' : notifierSubscriber,
        queue,
      )
      const answer = await this.#pod.run(
        scripts.appendMessage,
        [keys.queue, keys.messages, keys.notifications, news.mailbox, forNotifier.mailbox],
        [
          ...this.#messageArguments(record, append),
          subscriber,
          news.entry,
          append.notification === undefined ? '' : encodeNotification(append.notification),
          notifierSubscriber,
          forNotifier.entry,
          this.#pod.nowSeconds - this.#pod.options.limits.notificationTtlSeconds,
        ],
      )
      if (answer.word !== 'stored') return answer
      if (this.#pod.options.durable) await this.#pod.options.durable()
      if (numberOf(answer.rest[0]) === 1) news.deliver(append.message)
      forNotifier.deliver()
      return answer
    })
    if (word === 'stored') return done
    return word === 'full' ? ({ outcome: 'full' } as const) : stale
  }

  #messageArguments({ revision }: QueueRecord, { message }: Append) {
    const { queueQuota, messageTtlSeconds, expireOnSend, expiryIntervalSeconds } =
      this.#pod.options.limits
    const { messageId, timestamp } = message
    return [
      revision,
      encodeMessage(message),
      encodeMessage({ kind: 'quota', messageId, timestamp }),
      queueQuota,
      expireOnSend ? this.#pod.nowSeconds - messageTtlSeconds : this.#horizon(),
      messageTtlSeconds + expiryIntervalSeconds,
    ]
  }

  #horizon(): number {
    return expiryHorizon(this.#pod.options.limits, this.#pod.nowSeconds)
  }
}
