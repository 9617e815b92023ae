/** The store of a cluster: queues in Redis or Valkey, shared by any number of pods. */
import type { LinkContent } from '../../protocol/command.ts'
import type { Blocking } from '../../protocol/error.ts'
import type { EntityId, LinkId, NotifierId, RecipientId } from '../../protocol/ids.ts'
import type { AuthKey } from '../../protocol/keys.ts'
import { type ActiveQueues, noneActive, type ServerMemory, type StoreCounts } from '../counts.ts'
import type { ServiceCertificate } from '../service-store.ts'
import type {
  Acknowledgement,
  Append,
  Done,
  Failed,
  NewQueue,
  Notifier,
  QueueParty,
  QueueRecord,
  QueueStore,
  Service,
  Stale,
  Subscriber,
} from '../store.ts'
import { BlockCounts } from './block-counts.ts'
import { done, stale, subscriptionsOf } from './changes.ts'
import { countAll } from './counts.ts'
import { LinkChanges } from './link-changes.ts'
import { Loads } from './loads.ts'
import { Messages } from './messages.ts'
import { NotifierChanges } from './notifier-changes.ts'
import type { Pod } from './pod.ts'
import { QueueChanges } from './queue-changes.ts'
import { Releases } from './releases.ts'
import { fullestServer } from './server-memory.ts'
import { ServiceRegistry } from './service-registry.ts'
import { Services } from './services.ts'
import { RedisBuckets } from './shared-buckets.ts'

export type OnFault = (error: unknown, during: string) => void

/** What fails fails alone: it may be one server of several. */
const each = <T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<(R | Failed)[]> =>
  Promise.all(
    all.map((one) => run(one).catch((cause: unknown): Failed => ({ outcome: 'failed', cause }))),
  )

export class RedisStore implements QueueStore {
  /** Of limits, for whoever enforces them. */
  readonly sharedBuckets: RedisBuckets
  readonly #pod: Pod
  readonly #messages: Messages
  readonly #changes: QueueChanges
  readonly #links: LinkChanges
  readonly #notifiers: NotifierChanges
  readonly #registry: ServiceRegistry
  readonly #services: Services
  readonly #loads: Loads
  readonly #blocks: BlockCounts
  readonly #releases: Releases
  readonly #stop: () => Promise<void>
  readonly #problems: () => readonly string[]
  readonly #onFault: OnFault

  constructor(
    pod: Pod,
    options: {
      readonly stop: () => Promise<void>
      readonly problems: () => readonly string[]
      readonly onFault: OnFault
    },
  ) {
    const { stop, problems, onFault } = options
    this.#problems = problems
    this.#onFault = onFault
    this.#pod = pod
    this.sharedBuckets = new RedisBuckets(pod.options)
    this.#messages = new Messages(pod)
    this.#changes = new QueueChanges(pod)
    this.#links = new LinkChanges(pod)
    this.#notifiers = new NotifierChanges(pod)
    this.#registry = new ServiceRegistry(pod)
    this.#services = new Services(pod, { onFault })
    this.#loads = new Loads(pod)
    this.#blocks = new BlockCounts(pod)
    this.#releases = new Releases(pod, onFault)
    this.#stop = stop
  }

  loadQueues(
    party: QueueParty,
    ids: readonly EntityId[],
    { fresh = false }: { readonly fresh?: boolean } = {},
  ) {
    return this.#pod.options.repository.load(party, ids, { isFresh: fresh })
  }

  createQueue(queue: NewQueue, subscriber?: Subscriber) {
    return this.#changes.create(queue, subscriber)
  }

  subscribe(records: readonly QueueRecord[], subscriber: Subscriber) {
    return each(records, (record) => this.#messages.subscribe(record, subscriber))
  }

  fetchHeads(ids: readonly RecipientId[], subscriber: { readonly connection: number }) {
    return each(ids, (id) => this.#messages.fetchHead(id, subscriber))
  }

  peekMessage(record: QueueRecord) {
    return this.#messages.peek(record)
  }

  describeQueue(record: QueueRecord) {
    return this.#messages.describe(record)
  }

  acknowledge(record: QueueRecord, acknowledgement: Acknowledgement) {
    return this.#messages.acknowledge(record, acknowledgement)
  }

  appendMessage(record: QueueRecord, append: Append) {
    return this.#messages.append(record, append)
  }

  secureQueue(record: QueueRecord, senderKey: AuthKey) {
    return this.#changes.update(record, { senderKey })
  }

  replaceRecipientKeys(record: QueueRecord, recipientKeys: readonly AuthKey[]) {
    return this.#changes.update(record, { recipientKeys })
  }

  suspendQueue(record: QueueRecord) {
    return this.#changes.update(record, { status: { state: 'suspended' } })
  }

  reserveBlock(limit: number) {
    return this.#blocks.reserve(limit)
  }

  cancelBlock(day: number) {
    return this.#blocks.cancel(day)
  }

  countBlocks() {
    return this.#blocks.count()
  }

  blockQueue(record: QueueRecord, blocking: Blocking) {
    return this.#changes.block(record, blocking)
  }

  unblockQueue(record: QueueRecord) {
    return this.#changes.update(record, { status: { state: 'active' } })
  }

  deleteQueue(record: QueueRecord, by: number) {
    return this.#changes.remove(record, by)
  }

  subscriptionsOf = (record: QueueRecord) => subscriptionsOf(this.#pod, record)

  setLinkData(record: QueueRecord, link: LinkContent & { readonly linkId: LinkId }) {
    return this.#links.setLink(record, link)
  }

  deleteLinkData(record: QueueRecord) {
    return this.#links.removeLink(record)
  }

  openLink(record: QueueRecord, senderKey?: AuthKey) {
    return this.#links.openLink(record, senderKey)
  }

  setNotifier(record: QueueRecord, notifier: Notifier, by: number) {
    return this.#notifiers.setNotifier(record, notifier, by)
  }

  async removeNotifier(record: QueueRecord, by: number): Promise<Stale | Done> {
    const result = await this.#notifiers.setNotifier(record, undefined, by)
    return result.outcome === 'done' ? done : stale
  }

  subscribeNotifiers(records: readonly QueueRecord[], subscriber: Subscriber) {
    return each(records, (record) => this.#notifiers.subscribe(record, subscriber))
  }

  takeNotifications(
    ids: readonly NotifierId[],
    options: { readonly connection: number; readonly limit: number },
  ) {
    return Promise.all(
      ids.map((id) =>
        this.#notifiers.take(id, options).catch((error: unknown) => {
          this.#onFault(error, 'notifications')
          return undefined
        }),
      ),
    )
  }

  registerService = (certificate: ServiceCertificate) => this.#registry.register(certificate)
  subscribeService = (service: Service, by: Subscriber) => this.#services.subscribe(service, by)
  takeServiceNotifications = (service: Service, options: { connection: number; limit: number }) =>
    this.#services.take(service, options)
  associateNotifiers = (records: readonly QueueRecord[], service: Service) =>
    each(records, (record) => this.#notifiers.associate(record, service))

  /** Knows itself what the connection holds. */
  async release(connection: number) {
    await Promise.all([this.#services.release(connection), this.#releases.add(connection)])
  }

  problems() {
    return this.#problems()
  }

  async count(): Promise<StoreCounts> {
    return countAll(this.#pod)
  }

  async countActive(): Promise<ActiveQueues> {
    return (await this.#pod.activity?.count()) ?? noneActive
  }

  serverMemory(): Promise<ServerMemory | undefined> {
    return fullestServer(this.#pod.options.servers)
  }

  shareLoad(connections: number | undefined) {
    return this.#loads.share(connections)
  }

  close() {
    return this.#stop()
  }
}
