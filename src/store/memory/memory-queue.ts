/** One queue of the in-memory store: its record, messages, link data and subscriber. */
import { equalBytes } from '../../protocol/bytes.ts'
import type { LinkContent } from '../../protocol/command.ts'
import type { LinkId } from '../../protocol/ids.ts'
import type { QueueRecord, StoredMessage, Subscriber } from '../store.ts'

/** Messages of all queues together. */
export interface Tally {
  messages: number
}

export class MemoryQueue {
  record: QueueRecord
  link: LinkContent | undefined
  subscriber: Subscriber | undefined
  readonly #messages: StoredMessage[] = []
  readonly #tally: Tally
  #isFull = false

  constructor(record: QueueRecord, tally: Tally) {
    this.record = record
    this.#tally = tally
  }

  get size(): number {
    return this.#messages.length
  }

  get head(): StoredMessage | undefined {
    return this.#messages[0]
  }

  isHeldBy({ connection, claim }: Subscriber): boolean {
    return this.subscriber?.connection === connection && this.subscriber.claim === claim
  }

  release(connection: number): void {
    if (this.subscriber?.connection === connection) this.subscriber = undefined
  }

  /** A link's id and fixed data stay as they were first set. */
  canTakeLink({ linkId, fixed }: LinkContent & { readonly linkId: LinkId }): boolean {
    if (this.link === undefined) return true
    return this.record.linkId === linkId && equalBytes(this.link.fixed, fixed)
  }

  /** Makes the next revision of the record. */
  change(changes: Partial<QueueRecord>): void {
    this.replace({ ...this.record, ...changes })
  }

  /** As `change`, with the whole record, so that fields can go. */
  replace(record: QueueRecord): void {
    this.record = { ...record, revision: this.record.revision + 1 }
  }

  /**
   * False when the quota is reached: a marker takes the message's place, and the queue takes
   * messages again only once it is empty (SMP, "Queue quota").
   */
  append(message: StoredMessage, quota: number): boolean {
    if (this.#isFull && this.size > 0) return false
    this.#isFull = this.size >= quota
    const { messageId, timestamp } = message
    this.#tally.messages += 1
    this.#messages.push(this.#isFull ? { kind: 'quota', messageId, timestamp } : message)
    return !this.#isFull
  }

  removeHead(): void {
    this.#remove(1)
  }

  /** For a queue that is deleted. */
  clear(): void {
    this.#remove(this.size)
  }

  /** Drops expired messages from the head, up to a marker, which no age removes; gives their number. */
  expire(horizonSeconds: number): number {
    let count = 0
    for (const message of this.#messages) {
      if (message.kind === 'quota' || message.timestamp >= horizonSeconds) break
      count += 1
    }
    if (count > 0) this.#remove(count)
    return count
  }

  #remove(count: number): void {
    this.#tally.messages -= this.#messages.splice(0, count).length
  }
}
