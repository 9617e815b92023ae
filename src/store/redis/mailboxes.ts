/**
 * This pod's mailboxes, one a partition: emptied when nudged, after every gap in the nudges, and on
 * a slow timer, so that a lost nudge costs seconds at most. What was taken from a mailbox and did
 * not arrive is lost; then the partition's subscriptions are looked after (healing.ts).
 */
import { bytesOf } from './answer.ts'
import { parseEntry } from './entry.ts'
import type { Pod } from './pod.ts'

const ENTRIES_AT_ONCE = 512

export interface MailboxOptions {
  readonly onFault: (error: unknown, during: string) => void
  /** Entries of this mailbox may have been lost. */
  readonly onLost: (mailbox: string) => void
}

export class Mailboxes {
  readonly all: readonly string[]
  readonly #pod: Pod
  readonly #options: MailboxOptions
  /** Those being emptied; true: nudged again meanwhile. */
  readonly #draining = new Map<string, boolean>()
  readonly #drains = new Map<string, Promise<void>>()
  #isStopped = false
  #heardAt = performance.now()

  constructor(pod: Pod, options: MailboxOptions) {
    const { keys, pod: name } = pod.options
    this.#pod = pod
    this.#options = options
    this.all = keys.tags.map((tag) => keys.mailbox(tag, name))
  }

  /** When Redis last answered about any of them. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Resolves when nothing is being emptied any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#drains.values())
  }

  drainAll(): void {
    for (const mailbox of this.all) void this.drain(mailbox)
  }

  /** `mailbox` is both the key and the channel that nudged. */
  async drain(mailbox: string): Promise<void> {
    if (this.#isStopped) return
    const present = this.#drains.get(mailbox)
    if (present !== undefined) {
      this.#draining.set(mailbox, true)
      return present
    }
    const drain = this.#drain(mailbox).finally(() => this.#drains.delete(mailbox))
    this.#drains.set(mailbox, drain)
    return drain
  }

  async #drain(mailbox: string): Promise<void> {
    try {
      let taken = 0
      do {
        this.#draining.set(mailbox, false)
        taken = await this.#drainSome(mailbox)
      } while (taken === ENTRIES_AT_ONCE || this.#draining.get(mailbox))
    } catch (error) {
      this.#options.onLost(mailbox)
      this.#options.onFault(error, 'mailbox')
    } finally {
      this.#draining.delete(mailbox)
    }
  }

  /** Takes and handles entries, and returns how many they were. */
  async #drainSome(mailbox: string): Promise<number> {
    const { servers } = this.#pod.options
    const entries = await servers.call(mailbox, 'LPOP', [mailbox, ENTRIES_AT_ONCE])
    this.#heardAt = performance.now()
    if (!Array.isArray(entries)) return 0
    this.#pod.options.measures?.drained.observe(entries.length)
    for (const entry of entries) this.#handle(entry)
    return entries.length
  }

  #handle(entry: unknown): void {
    try {
      const bytes = bytesOf(entry)
      if (bytes === undefined) return
      const text = Buffer.from(bytes).toString('latin1')
      const { blocking, acceptedAt, notifier, ...rest } = parseEntry(text)
      const notifierId = notifier && this.#pod.openNotifier(notifier)
      this.#pod.options.measures?.entries.add(rest.type)
      this.#pod.tell(rest, { blocking, acceptedAt, notifierId })
    } catch (error) {
      // an entry of another version must not hold up the others
      this.#options.onFault(error, 'mailbox entry')
    }
  }
}
