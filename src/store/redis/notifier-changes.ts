/** Notifiers of queues: set, removed, subscribed to, and what waits for them. */

import type { NotifierId } from '../../protocol/ids.ts'
import type {
  Done,
  Notifier,
  QueueRecord,
  Stale,
  StoredNotification,
  Subscriber,
  Taken,
} from '../store.ts'
import { bytesOf, numberOf } from './answer.ts'
import { currentQueue, done, durably, settle, stale, unchanged, withHolders } from './changes.ts'
import { connectionText, holderText } from './holder.ts'
import { claimIds, type PartyId, releaseIds } from './indexes.ts'
import { decodeNotification } from './message-codec.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

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
    const pieces = repository.pieces(notifier === undefined ? rest : { ...rest, notifier })
    const { word } = await withHolders(this.#pod, record, async ({ keys, notifierSubscriber }) => {
      const besides = { connection: by }
      const news = this.#pod.news('notifier-deleted', notifierSubscriber, queue, { besides })
      const answer = await this.#pod.run(
        notifier ? scripts.setNotifier : scripts.removeNotifier,
        [keys.queue, keys.notifications, news.mailbox],
        [record.revision, notifierSubscriber.text, news.entry, ...pieces],
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
    const { interests } = this.#pod
    if (notifier === undefined) return stale
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys, notifierSubscriber: previous } = queue
      const holder = this.#pod.holder(subscriber, previous)
      const taken = { text: holderText(holder), holder }
      const place = { ...holder, blind: keys.blind }
      const news = this.#pod.news('notifier-ended', previous, queue, { besides: subscriber })
      const interest = interests.open('notifier', notifier.notifierId, place)
      const answer = await this.#pod.run(
        scripts.subscribeNotifier,
        [keys.queue, keys.notifications, news.mailbox],
        [record.revision, taken.text, previous.text, news.entry],
      )
      if (answer.word === 'subscribed') {
        interest.isHeld = true
        queue.notifierSubscriber = taken
        news.deliver()
        if (numberOf(answer.rest[0]) > 0)
          this.#pod.tell({ ...holder, type: 'notified', queue: keys.blind })
      } else interests.drop('notifier', place, keys.blind)
      return answer
    })
    return word === 'subscribed' ? done : stale
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
    return rest.map((element) => decodeNotification(bytesOf(element) ?? new Uint8Array(0)))
  }
}
