/** The queues of the in-memory store by recipient, sender and link id. */
import type { LinkContent } from '../../protocol/command.ts'
import {
  asLinkId,
  asRecipientId,
  asSenderId,
  type EntityId,
  type LinkId,
  type RecipientId,
  type SenderId,
} from '../../protocol/ids.ts'
import type { Done, QueueRecord, Stale, Taken } from '../store.ts'
import type { MemoryQueue } from './memory-queue.ts'

export type Link = LinkContent & { readonly linkId: LinkId }

const done: Done = { outcome: 'done' }

export class QueueTable {
  readonly queues = new Map<RecipientId, MemoryQueue>()
  readonly #bySender = new Map<SenderId, RecipientId>()
  readonly #byLink = new Map<LinkId, RecipientId>()

  has(ids: { recipientId: RecipientId; senderId: SenderId; linkId: LinkId | undefined }): boolean {
    return (
      this.queues.has(ids.recipientId) ||
      this.#bySender.has(ids.senderId) ||
      (ids.linkId !== undefined && this.#byLink.has(ids.linkId))
    )
  }

  get(recipientId: RecipientId | undefined): MemoryQueue | undefined {
    return recipientId === undefined ? undefined : this.queues.get(recipientId)
  }

  find(party: 'recipient' | 'sender' | 'link', id: EntityId): MemoryQueue | undefined {
    if (party === 'recipient') return this.get(asRecipientId(id))
    if (party === 'sender') return this.get(this.#bySender.get(asSenderId(id)))
    return this.get(this.#byLink.get(asLinkId(id)))
  }

  add(queue: MemoryQueue, link: Link | undefined): void {
    const { recipientId, senderId } = queue.record
    this.queues.set(recipientId, queue)
    this.#bySender.set(senderId, recipientId)
    if (link !== undefined) this.setLink(queue, link)
  }

  remove({ recipientId, senderId, linkId }: QueueRecord): void {
    this.queues.delete(recipientId)
    this.#bySender.delete(senderId)
    if (linkId !== undefined) this.#byLink.delete(linkId)
  }

  /** The content changes in place; a new link id makes a new revision. */
  setLink(queue: MemoryQueue, { linkId, fixed, user }: Link): void {
    this.#byLink.set(linkId, queue.record.recipientId)
    queue.link = { fixed, user }
    if (queue.record.linkId !== linkId) queue.change({ linkId })
  }

  /** As `setLink`, if the queue can take it and no other has its id. */
  offerLink(queue: MemoryQueue, link: Link): Done | Taken | { readonly outcome: 'refused' } {
    const holder = this.find('link', link.linkId)
    if (holder !== undefined && holder !== queue) return { outcome: 'taken' }
    if (!queue.canTakeLink(link)) return { outcome: 'refused' }
    this.setLink(queue, link)
    return done
  }

  removeLink(queue: MemoryQueue): Done {
    const { linkId, ...rest } = queue.record
    if (linkId === undefined) return done
    this.#byLink.delete(linkId)
    queue.link = undefined
    queue.replace(rest)
    return done
  }

  /** Runs `act` on the queue if the record is still the one it was authorised against. */
  on<T>(record: QueueRecord, act: (queue: MemoryQueue) => T): T | Stale {
    const queue = this.queues.get(record.recipientId)
    return queue?.record.revision === record.revision ? act(queue) : { outcome: 'stale' }
  }

  change(record: QueueRecord, changes: Partial<QueueRecord>): Done | Stale {
    return this.on(record, (queue) => {
      queue.change(changes)
      return done
    })
  }
}
