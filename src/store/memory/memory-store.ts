/** The store of a single relay: everything in this process, nothing outlives it. */
import type { Blocking } from '../../protocol/error.ts'
import {
  asNotifierId,
  type EntityId,
  type NotifierId,
  type RecipientId,
} from '../../protocol/ids.ts'
import type { AuthKey } from '../../protocol/keys.ts'
import { noneActive } from '../counts.ts'
import type { ServiceCertificate } from '../service-store.ts'
import type {
  Acknowledgement,
  Append,
  Done,
  Fetched,
  Head,
  Lookup,
  NewQueue,
  Notifier,
  QueueParty,
  QueueRecord,
  QueueStore,
  Service,
  StoreOptions,
  Subscriber,
} from '../store.ts'
import { MemoryActivity } from './memory-activity.ts'
import { MemoryBlocks } from './memory-blocks.ts'
import { MemoryExpiry } from './memory-expiry.ts'
import { MemoryNotifierChanges } from './memory-notifier-changes.ts'
import { MemoryNotifiers, type News, type Taking } from './memory-notifiers.ts'
import { MemoryQueue, type Tally } from './memory-queue.ts'
import { type Link, QueueTable } from './queue-table.ts'
import { sweep } from './sweep.ts'

const done: Done = { outcome: 'done' }
const taken = { outcome: 'taken' } as const
const missing: Lookup = { outcome: 'missing' }

export class MemoryStore extends MemoryBlocks implements QueueStore {
  readonly #options: StoreOptions
  readonly #expiry: MemoryExpiry
  readonly #activity: MemoryActivity | undefined
  readonly #table = new QueueTable()
  readonly #notifiers: MemoryNotifiers
  readonly #notifierChanges: MemoryNotifierChanges
  readonly #tally: Tally = { messages: 0 }
  readonly #stopSweeping: () => void

  constructor(options: StoreOptions) {
    super(options.now)
    this.#options = options
    this.#expiry = new MemoryExpiry(options)
    this.#notifiers = new MemoryNotifiers(this.#tell, options.measures)
    this.#notifierChanges = new MemoryNotifierChanges(this.#table, this.#notifiers)
    this.#activity = options.measures && new MemoryActivity(options.now)
    const intervalMs = options.limits.expiryIntervalSeconds * 1000
    this.#stopSweeping = sweep(this.#table.queues, intervalMs, (queue) =>
      this.#expiry.expire(queue),
    )
  }

  async loadQueues(party: QueueParty, ids: readonly EntityId[]) {
    return ids.map((id): Lookup => {
      const isNotifier = party === 'notifier'
      const recipientId = isNotifier ? this.#notifiers.recipientOf(asNotifierId(id)) : undefined
      const queue = isNotifier ? this.#table.get(recipientId) : this.#table.find(party, id)
      return queue ? { outcome: 'found', queue: queue.record, isFresh: true } : missing
    })
  }

  async createQueue({ link, ...fields }: NewQueue, subscriber?: Subscriber) {
    const { recipientId, senderId, notifier } = fields
    const notifierId = notifier?.notifierId
    if (
      this.#table.has({ recipientId, senderId, linkId: link?.linkId }) ||
      (notifierId !== undefined && this.#notifiers.has(notifierId))
    )
      return taken
    const record: QueueRecord = { ...fields, revision: 1, status: { state: 'active' } }
    const queue = new MemoryQueue(record, this.#tally)
    queue.subscriber = subscriber
    this.#table.add(queue, link)
    if (notifierId !== undefined) this.#notifiers.add(notifierId, recipientId)
    return done
  }

  async subscribe(records: readonly QueueRecord[], subscriber: Subscriber) {
    return records.map((record) =>
      this.#table.on(record, (queue): Head => {
        const previous = queue.subscriber
        queue.subscriber = subscriber
        if (previous !== undefined && previous.connection !== subscriber.connection)
          this.#tell(previous, { type: 'ended', entityId: record.recipientId })
        return this.#expiry.headOf(queue)
      }),
    )
  }

  async fetchHeads(ids: readonly RecipientId[], { connection }: { readonly connection: number }) {
    return ids.map((id): Fetched => {
      const queue = this.#table.get(id)
      if (queue === undefined) return { outcome: 'gone' }
      if (queue.subscriber?.connection !== connection) return { outcome: 'lost' }
      return this.#expiry.headOf(queue)
    })
  }

  async peekMessage(record: QueueRecord) {
    return this.#table.on(record, (queue) => this.#expiry.headOf(queue))
  }

  async acknowledge(record: QueueRecord, { messageId, subscriber }: Acknowledgement) {
    return this.#table.on(record, (queue): Head | { readonly outcome: 'lost' } => {
      if (subscriber !== undefined && !queue.isHeldBy(subscriber)) return { outcome: 'lost' }
      this.#expiry.expire(queue)
      if (queue.head?.messageId === messageId) {
        queue.removeHead()
        this.#activity?.note(record.recipientId, false)
      }
      return this.#expiry.headOf(queue)
    })
  }

  async appendMessage(record: QueueRecord, { message, notification }: Append) {
    return this.#table.on(record, (queue): Done | { readonly outcome: 'full' } => {
      this.#expiry.expireBeforeSend(queue)
      const wasEmpty = queue.size === 0
      if (!queue.append(message, this.#options.limits.queueQuota)) return { outcome: 'full' }
      if (notification !== undefined && record.notifier !== undefined)
        this.#notifiers.store(record.notifier.notifierId, notification)
      const { recipientId } = record
      const acceptedAt = this.#options.now()
      this.#activity?.note(recipientId, notification !== undefined)
      if (wasEmpty && queue.subscriber !== undefined)
        this.#tell(queue.subscriber, { type: 'available', recipientId, message, acceptedAt })
      return done
    })
  }

  secureQueue = async (record: QueueRecord, senderKey: AuthKey) =>
    this.#table.change(record, { senderKey })
  replaceRecipientKeys = async (record: QueueRecord, recipientKeys: readonly AuthKey[]) =>
    this.#table.change(record, { recipientKeys })

  suspendQueue = async (record: QueueRecord) =>
    this.#table.change(record, { status: { state: 'suspended' } })
  async blockQueue(record: QueueRecord, blocking: Blocking) {
    return this.#table.on(record, (queue) => {
      const { recipientId, status } = record
      queue.change({ status: { state: 'blocked', blocking } })
      const { measures } = this.#options
      if (status.state !== 'blocked' && measures !== undefined) measures.blockedQueues += 1
      if (queue.subscriber !== undefined)
        this.#tell(queue.subscriber, { type: 'blocked', recipientId, blocking })
      return done
    })
  }

  unblockQueue = async (record: QueueRecord) =>
    this.#table.change(record, { status: { state: 'active' } })

  async deleteQueue(record: QueueRecord, by: number) {
    return this.#table.on(record, (queue) => {
      const { recipientId, notifier } = record
      queue.clear()
      this.#table.remove(record)
      if (notifier !== undefined) this.#notifiers.remove(notifier.notifierId, by)
      if (queue.subscriber !== undefined && queue.subscriber.connection !== by)
        this.#tell(queue.subscriber, { type: 'deleted', entityId: recipientId })
      return done
    })
  }

  async describeQueue(record: QueueRecord) {
    return this.#table.on(record, (queue) => ({ ...this.#expiry.headOf(queue), size: queue.size }))
  }

  async subscriptionsOf(record: QueueRecord) {
    return this.#table.on(record, ({ subscriber }) => ({
      ...done,
      recipient: subscriber !== undefined,
      notifier: this.#notifiers.isHeld(record.notifier?.notifierId),
    }))
  }

  async setLinkData(record: QueueRecord, link: Link) {
    return this.#table.on(record, (queue) => this.#table.offerLink(queue, link))
  }

  async deleteLinkData(record: QueueRecord) {
    return this.#table.on(record, (queue) => this.#table.removeLink(queue))
  }

  async openLink(record: QueueRecord, senderKey?: AuthKey) {
    return this.#table.on(record, (queue) => {
      if (senderKey !== undefined && record.senderKey === undefined) queue.change({ senderKey })
      return { ...done, ...(queue.link && { content: queue.link }) }
    })
  }

  setNotifier = async (record: QueueRecord, notifier: Notifier, by: number) =>
    this.#notifierChanges.set(record, notifier, by)
  removeNotifier = async (record: QueueRecord, by: number) =>
    this.#notifierChanges.remove(record, by)
  subscribeNotifiers = async (records: readonly QueueRecord[], subscriber: Subscriber) =>
    records.map((record) => this.#notifierChanges.subscribe(record, subscriber))
  associateNotifiers = async (records: readonly QueueRecord[], service: Service) =>
    records.map((record) => this.#notifierChanges.associate(record, service))
  takeNotifications = async (ids: readonly NotifierId[], taking: Taking) =>
    ids.map((id) => this.#notifiers.take(id, taking, this.#expiry.notificationHorizon))
  takeServiceNotifications = async (service: Service, taking: Taking) =>
    this.#notifiers.takeOfService(service, taking, this.#expiry.notificationHorizon)
  registerService = async (certificate: ServiceCertificate) =>
    this.#notifiers.services.register(certificate)
  subscribeService = async (service: Service, subscriber: Subscriber) =>
    this.#notifiers.services.subscribe(service, subscriber)

  async release(
    connection: number,
    { recipients, notifiers, service }: Parameters<QueueStore['release']>[1],
  ) {
    for (const id of recipients) this.#table.get(id)?.release(connection)
    for (const id of notifiers) this.#notifiers.release(id, connection)
    if (service !== undefined) this.#notifiers.services.release(service, connection)
  }

  /** Nothing that it depends on can be away. */
  serverMemory = () => Promise.resolve(undefined)

  countActive = async () => this.#activity?.counts ?? noneActive

  problems = () => []

  async count() {
    const { messages } = this.#tally
    return { queues: this.#table.queues.size, messages, ...this.#notifiers.counts }
  }

  async close() {
    this.#stopSweeping()
  }

  #tell = ({ connection, claim }: Subscriber, news: News): void =>
    this.#options.deliver(connection, { ...news, claim })
}
