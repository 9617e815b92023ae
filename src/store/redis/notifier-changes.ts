/** Notifiers of queues: set, removed, subscribed to, and what waits for them. */

import type { NotifierId } from '../../protocol/ids.ts'
import type { Association } from '../service-store.ts'
import type {
  Done,
  Notifier,
  QueueRecord,
  Service,
  Stale,
  StoredNotification,
  Subscriber,
  Taken,
} from '../store.ts'
import { bytesOf, numberOf, textOf } from './answer.ts'
import { currentQueue, done, durably, settle, stale, unchanged, withHolders } from './changes.ts'
import { connectionText, holderText, holdingOf } from './holder.ts'
import { claimIds, type PartyId, releaseIds } from './indexes.ts'
import { decodeNotification } from './message-codec.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

const countOf = (notifier: Notifier | undefined): number => (notifier === undefined ? 0 : 1)

export class NotifierChanges {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  async setNotifier(
    record: QueueRecord,
    notifier: Notifier | undefined,
    by: number,
  ): Promise<Done | Stale | Taken> {
    const { notifier: old, ...rest } = record
    const { repository } = this.#pod.options
    const queue = await currentQueue(this.#pod, record)
    if (queue === undefined) return stale
    if (notifier === undefined && old === undefined) return unchanged(this.#pod, record)
    if (notifier !== undefined && notifier.notifierId === old?.notifierId)
      return { outcome: 'taken' }
    const wanted: readonly PartyId[] = notifier ? [['notifier', notifier.notifierId]] : []
    const claims = await claimIds(this.#pod, wanted, queue.keys.blind)
    // before the record has it: an index alone does no harm
    if (!(await claims?.keep())) return { outcome: 'taken' }
    const change = countOf(notifier) - countOf(old)
    const pieces = repository.pieces(notifier === undefined ? rest : { ...rest, notifier })
    const { word } = await withHolders(this.#pod, record, async (present) => {
      const { keys } = present
      const news = this.#pod.notifierNews('deleted', present, { besides: { connection: by } })
      const service = this.#pod.serviceOf(present)
      const holding = this.#pod.notifierHolding(present)
      const answer = await this.#pod.run(
        notifier ? scripts.setNotifier : scripts.removeNotifier,
        [keys.queue, keys.notifications, news.mailbox, ...service.keys, keys.counts],
        [record.revision, holding.text, news.entry, service.waiter, change, ...pieces],
        durably,
      )
      if (answer.word === 'done') news.deliver()
      return answer
    })
    const { blind } = queue.keys
    if (word !== 'done') {
      await claims?.giveBack()
      return stale
    }
    if (old !== undefined) await releaseIds(this.#pod, [['notifier', old.notifierId]], blind)
    return settle(this.#pod, record, word)
  }

  async subscribe(record: QueueRecord, subscriber: Subscriber): Promise<Stale | Done> {
    const { notifier } = record
    const { interests, options } = this.#pod
    if (notifier === undefined) return stale
    const { service: _, ...own } = notifier
    const isOfService = notifier.service !== undefined
    const pieces = isOfService ? options.repository.pieces({ ...record, notifier: own }) : []
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys } = queue
      const previous = this.#pod.notifierHolding(queue)
      const holder = this.#pod.holder(subscriber, previous)
      const taken = { text: holderText(holder), holder }
      const place = { ...holder, blind: keys.blind }
      const news = this.#pod.notifierNews('ended', queue, { besides: subscriber })
      const service = this.#pod.serviceOf(queue)
      const interest = interests.open('notifier', notifier.notifierId, place)
      const answer = await this.#pod.run(
        scripts.subscribeNotifier,
        [keys.queue, keys.notifications, news.mailbox, ...service.keys, keys.counts],
        [record.revision, taken.text, previous.text, news.entry, service.waiter, ...pieces],
        { isDurable: isOfService },
      )
      if (answer.word === 'subscribed') {
        interest.isHeld = true
        if (isOfService) options.repository.cache.drop(record.recipientId)
        else queue.notifierSubscriber = taken
        news.deliver()
        if (numberOf(answer.rest[0]) > 0)
          this.#pod.tell({ ...holder, type: 'notified', queue: keys.blind })
      } else if (!interest.isHeld) interests.drop('notifier', place, keys.blind)
      return answer
    })
    return word === 'subscribed' ? done : stale
  }

  async associate(record: QueueRecord, service: Service): Promise<Stale | Association> {
    const { notifier } = record
    const { repository, limits } = this.#pod.options
    if (notifier === undefined) return stale
    if (notifier.service?.name === service.name) return this.#isCurrent(record)
    const pieces = repository.pieces({ ...record, notifier: { ...notifier, service } })
    const ttl = limits.messageTtlSeconds + limits.expiryIntervalSeconds
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys } = queue
      const holding = this.#pod.serviceHolders.get(service)
      const ended = this.#pod.notifierNews('ended', queue)
      const news = this.#pod.news('service-notified', holding, queue)
      const before = this.#pod.serviceOf(queue)
      const after = this.#pod.keysOf(service, keys.tag)
      const answer = await this.#pod.run(
        scripts.associateNotifier,
        [
          keys.queue,
          ...[keys.notifications, ended.mailbox, ...before.keys],
          ...[news.mailbox, ...after, keys.counts],
        ],
        [
          ...[record.revision, this.#pod.notifierHolding(queue).text, ended.entry, before.waiter],
          ...[holding.text, news.entry, keys.blind, ttl, ...pieces],
        ],
        durably,
      )
      if (answer.word === 'moved')
        this.#pod.serviceHolders.set(service, holdingOf(textOf(answer.rest[2])))
      if (answer.word !== 'done') return answer
      ended.deliver()
      if (numberOf(answer.rest[0]) > 0) news.deliver()
      return answer
    })
    const { outcome } = settle(this.#pod, record, word)
    return outcome === 'done' ? { outcome, isNew: true } : stale
  }

  /** One that has the service already; its record may be one of the past. */
  async #isCurrent(record: QueueRecord): Promise<Stale | Association> {
    const { servers, repository } = this.#pod.options
    const key = (await currentQueue(this.#pod, record))?.keys.queue
    if (key === undefined) return stale
    const revision = textOf(await servers.call(key, 'HGET', [key, 'v']))
    if (revision === `${record.revision}`) return { outcome: 'done', isNew: false }
    repository.cache.drop(record.recipientId)
    return stale
  }

  async take(
    id: NotifierId,
    { connection, limit }: { readonly connection: number; readonly limit: number },
  ): Promise<readonly StoredNotification[]> {
    const { repository, pod, limits } = this.#pod.options
    const queue = await repository.notifierOf(id)
    if (queue === undefined) return []
    const { word, rest } = await this.#pod.run(
      scripts.takeNotifications,
      [queue.keys.queue, queue.keys.notifications],
      [
        connectionText(pod, connection),
        limit,
        this.#pod.nowSeconds - limits.notificationTtlSeconds,
      ],
    )
    if (word !== 'taken') return []
    const [expired, ...elements] = rest
    this.#pod.countDropped({ expired: numberOf(expired) })
    return elements.map((element) => decodeNotification(bytesOf(element) ?? new Uint8Array(0)))
  }
}
