/**
 * This pod's mailboxes, one a partition: drained when nudged by sharded publish/subscribe, after
 * every reconnection, and on a slow timer, so that a lost nudge costs seconds at most.
 */
import { bytesOf } from './answer.ts'
import { parseEntry } from './entry.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

const ENTRIES_AT_ONCE = 512

export class Mailboxes {
  readonly #pod: Pod
  readonly #onFault: (error: unknown, during: string) => void
  /** Partitions being drained; true: nudged again meanwhile. */
  readonly #draining = new Map<string, boolean>()
  readonly #drains = new Set<Promise<void>>()
  #isStopped = false

  constructor(pod: Pod, onFault: (error: unknown, during: string) => void) {
    this.#pod = pod
    this.#onFault = onFault
  }

  get channels(): readonly string[] {
    const { keys, pod } = this.#pod.options
    return keys.tags.map((tag) => keys.mailbox(tag, pod))
  }

  /** Resolves when nothing is being drained any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#drains)
  }

  drainAll(): void {
    for (const channel of this.channels) this.drain(channel)
  }

  /** `mailbox` is both the key and the channel that nudged. */
  drain(mailbox: string): void {
    if (this.#isStopped) return
    if (this.#draining.has(mailbox)) {
      this.#draining.set(mailbox, true)
      return
    }
    this.#draining.set(mailbox, false)
    const drain = this.#drain(mailbox).finally(() => this.#drains.delete(drain))
    this.#drains.add(drain)
  }

  async #drain(mailbox: string): Promise<void> {
    try {
      let read = 0
      do {
        this.#draining.set(mailbox, false)
        read = await this.#drainSome(mailbox, read)
      } while (read > 0 || this.#draining.get(mailbox))
    } catch (error) {
      // what was not read stays, and the timer or the next nudge tries again
      this.#onFault(error, 'mailbox')
    } finally {
      this.#draining.delete(mailbox)
    }
  }

  /** Forgets `read` entries, handles those that follow, and returns how many they were. */
  async #drainSome(mailbox: string, read: number): Promise<number> {
    const { client } = this.#pod.options
    const entries = await scripts.drainMailbox.run(client, [mailbox], [read, ENTRIES_AT_ONCE])
    if (!Array.isArray(entries)) return 0
    for (const entry of entries) this.#handle(entry)
    return entries.length
  }

  #handle(entry: unknown): void {
    try {
      const bytes = bytesOf(entry)
      if (bytes === undefined) return
      const { type, queue, blocking, ...holder } = parseEntry(Buffer.from(bytes).toString('latin1'))
      this.#pod.tell(type, holder, queue, { blocking })
    } catch (error) {
      // an entry of another version must not hold up the others
      this.#onFault(error, 'mailbox entry')
    }
  }
}
