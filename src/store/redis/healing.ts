/**
 * Puts subscriptions right after something was lost: a connection to Redis with what was under way,
 * or the last writes of a primary that was replaced. Each subscription of the partitions concerned
 * is compared with its queue; whoever holds it no longer is told, and so is who has something to
 * fetch.
 */

import { numberOf } from './answer.ts'
import type { EntryType } from './entry.ts'
import { fieldOf, type Held } from './interests.ts'
import type { Keys } from './keys.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'
import { Services } from './services.ts'

const RESUMED_AT_ONCE = 256

const words = {
  recipient: { gone: 'deleted', lost: 'ended', held: 'available' },
  notifier: { gone: 'notifier-deleted', lost: 'notifier-ended', held: 'notified' },
} as const satisfies Record<string, Record<string, EntryType>>

export class Healing {
  readonly #pod: Pod
  readonly #keys: Keys
  readonly #mailboxes: Mailboxes
  readonly #onFault: (error: unknown, during: string) => void
  /** Tags of partitions whose subscriptions may be wrong. */
  readonly #suspect = new Set<string>()
  #isHealing = false

  readonly #services: Services

  constructor(pod: Pod, mailboxes: Mailboxes, onFault: (error: unknown, during: string) => void) {
    this.#pod = pod
    this.#services = new Services(pod, {
      onFault,
      onDoubt: (tag) => this.#suspect.add(tag),
    })
    this.#keys = pod.options.keys
    this.#mailboxes = mailboxes
    this.#onFault = onFault
  }

  suspect(concerns: (key: string) => boolean): void {
    for (const tag of this.#keys.tags) if (concerns(this.#mailboxOf(tag))) this.#suspect.add(tag)
  }

  /** Everything in the partition of a key. */
  doubt(key: string): void {
    const tag = this.#keys.tagOfKey(key)
    if (tag !== undefined) this.#suspect.add(tag)
  }

  /** Looks after what is suspect; what cannot be asked stays so for the next time. */
  async heal(): Promise<void> {
    if (this.#isHealing || this.#suspect.size === 0) return
    this.#isHealing = true
    try {
      const tags = new Set(this.#suspect)
      this.#suspect.clear()
      // what is known to have ended must not be put back
      await Promise.all([...tags].map((tag) => this.#mailboxes.drain(this.#mailboxOf(tag))))
      await this.#resume([...this.#heldIn(tags)])
      await this.#services.resume(tags)
    } finally {
      this.#isHealing = false
    }
  }

  *#heldIn(tags: ReadonlySet<string>): IterableIterator<Held> {
    for (const held of this.#pod.interests)
      if (held.interest.isHeld && tags.has(this.#keys.tagOf(held.blind))) yield held
  }

  async #resume(all: readonly Held[]): Promise<void> {
    for (let at = 0; at < all.length; at += RESUMED_AT_ONCE)
      await Promise.all(all.slice(at, at + RESUMED_AT_ONCE).map((held) => this.#resumeOne(held)))
  }

  async #resumeOne(held: Held): Promise<void> {
    const { blind, interest } = held
    const keys = this.#keys.ofQueue(blind)
    const isRecipient = interest.party === 'recipient'
    try {
      const { word, rest } = await this.#pod.run(
        scripts.resume,
        [keys.queue, isRecipient ? keys.messages : keys.notifications],
        [fieldOf(interest.party), this.#pod.claimText(held), interest.claimedAt.toString(36)],
      )
      if (word === 'gone' || word === 'lost') this.#tell(held, words[interest.party][word])
      else if (numberOf(rest[0]) > 0) this.#tell(held, words[interest.party].held)
    } catch (error) {
      this.#suspect.add(keys.tag)
      this.#onFault(error, 'resume')
    }
  }

  #tell({ connection, claim, blind }: Held, type: EntryType): void {
    this.#pod.tell({ type, connection, claim, queue: blind })
  }

  #mailboxOf(tag: string): string {
    return this.#keys.mailbox(tag, this.#pod.options.pod)
  }
}
