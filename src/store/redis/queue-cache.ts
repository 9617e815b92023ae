/** Queue records as this pod last saw them; a script refuses what has changed since. */
import type { EntityId } from '../../protocol/ids.ts'
import type { QueueParty, QueueRecord } from '../store.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Holding } from './holder.ts'
import type { QueueKeys } from './keys.ts'

export interface CachedQueue {
  readonly record: QueueRecord
  readonly keys: QueueKeys
  subscriber: Holding
  /** Of the notifier alone; nobody where it is a service's. */
  notifierSubscriber: Holding
  /** How often this pod has read its oldest message since it was cached. */
  reads: number
  /** Whether it was asked for since the cache last looked for one to drop. */
  isUsed: boolean
}

export const idOf = (party: QueueParty, record: QueueRecord): EntityId | undefined => {
  if (party === 'recipient') return record.recipientId
  if (party === 'sender') return record.senderId
  return party === 'link' ? record.linkId : record.notifier?.notifierId
}

const parties = ['recipient', 'sender', 'link', 'notifier'] as const satisfies QueueParty[]

/**
 * What was not asked for goes first (CLOCK): an order of use would be moved at every command, and
 * a Map of 100,000 entries is copied whole once so many have moved (27 % of a message, 2026-11).
 */
export class QueueCache {
  readonly #limit: number
  readonly #queues: Readonly<Record<QueueParty, Map<EntityId, CachedQueue>>> = {
    recipient: new Map(),
    sender: new Map(),
    link: new Map(),
    notifier: new Map(),
  }
  readonly #ofServices = new Map<BlindId, CachedQueue>()
  /** Goes round over all; an iterator of its own, as a new one passes what was deleted again. */
  #hand: Iterator<CachedQueue>

  constructor(limit: number) {
    this.#limit = limit
    this.#hand = this.#queues.recipient.values()
  }

  get(party: QueueParty, id: EntityId): CachedQueue | undefined {
    return used(this.#queues[party].get(id))
  }

  /** The entry that a record came from, unless it has been replaced or dropped. */
  of(record: QueueRecord): CachedQueue | undefined {
    const queue = this.get('recipient', record.recipientId)
    return queue?.record.revision === record.revision ? queue : undefined
  }

  /** A queue of a service by its name. */
  ofService(blind: BlindId): CachedQueue | undefined {
    return used(this.#ofServices.get(blind))
  }

  set(queue: CachedQueue): void {
    const { record, keys } = queue
    this.drop(record.recipientId)
    if (this.#queues.recipient.size >= this.#limit) this.#dropUnused()
    for (const party of parties) {
      const id = idOf(party, record)
      if (id !== undefined) this.#queues[party].set(id, queue)
    }
    if (record.notifier?.service !== undefined) this.#ofServices.set(keys.blind, queue)
  }

  drop(recipientId: EntityId): void {
    const queue = this.#queues.recipient.get(recipientId)
    if (queue === undefined) return
    for (const party of parties) {
      const id = idOf(party, queue.record)
      // another queue may have it by now
      if (id !== undefined && this.#queues[party].get(id) === queue) this.#queues[party].delete(id)
    }
    this.#ofServices.delete(queue.keys.blind)
  }

  /** One that was not asked for since the hand last came by; there is one after a round. */
  #dropUnused(): void {
    for (;;) {
      const { done, value } = this.#hand.next()
      if (done === true) this.#hand = this.#queues.recipient.values()
      else if (value.isUsed) value.isUsed = false
      else {
        this.drop(value.record.recipientId)
        return
      }
    }
  }
}

const used = (queue: CachedQueue | undefined): CachedQueue | undefined => {
  if (queue !== undefined) queue.isUsed = true
  return queue
}
