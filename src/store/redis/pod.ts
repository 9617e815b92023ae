/** What the parts of the Redis store share: who this pod is, and how it reaches the others. */
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Bytes } from '../../protocol/bytes.ts'
import { idBytes, type NotifierId, notifierIdOf } from '../../protocol/ids.ts'
import type { Service, StoreOptions, Subscriber } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import { Activity } from './activity.ts'
import { parseAnswer, type ScriptAnswer } from './answer.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import type { Argument } from './connection/command.ts'
import type { Durability } from './connection/group-commit.ts'
import type { CallOptions } from './connection/server.ts'
import type { Servers } from './connection/servers.ts'
import { type BareEntry, type EntryType, entryText, isOfService, partyOf } from './entry.ts'
import { claimText, type Holder, type Holding, nobody } from './holder.ts'
import { Interests } from './interests.ts'
import type { Keys, QueueKeys } from './keys.ts'
import {
  type Details,
  eventOf,
  given,
  isEnding,
  type News,
  type NewsOptions,
  notifierTypes,
} from './news.ts'
import type { CachedQueue } from './queue-cache.ts'
import type { Repository } from './repository.ts'
import type { Script } from './script.ts'
import { ServiceHolders, ServiceHolds } from './service-holds.ts'

export interface PodOptions extends StoreOptions {
  readonly servers: Servers
  readonly crypto: CryptoProvider
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  readonly repository: Repository
  readonly durability: Durability
  /** New for each start of a process. */
  readonly pod: string
  /** A script on this key, and others of its partition, may have run or not. */
  readonly onDoubt: (key: string) => void
}

const nothing = (): void => {}

/** Scripts on queues without a service get keys that nobody has. */
const noService = { name: 'none' }

export class Pod {
  readonly options: PodOptions
  readonly interests = new Interests()
  readonly serviceHolds = new ServiceHolds()
  readonly serviceHolders = new ServiceHolders()
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

  /** Messages that expired, as the scripts that dropped them say. */
  countExpired(messages: number): void {
    const { measures } = this.options
    if (measures !== undefined) measures.expiredMessages += messages
  }

  countDropped(notifications: { readonly expired: number; readonly displaced?: number }): void {
    const dropped = this.options.measures?.droppedNotifications
    if (dropped === undefined) return
    dropped.expired += notifications.expired
    dropped.displaced += notifications.displaced ?? 0
  }

  claimText(subscriber: Subscriber): string {
    return claimText(this.options.pod, subscriber)
  }

  /** A claim that is made now, later than the one that it takes over from. */
  holder(subscriber: Subscriber, previous = nobody): Holder {
    const claimedAt = Math.max(this.options.now(), (previous.holder?.claimedAt ?? 0) + 1)
    return { ...subscriber, pod: this.options.pod, claimedAt }
  }

  /** Who has the notifier of a queue: its service's holder, or its own subscriber. */
  notifierHolding({ record, notifierSubscriber }: CachedQueue): Holding {
    const service = record.notifier?.service
    return service === undefined ? notifierSubscriber : this.serviceHolders.get(service)
  }

  setNotifierHolding(queue: CachedQueue, holding: Holding): void {
    const service = queue.record.notifier?.service
    if (service === undefined) queue.notifierSubscriber = holding
    else this.serviceHolders.set(service, holding)
  }

  /** For who has the notifier of a queue. */
  notifierNews(
    event: keyof typeof notifierTypes,
    queue: CachedQueue,
    options: Pick<NewsOptions, 'besides'> = {},
  ): News {
    const { notifier } = queue.record
    const type = notifierTypes[event][notifier?.service === undefined ? 'own' : 'service']
    const named = event !== 'notified' && notifier !== undefined
    const about = isOfService(type) && named ? { notifierId: notifier.notifierId } : {}
    return this.news(type, this.notifierHolding(queue), queue, { ...options, ...about })
  }

  /** The keys of a queue's service, and the queue's name in the set of those that wait. */
  serviceOf({ record, keys: { tag, blind } }: CachedQueue) {
    const service = record.notifier?.service
    const keys = this.keysOf(service ?? noService, tag)
    return { keys, waiter: service === undefined ? '' : blind }
  }

  /** What a partition holds of a service. */
  keysOf(
    { name }: Pick<Service, 'name'>,
    tag: string,
  ): readonly [service: string, waiting: string] {
    const { keys } = this.options
    return [keys.service(tag, name), keys.waiting(tag, name)]
  }

  news(
    type: EntryType,
    { holder }: Holding,
    { keys: { tag, blind } }: { readonly keys: Pick<QueueKeys, 'tag' | 'blind'> },
    { besides, blocking, notifierId }: NewsOptions = {},
  ): News {
    const { keys, pod, now } = this.options
    const acceptedAt = type === 'available' ? now() : undefined
    const details = { ...(blocking && { blocking }), ...given(acceptedAt) }
    const forNobody = { mailbox: keys.mailbox(tag, pod), entry: '', deliver: nothing }
    if (holder === undefined) return forNobody
    if (holder.pod !== pod)
      return {
        mailbox: keys.mailbox(tag, holder.pod),
        entry: entryText(type, holder, blind, {
          ...details,
          ...(notifierId !== undefined && { notifier: this.#sealed(notifierId) }),
        }),
        deliver: nothing,
      }
    if (holder.connection === besides?.connection) {
      const isSame = holder.claim === besides.claim
      const forget = (): void => this.#forget({ ...holder, type, queue: blind })
      return { ...forNobody, deliver: isSame ? nothing : forget }
    }
    return {
      ...forNobody,
      deliver: (message) =>
        this.tell({ ...holder, type, queue: blind }, { message, notifierId, ...details }),
    }
  }

  /** A notifier's id as it stands in a mailbox. */
  #sealed(id: NotifierId): Bytes {
    return this.options.clusterKeys.seal(idBytes(id))
  }

  /** Undefined for what no pod of this cluster sealed. */
  openNotifier(sealed: Bytes): NotifierId | undefined {
    const opened = this.options.clusterKeys.open(sealed)
    return opened && notifierIdOf(opened)
  }

  /** Delivers what a mailbox had, or what happened here, to a connection of this pod. */
  tell(entry: BareEntry, details: Details = {}): void {
    if (isOfService(entry.type)) {
      this.#tellService(entry.type, entry, details)
      return
    }
    const interest = this.interests.get(partyOf(entry.type), entry, entry.queue)
    const event = interest && eventOf(entry.type, interest, details)
    if (event === undefined) return
    this.#forget(entry)
    this.options.deliver(entry.connection, { ...event, claim: entry.claim })
  }

  #tellService(
    type: EntryType & `service-${string}`,
    { connection, claim, queue }: BareEntry,
    { notifierId }: Details,
  ): void {
    const hold = this.serviceHolds.get(connection)
    if (hold === undefined) return
    const { deliver, keys } = this.options
    if (type === 'service-notified') {
      hold.waiting.add(keys.tagOf(queue))
      deliver(connection, { type, claim: hold.claim })
    } else if (hold.claim !== claim) return
    else if (type === 'service-ended') {
      this.serviceHolds.drop(hold)
      deliver(connection, { type, claim })
    } else if (notifierId !== undefined) {
      const ending = type === 'service-notifier-ended' ? 'ended' : 'deleted'
      deliver(connection, { type: ending, entityId: notifierId, claim })
    }
  }

  /** After these the connection holds nothing there any more. */
  #forget({ type, queue, ...holder }: BareEntry): void {
    if (isEnding(type)) this.interests.drop(partyOf(type), holder, queue)
  }
}
