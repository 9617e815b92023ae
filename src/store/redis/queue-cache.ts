/** Queue records as this pod last saw them; a script refuses what has changed since. */
import type { EntityId, RecipientId } from '../../protocol/ids.ts'
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
}

/** Least recently used entries go first. */
export class QueueCache {
  readonly #limit: number
  readonly #queues = new Map<RecipientId, CachedQueue>()
  readonly #aliases = new Map<string, RecipientId>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(party: QueueParty, id: EntityId): CachedQueue | undefined {
    const recipientId = this.#aliases.get(`${party}${id}`)
    return recipientId === undefined ? undefined : this.#touch(recipientId)
  }

  /** The entry that a record came from, unless it has been replaced or dropped. */
  of(record: QueueRecord): CachedQueue | undefined {
    const queue = this.#touch(record.recipientId)
    return queue?.record.revision === record.revision ? queue : undefined
  }

  /** A queue of a service by its name. */
  ofService(blind: BlindId): CachedQueue | undefined {
    const recipientId = this.#aliases.get(`service${blind}`)
    return recipientId === undefined ? undefined : this.#touch(recipientId)
  }

  set(queue: CachedQueue): void {
    this.drop(queue.record.recipientId)
    const { recipientId } = queue.record
    this.#queues.set(recipientId, queue)
    for (const alias of this.#aliasesOf(queue)) this.#aliases.set(alias, recipientId)
    for (const oldest of this.#queues.keys()) {
      if (this.#queues.size <= this.#limit) break
      this.drop(oldest)
    }
  }

  drop(recipientId: RecipientId): void {
    const queue = this.#queues.get(recipientId)
    if (queue === undefined) return
    this.#queues.delete(recipientId)
    for (const alias of this.#aliasesOf(queue)) this.#aliases.delete(alias)
  }

  #touch(recipientId: RecipientId): CachedQueue | undefined {
    const queue = this.#queues.get(recipientId)
    if (queue === undefined) return undefined
    this.#queues.delete(recipientId)
    this.#queues.set(recipientId, queue)
    return queue
  }

  #aliasesOf({ record, keys }: CachedQueue): readonly string[] {
    const { recipientId, senderId, linkId, notifier } = record
    const aliases = [`recipient${recipientId}`, `sender${senderId}`]
    if (linkId !== undefined) aliases.push(`link${linkId}`)
    if (notifier !== undefined) aliases.push(`notifier${notifier.notifierId}`)
    if (notifier?.service !== undefined) aliases.push(`service${keys.blind}`)
    return aliases
  }
}
