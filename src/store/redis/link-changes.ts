/** Link data: sealed, beside the queue (SMP, "Short links"). */
import type { Bytes } from '../../protocol/bytes.ts'
import type { LinkContent } from '../../protocol/command.ts'
import type { LinkId } from '../../protocol/ids.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import type { Done, QueueRecord, Stale, Taken } from '../store.ts'
import { bytesOf, UnexpectedAnswer } from './answer.ts'
import { currentQueue, done, durably, settle, stale, unchanged } from './changes.ts'
import { claimIds, doubtId } from './indexes.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

export const encodeLink = ({ fixed, user }: LinkContent): Bytes =>
  new Writer(4 + fixed.length + user.length).large(fixed).large(user).bytes()

export const decodeLink = (bytes: Bytes): LinkContent => {
  const reader = new Reader(bytes)
  return { fixed: reader.large(), user: reader.large() }
}

export class LinkChanges {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  async setLink(
    record: QueueRecord,
    link: LinkContent & { readonly linkId: LinkId },
  ): Promise<Done | Stale | Taken | { readonly outcome: 'refused' }> {
    const queue = await currentQueue(this.#pod, record)
    if (queue === undefined) return stale
    const { clusterKeys, repository } = this.#pod.options
    if (record.linkId !== undefined && record.linkId !== link.linkId) {
      const current = await unchanged(this.#pod, record)
      return current.outcome === 'stale' ? stale : { outcome: 'refused' }
    }
    const isNew = record.linkId === undefined
    // kept before the record has it, and again when that is repeated: an index alone does no harm
    const claims = await claimIds(this.#pod, [['link', link.linkId]], queue.keys.blind)
    if (!(await claims?.keep())) return { outcome: 'taken' }
    const { word } = await this.#pod.run(
      scripts.setLink,
      [queue.keys.queue, queue.keys.link],
      [
        record.revision,
        clusterKeys.seal(encodeLink(link)),
        clusterKeys.fixedHashes(link.fixed).join(' '),
        ...(isNew ? repository.pieces({ ...record, linkId: link.linkId }) : []),
      ],
      durably,
    )
    if (word !== 'done') await claims?.giveBack()
    if (word === 'refused') return { outcome: 'refused' }
    return settle(this.#pod, record, word)
  }

  async removeLink(record: QueueRecord): Promise<Done | Stale> {
    const { linkId, ...rest } = record
    if (linkId === undefined) return unchanged(this.#pod, record)
    const queue = await currentQueue(this.#pod, record)
    if (queue === undefined) return stale
    // a LSET that begins once the record has lost it, before the index is dropped, keeps the index
    const doubt = await doubtId(this.#pod, ['link', linkId])
    const { word } = await this.#pod.run(
      scripts.removeLink,
      [queue.keys.queue, queue.keys.link],
      [record.revision, ...this.#pod.options.repository.pieces(rest)],
      durably,
    )
    if (word === 'done') await doubt.drop(queue.keys.blind)
    return settle(this.#pod, record, word)
  }

  async openLink(
    record: QueueRecord,
    senderKey?: QueueRecord['senderKey'],
  ): Promise<Stale | (Done & { readonly content?: LinkContent })> {
    const { repository, clusterKeys } = this.#pod.options
    const queue = await currentQueue(this.#pod, record)
    if (queue === undefined) return stale
    const secures = senderKey !== undefined && record.senderKey === undefined
    const { word, rest } = await this.#pod.run(
      secures ? scripts.openLink : scripts.readLink,
      [queue.keys.queue, queue.keys.link],
      [record.revision, ...(secures ? repository.pieces({ ...record, senderKey }) : [])],
      { isDurable: secures },
    )
    if (word === 'stale') {
      repository.cache.drop(record.recipientId)
      return stale
    }
    if (secures) repository.cache.drop(record.recipientId)
    const sealed = bytesOf(rest[0])
    if (sealed === undefined) return done
    const opened = clusterKeys.open(sealed)
    if (opened === undefined) throw new UnexpectedAnswer('link data does not open')
    return { ...done, content: decodeLink(opened) }
  }
}
