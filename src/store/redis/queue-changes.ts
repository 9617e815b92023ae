/** Making, changing and removing queues. */

import type { Blocking } from '../../protocol/error.ts'
import { idBytes } from '../../protocol/ids.ts'
import type { Done, NewQueue, QueueRecord, Stale, Subscriber, Taken } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import { done, durably, settle, withHolders } from './changes.ts'
import { holderText, nobody } from './holder.ts'
import { CLAIM_SECONDS, type Claims, claimIds, idsOf, releaseIds } from './indexes.ts'
import type { QueueKeys } from './keys.ts'
import { encodeLink } from './link-changes.ts'
import type { Pod } from './pod.ts'
import type { CachedQueue } from './queue-cache.ts'
import { scripts } from './scripts.ts'

export class QueueChanges {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  /** Indexes first, the queue last: until then nobody can see it, and its indexes expire. */
  async create({ link, ...fields }: NewQueue, subscriber?: Subscriber): Promise<Done | Taken> {
    const { keys, clusterKeys, repository } = this.#pod.options
    const blind = clusterKeys.blind('recipient', idBytes(fields.recipientId))
    const queueKeys = keys.ofQueue(blind)
    const linkId = link && { linkId: link.linkId }
    const record = { ...fields, ...linkId, status: { state: 'active' } as const }
    const claims = await claimIds(this.#pod, idsOf(record), blind)
    if (claims === undefined || (await this.#isTaken(fields.recipientId)))
      return { outcome: 'taken' }
    const holder = subscriber && this.#pod.holder(subscriber)
    const interest =
      holder && this.#pod.interests.open('recipient', fields.recipientId, { ...holder, blind })
    const { word } = await this.#pod.run(
      scripts.createQueue,
      [queueKeys.queue, queueKeys.link],
      [
        holder === undefined ? '' : holderText(holder),
        link === undefined ? '' : clusterKeys.seal(encodeLink(link)),
        link === undefined ? '' : clusterKeys.fixedHashes(link.fixed)[0],
        CLAIM_SECONDS,
        ...repository.pieces(record),
      ],
    )
    if (word === 'taken') {
      if (holder) this.#pod.interests.drop('recipient', holder, blind)
      await claims.giveBack()
      return { outcome: 'taken' }
    }
    await this.#keep(queueKeys, claims, fields.notifier === undefined ? 0 : 1)
    if (interest) interest.isHeld = true
    return done
  }

  /** Under an older cluster key: the script sees to the newest. */
  async #isTaken(recipientId: QueueRecord['recipientId']): Promise<boolean> {
    const { clusterKeys, repository } = this.#pod.options
    const [, ...older] = clusterKeys.blinds('recipient', idBytes(recipientId))
    const queues = await Promise.all(older.map((blind) => repository.at(blind)))
    return queues.some((queue) => queue !== undefined)
  }

  /** The queue last: one that stays is found by all its ids. */
  async #keep(
    { queue, link, counts }: QueueKeys,
    claims: Claims,
    notifiers: number,
  ): Promise<void> {
    const areKept = await claims.keep()
    const kept =
      areKept &&
      (await this.#pod.run(scripts.keepQueue, [queue, link, counts], [notifiers], durably))
    if (kept === false || kept.word !== 'done')
      throw new StoreUnavailable('making a queue took too long')
  }

  async block(record: QueueRecord, blocking: Blocking): Promise<Done | Stale> {
    const { measures } = this.#pod.options
    const result = await this.update(record, { status: { state: 'blocked', blocking } }, blocking)
    const isNew = result.outcome === 'done' && record.status.state !== 'blocked'
    if (isNew && measures !== undefined) measures.blockedQueues += 1
    return result
  }

  /** The next revision; `blocking` is told to the subscriber. */
  async update(
    record: QueueRecord,
    changes: Partial<QueueRecord>,
    blocking?: Blocking,
  ): Promise<Done | Stale> {
    const pieces = this.#pod.options.repository.pieces({ ...record, ...changes })
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const about = blocking && { blocking }
      const news = this.#pod.news('blocked', blocking ? queue.subscriber : nobody, queue, about)
      try {
        const answer = await this.#pod.run(
          scripts.updateQueue,
          [queue.keys.queue, news.mailbox],
          [record.revision, queue.subscriber.text, news.entry, blocking ? '1' : '', ...pieces],
          durably,
        )
        if (answer.word === 'done') news.deliver()
        return answer
      } catch (error) {
        if (blocking && (await this.#isBlocked(queue))) news.deliver()
        throw error
      }
    })
    return settle(this.#pod, record, word)
  }

  /** Whether a change that was not confirmed has happened all the same. */
  async #isBlocked({ keys }: CachedQueue): Promise<boolean> {
    const queue = await this.#pod.options.repository.at(keys.blind).catch(() => undefined)
    return queue?.record.status.state === 'blocked'
  }

  async remove(record: QueueRecord, by: number): Promise<Done | Stale> {
    const besides = { connection: by }
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys } = queue
      const news = this.#pod.news('deleted', queue.subscriber, queue, { besides })
      const forNotifier = this.#pod.notifierNews('deleted', queue, { besides })
      const service = this.#pod.serviceOf(queue)
      const answer = await this.#pod.run(
        scripts.deleteQueue,
        [
          keys.queue,
          keys.messages,
          keys.link,
          keys.notifications,
          news.mailbox,
          forNotifier.mailbox,
          keys.counts,
          ...service.keys,
        ],
        [
          record.revision,
          queue.subscriber.text,
          news.entry,
          this.#pod.notifierHolding(queue).text,
          forNotifier.entry,
          service.waiter,
          record.notifier === undefined ? 0 : 1,
        ],
        durably,
      )
      if (answer.word === 'done') {
        news.deliver()
        forNotifier.deliver()
        await releaseIds(this.#pod, idsOf(record), keys.blind)
      }
      return answer
    })
    return settle(this.#pod, record, word)
  }
}
