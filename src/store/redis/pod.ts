/** What the parts of the Redis store share: who this pod is, and how it reaches the others. */
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Blocking } from '../../protocol/error.ts'
import type { StoredMessage, StoreEvent, StoreOptions, Subscriber } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import { Activity } from './activity.ts'
import { parseAnswer, type ScriptAnswer } from './answer.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import type { Argument } from './connection/command.ts'
import type { CallOptions } from './connection/server.ts'
import type { Servers } from './connection/servers.ts'
import { type Entry, type EntryType, entryText, partyOf } from './entry.ts'
import { claimText, type Holder, type Holding, nobody } from './holder.ts'
import { type Interest, Interests } from './interests.ts'
import type { Keys } from './keys.ts'
import type { CachedQueue } from './queue-cache.ts'
import type { Repository } from './repository.ts'
import type { Script } from './script.ts'

export interface PodOptions extends StoreOptions {
  readonly servers: Servers
  readonly crypto: CryptoProvider
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  readonly repository: Repository
  /** New for each start of a process. */
  readonly pod: string
  /** A script on this key, and others of its partition, may have run or not. */
  readonly onDoubt: (key: string) => void
}

/** What a holder is told: through its pod's mailbox, or at once when it is on this pod. */
export interface News {
  readonly mailbox: string
  /** Empty where there is nothing for another pod. */
  readonly entry: string
  /** To be called when the script has run. */
  deliver(message?: StoredMessage): void
}

/** The claim: one that it makes now, in place of an earlier one. */
interface Besides {
  readonly connection: number
  readonly claim?: number
}

interface Details {
  readonly message?: StoredMessage | undefined
  readonly blocking?: Blocking | undefined
  readonly acceptedAt?: number | undefined
}

/** Undefined fields are left out. */
const given = (acceptedAt: number | undefined) => acceptedAt !== undefined && { acceptedAt }

const nothing = (): void => {}

export class Pod {
  readonly options: PodOptions
  readonly interests = new Interests()
  /** Absent where nothing is measured. */
  readonly activity: Activity | undefined

  constructor(options: PodOptions) {
    this.options = options
    this.activity = options.measures && new Activity(options)
  }

  get nowSeconds(): number {
    return Math.floor(this.options.now() / 1000)
  }

  run(
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly Argument[],
    options?: CallOptions,
  ): Promise<ScriptAnswer> {
    const [key] = keys
    return script
      .run(this.options.servers, keys, { args, ...options })
      .then(parseAnswer, (error: unknown) => this.#failed(error, key))
  }

  /** What the script did, if it did, was told to nobody on this pod. */
  #failed(error: unknown, key: string): never {
    if (error instanceof StoreUnavailable) this.options.onDoubt(key)
    throw error
  }

  claimText(subscriber: Subscriber): string {
    return claimText(this.options.pod, subscriber)
  }

  /** A claim that is made now, later than the one that it takes over from. */
  holder(subscriber: Subscriber, previous = nobody): Holder {
    const claimedAt = Math.max(this.options.now(), (previous.holder?.claimedAt ?? 0) + 1)
    return { ...subscriber, pod: this.options.pod, claimedAt }
  }

  /** `besides`: a connection of this pod that is not told what it caused itself. */
  news(
    type: EntryType,
    { holder }: Holding,
    queue: CachedQueue,
    { besides, blocking }: { readonly besides?: Besides; readonly blocking?: Blocking } = {},
  ): News {
    const { keys, pod, now } = this.options
    const acceptedAt = type === 'available' ? now() : undefined
    const details = { ...(blocking && { blocking }), ...given(acceptedAt) }
    const { tag, blind } = queue.keys
    const forNobody = { mailbox: keys.mailbox(tag, pod), entry: '', deliver: nothing }
    if (holder === undefined) return forNobody
    if (holder.pod !== pod)
      return {
        mailbox: keys.mailbox(tag, holder.pod),
        entry: entryText(type, holder, blind, details),
        deliver: nothing,
      }
    if (holder.connection === besides?.connection) {
      const isSame = holder.claim === besides.claim
      const forget = (): void => this.#forget({ ...holder, type, queue: blind })
      return { ...forNobody, deliver: isSame ? nothing : forget }
    }
    return {
      ...forNobody,
      deliver: (message) => this.tell({ ...holder, type, queue: blind }, { message, ...details }),
    }
  }

  /** Delivers what a mailbox had, or what happened here, to a connection of this pod. */
  tell(entry: Omit<Entry, 'blocking' | 'acceptedAt'>, details: Details = {}): void {
    const interest = this.interests.get(partyOf(entry.type), entry, entry.queue)
    const event = interest && eventOf(entry.type, interest, details)
    if (event === undefined) return
    this.#forget(entry)
    this.options.deliver(entry.connection, { ...event, claim: entry.claim })
  }

  /** After these the connection holds nothing there any more. */
  #forget({ type, queue, ...holder }: Omit<Entry, 'blocking' | 'acceptedAt'>): void {
    if (isEnding(type)) this.interests.drop(partyOf(type), holder, queue)
  }
}

const isEnding = (type: EntryType): boolean =>
  type !== 'available' && type !== 'blocked' && type !== 'notified'

const eventOf = (
  type: EntryType,
  interest: Interest,
  { message, blocking, acceptedAt }: Details,
): Without<StoreEvent, 'claim'> | undefined => {
  if (interest.party === 'notifier') {
    if (type === 'notified') return { type, notifierId: interest.id }
    return { type: type === 'notifier-ended' ? 'ended' : 'deleted', entityId: interest.id }
  }
  const recipientId = interest.id
  if (type === 'available')
    return { type, recipientId, ...(message && { message }), ...given(acceptedAt) }
  if (type === 'blocked') return blocking && { type, recipientId, blocking }
  return { type: type === 'ended' ? 'ended' : 'deleted', entityId: recipientId }
}

/** `Omit` for each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
