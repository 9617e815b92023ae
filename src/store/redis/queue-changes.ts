/** Making, changing and removing queues. */

import type { Blocking } from '../../protocol/error.ts'
import { idBytes } from '../../protocol/ids.ts'
import type { Done, NewQueue, QueueRecord, Stale, Subscriber, Taken } from '../store.ts'
import {
  allIndexesOf,
  claimIndexes,
  done,
  indexesOf,
  keepIndexes,
  releaseIndexes,
  settle,
  withHolders,
} from './changes.ts'
import { holderText } from './holder.ts'
import { encodeLink } from './link-changes.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

export class QueueChanges {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  /** Indexes first, the queue last: until then nobody can see it, and its indexes expire. */
  async create({ link, ...fields }: NewQueue, subscriber?: Subscriber): Promise<Done | Taken> {
    const { keys, clusterKeys, repository, pod } = this.#pod.options
    const blind = clusterKeys.blind('recipient', idBytes(fields.recipientId))
    const queueKeys = keys.ofQueue(blind)
    const linkId = link && { linkId: link.linkId }
    const record = { ...fields, ...linkId, status: { state: 'active' } as const }
    const indexes = await claimIndexes(this.#pod, indexesOf(this.#pod, record), blind)
    if (indexes === undefined) return { outcome: 'taken' }
    const { word } = await this.#pod.run(
      scripts.createQueue,
      [queueKeys.queue, queueKeys.link],
      [
        subscriber === undefined ? '' : holderText(pod, subscriber),
        link === undefined ? '' : clusterKeys.seal(encodeLink(link)),
        link === undefined ? '' : clusterKeys.fixedHashes(link.fixed)[0],
        ...repository.pieces(record),
      ],
    )
    if (word === 'taken') {
      await releaseIndexes(this.#pod, indexes)
      return { outcome: 'taken' }
    }
    await keepIndexes(this.#pod, indexes)
    await this.#pod.options.durable?.()
    if (subscriber !== undefined) this.#pod.recipients.set(blind, fields.recipientId)
    return done
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
      const news = this.#pod.news('blocked', blocking ? queue.subscriber : '', queue, about)
      const answer = await this.#pod.run(
        scripts.updateQueue,
        [queue.keys.queue, news.mailbox],
        [record.revision, queue.subscriber, news.entry, blocking ? '1' : '', ...pieces],
      )
      if (answer.word === 'done') news.deliver()
      return answer
    })
    await this.#pod.options.durable?.()
    return settle(this.#pod, record, word)
  }

  async remove(record: QueueRecord, besides: number): Promise<Done | Stale> {
    const { word } = await withHolders(this.#pod, record, async (queue) => {
      const { keys } = queue
      const news = this.#pod.news('deleted', queue.subscriber, queue, { besides })
      const forNotifier = this.#pod.news('notifier-deleted', queue.notifierSubscriber, queue, {
        besides,
      })
      const answer = await this.#pod.run(
        scripts.deleteQueue,
        [
          keys.queue,
          keys.messages,
          keys.link,
          keys.notifications,
          news.mailbox,
          forNotifier.mailbox,
        ],
        [
          record.revision,
          queue.subscriber,
          news.entry,
          queue.notifierSubscriber,
          forNotifier.entry,
        ],
      )
      if (answer.word === 'done') {
        news.deliver()
        forNotifier.deliver()
        this.#pod.recipients.delete(keys.blind)
        this.#pod.notifiers.delete(keys.blind)
      }
      return answer
    })
    if (word === 'done') await releaseIndexes(this.#pod, allIndexesOf(this.#pod, record))
    await this.#pod.options.durable?.()
    return settle(this.#pod, record, word)
  }
}
