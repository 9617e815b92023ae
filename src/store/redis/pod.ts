/** What the parts of the Redis store share: who this pod is, and how it reaches the others. */
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Blocking } from '../../protocol/error.ts'
import type { NotifierId, RecipientId } from '../../protocol/ids.ts'
import type { StoredMessage, StoreEvent, StoreOptions } from '../store.ts'
import { parseAnswer, type ScriptAnswer } from './answer.ts'
import type { BlindId, ClusterKeys } from './cluster-keys.ts'
import { type EntryType, entryText } from './entry.ts'
import { type Holder, parseHolder } from './holder.ts'
import type { Keys } from './keys.ts'
import type { CachedQueue } from './queue-cache.ts'
import type { Repository } from './repository.ts'
import type { Argument, RedisClient, Script } from './script.ts'

export interface PodOptions extends StoreOptions {
  readonly client: RedisClient
  readonly crypto: CryptoProvider
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  readonly repository: Repository
  /** New for each start of a process. */
  readonly pod: string
  /** Resolves when everything written before is as durable as configured, or fails; if at all. */
  readonly durable: (() => Promise<void>) | undefined
}

/** What a holder is told: through its pod's mailbox, or at once when it is on this pod. */
export interface News {
  readonly mailbox: string
  /** Empty where there is nothing for another pod. */
  readonly entry: string
  /** To be called when the script has run. */
  deliver(message?: StoredMessage): void
}

interface Details {
  readonly message?: StoredMessage | undefined
  readonly blocking?: Blocking | undefined
}

interface Ids {
  readonly recipientId: RecipientId | undefined
  readonly notifierId: NotifierId | undefined
}

export class Pod {
  readonly options: PodOptions
  /** Which of this pod's subscriptions a blind id in a mailbox is about. */
  readonly recipients = new Map<BlindId, RecipientId>()
  readonly notifiers = new Map<BlindId, NotifierId>()

  constructor(options: PodOptions) {
    this.options = options
  }

  get nowSeconds(): number {
    return Math.floor(this.options.now() / 1000)
  }

  async run(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
  ): Promise<ScriptAnswer> {
    return parseAnswer(await script.run(this.options.client, keys, args))
  }

  /** `besides`: a connection of this pod that is not told what it caused itself. */
  news(
    type: EntryType,
    holderText: string,
    queue: CachedQueue,
    { besides, blocking }: { readonly besides?: number; readonly blocking?: Blocking } = {},
  ): News {
    const { keys, pod } = this.options
    const { tag, blind } = queue.keys
    const holder = parseHolder(holderText)
    const nobody = { mailbox: keys.mailbox(tag, pod), entry: '', deliver: () => {} }
    if (holder === undefined) return nobody
    if (holder.pod !== pod)
      return {
        mailbox: keys.mailbox(tag, holder.pod),
        entry: entryText(type, holder, blind, blocking),
        deliver: () => {},
      }
    if (holder.connection === besides) return nobody
    return {
      ...nobody,
      deliver: (message) => this.tell(type, holder, blind, { message, blocking }),
    }
  }

  /** Delivers what a mailbox had to a connection of this pod. */
  tell(
    type: EntryType,
    holder: Pick<Holder, 'connection' | 'claim'>,
    blind: BlindId,
    details: Details = {},
  ): void {
    const ids = { recipientId: this.recipients.get(blind), notifierId: this.notifiers.get(blind) }
    this.#deliver(type, holder, ids, details)
  }

  #deliver(
    type: EntryType,
    { connection, claim }: Pick<Holder, 'connection' | 'claim'>,
    ids: Ids,
    details: Details,
  ): void {
    const event = eventOf(type, ids, details)
    if (event !== undefined) this.options.deliver(connection, { ...event, claim })
  }
}

const eventOf = (
  type: EntryType,
  { recipientId, notifierId }: Ids,
  { message, blocking }: Details,
): Without<StoreEvent, 'claim'> | undefined => {
  if (type === 'notified') return notifierId && { type, notifierId }
  if (type === 'notifier-ended') return notifierId && { type: 'ended', entityId: notifierId }
  if (type === 'notifier-deleted') return notifierId && { type: 'deleted', entityId: notifierId }
  if (recipientId === undefined) return undefined
  if (type === 'available') return { type, recipientId, ...(message && { message }) }
  if (type === 'blocked') return blocking && { type, recipientId, blocking }
  return { type, entityId: recipientId }
}

/** `Omit` for each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
