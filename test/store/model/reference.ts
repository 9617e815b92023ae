/**
 * What a store promises, on plain arrays: slow, obvious, and what every store is compared with.
 * Expired messages go as soon as the clock moves; a store has until it is asked.
 */
import type { NotifierId } from '../../../src/protocol/ids.ts'
import type { AuthKey } from '../../../src/protocol/keys.ts'
import type {
  Append,
  NewQueue,
  Notifier,
  QueueStatus,
  Service,
  StoredMessage,
  StoredNotification,
  StoreEvent,
  StoreLimits,
  Subscriber,
} from '../../../src/store/store.ts'
import { contentOf, type Link } from '../builders.ts'
import { isSame } from '../same.ts'
import type { ExpectedEvent, Fields, ModelQueue, Seen } from './model-queue.ts'

const KEPT_NOTIFICATIONS = 128

const stale = { outcome: 'stale' } as const
const done = { outcome: 'done' } as const
const full = { outcome: 'full' } as const
const lost = { outcome: 'lost' } as const
const taken = { outcome: 'taken' } as const
const refused = { outcome: 'refused' } as const

const headOf = ({ items: [head] }: ModelQueue) => (head ? { ...done, head } : done)

const isHolder = (holder: Subscriber | undefined, { connection, claim }: Subscriber): boolean =>
  holder?.connection === connection && holder.claim === claim

export class ReferenceModel {
  readonly queues: ModelQueue[] = []
  /** Of services, by their names. */
  readonly #holders = new Map<string, Subscriber>()
  events: ExpectedEvent[] = []
  readonly #limits: StoreLimits
  #seconds: number

  constructor(limits: StoreLimits, seconds: number) {
    this.#limits = limits
    this.#seconds = seconds
  }

  get live(): readonly ModelQueue[] {
    return this.queues.filter(({ isDeleted }) => !isDeleted)
  }

  byLink(linkId: string | undefined): ModelQueue | undefined {
    return this.live.find(({ fields }) => linkId && fields.linkId === linkId)
  }

  byNotifier(notifierId: string | undefined): ModelQueue | undefined {
    return this.live.find(({ fields }) => notifierId && fields.notifier?.notifierId === notifierId)
  }

  advanceTo(seconds: number): void {
    this.#seconds = seconds
    const checkedAt = seconds - (seconds % this.#limits.expiryIntervalSeconds)
    for (const queue of this.queues) this.#expireAt(queue, checkedAt)
  }

  create({ link, ...fields }: NewQueue, owner: Subscriber | undefined) {
    const isTaken =
      this.live.some((queue) => queue.fields.recipientId === fields.recipientId) ||
      this.live.some((queue) => queue.fields.senderId === fields.senderId) ||
      this.byLink(link?.linkId) ||
      this.byNotifier(fields.notifier?.notifierId)
    if (isTaken) return taken
    this.queues.push({
      fields: { ...fields, ...(link && { linkId: link.linkId }), status: { state: 'active' } },
      version: 1,
      isRevisionOpen: false,
      isDeleted: false,
      content: link && contentOf(link),
      items: [],
      isFull: false,
      owner,
      listener: undefined,
      pending: [],
    })
    return done
  }

  subscribe(seen: Seen, subscriber: Subscriber) {
    return this.#on(seen, (queue) => {
      const { owner: previous, fields } = queue
      queue.owner = subscriber
      // on its way to a claim that is replaced by then: the new one is told by the answer
      this.#makeOptional(
        (e) =>
          e.type === 'available' &&
          e.recipientId === fields.recipientId &&
          e.claim === previous?.claim,
      )
      if (previous && previous.connection !== subscriber.connection)
        this.#tell(previous, { type: 'ended', entityId: queue.fields.recipientId })
      return headOf(queue)
    })
  }

  fetchHead(queue: ModelQueue, connection: number): StoredMessage | 'gone' | 'lost' | undefined {
    if (queue.isDeleted) return 'gone'
    return queue.owner?.connection === connection ? queue.items[0] : 'lost'
  }

  peek(seen: Seen) {
    return this.#on(seen, headOf)
  }

  describe(seen: Seen) {
    return this.#on(seen, (queue) => ({ ...headOf(queue), size: queue.items.length }))
  }

  acknowledge(seen: Seen, messageId: string, subscriber: Subscriber | undefined) {
    return this.#on(seen, (queue) => {
      if (subscriber && !isHolder(queue.owner, subscriber)) return lost
      if (queue.items[0]?.messageId === messageId) queue.items = queue.items.slice(1)
      return headOf(queue)
    })
  }

  append(seen: Seen, { message, notification }: Append) {
    return this.#on(seen, (queue) => {
      if (this.#limits.expireOnSend) this.#expireAt(queue, this.#seconds)
      const wasEmpty = queue.items.length === 0
      if (wasEmpty) queue.isFull = false
      if (queue.isFull) return full
      if (queue.items.length >= this.#limits.queueQuota) {
        const { messageId, timestamp } = message
        queue.isFull = true
        queue.items = [...queue.items, { kind: 'quota', messageId, timestamp }]
        return full
      }
      queue.items = [...queue.items, message]
      if (notification && queue.fields.notifier) this.#notify(queue, notification)
      const { recipientId } = queue.fields
      if (wasEmpty && queue.owner)
        this.#tell(queue.owner, { type: 'available', recipientId, message })
      return done
    })
  }

  secure(seen: Seen, senderKey: AuthKey) {
    return this.#change(seen, { senderKey })
  }

  replaceKeys(seen: Seen, recipientKeys: readonly AuthKey[]) {
    return this.#change(seen, { recipientKeys })
  }

  setStatus(seen: Seen, status: QueueStatus) {
    return this.#on(seen, (queue) => {
      const { recipientId } = queue.fields
      this.#replace(queue, { ...queue.fields, status })
      if (status.state === 'blocked' && queue.owner)
        this.#tell(queue.owner, { type: 'blocked', recipientId, blocking: status.blocking })
      return done
    })
  }

  delete(seen: Seen, by: number) {
    return this.#on(seen, (queue) => {
      queue.isDeleted = true
      this.#dropNotifier(queue, by)
      const { recipientId } = queue.fields
      this.#makeOptional((e) => e.type === 'available' && e.recipientId === recipientId)
      if (queue.owner && queue.owner.connection !== by)
        this.#tell(queue.owner, { type: 'deleted', entityId: recipientId })
      return done
    })
  }

  setLink(seen: Seen, link: Link) {
    return this.#on(seen, (queue) => {
      const holder = this.byLink(link.linkId)
      if (holder && holder !== queue) return taken
      const isOwn = queue.fields.linkId === link.linkId
      if (queue.content && !(isOwn && isSame(queue.content.fixed, link.fixed))) return refused
      queue.content = contentOf(link)
      this.#replace(queue, { ...queue.fields, linkId: link.linkId })
      return done
    })
  }

  deleteLink(seen: Seen) {
    return this.#on(seen, (queue) => {
      const { linkId: _, ...rest } = queue.fields
      queue.content = undefined
      this.#replace(queue, rest)
      return done
    })
  }

  openLink(seen: Seen, senderKey: AuthKey | undefined) {
    return this.#on(seen, (queue) => {
      if (senderKey && !queue.fields.senderKey) this.#replace(queue, { ...queue.fields, senderKey })
      return { ...done, ...(queue.content && { content: queue.content }) }
    })
  }

  setNotifier(seen: Seen, notifier: Notifier, by: number) {
    return this.#on(seen, (queue) => {
      if (this.byNotifier(notifier.notifierId)) return taken
      this.#dropNotifier(queue, by)
      this.#replace(queue, { ...queue.fields, notifier })
      return done
    })
  }

  removeNotifier(seen: Seen, by: number) {
    return this.#on(seen, (queue) => {
      this.#dropNotifier(queue, by)
      const { notifier: _, ...rest } = queue.fields
      this.#replace(queue, rest)
      return done
    })
  }

  listen(seen: Seen, subscriber: Subscriber) {
    return this.#on(seen, (queue) => {
      const { notifier } = queue.fields
      if (!notifier) return stale
      const { notifierId } = notifier
      const previous = queue.listener
      this.#takeFromService(queue)
      queue.listener = subscriber
      this.#makeOptional(
        (e) => e.type === 'notified' && e.notifierId === notifierId && e.claim === previous?.claim,
      )
      if (previous && previous.connection !== subscriber.connection)
        this.#tell(previous, { type: 'ended', entityId: notifierId })
      const hasLive = queue.pending.some((one) => this.#isLive(one))
      if (queue.pending.length > 0)
        this.#tell(subscriber, { type: 'notified', notifierId }, !hasLive)
      return done
    })
  }

  take(notifierId: NotifierId, connection: number, limit: number): readonly StoredNotification[] {
    const queue = this.byNotifier(notifierId)
    if (queue?.listener?.connection !== connection) return []
    const live = queue.pending.filter((one) => this.#isLive(one))
    queue.pending = live.slice(limit)
    return live.slice(0, limit)
  }

  /** Gives the number of its notifiers. */
  subscribeService({ name }: Service, subscriber: Subscriber): number {
    const previous = this.#holders.get(name)
    this.#holders.set(name, subscriber)
    // news of its notifiers that are on their way to a claim that is replaced
    this.#makeOptional(
      ({ type, claim }) => (type === 'ended' || type === 'deleted') && claim === previous?.claim,
    )
    this.#forgetEarlier(subscriber)
    if (previous && previous.connection !== subscriber.connection)
      this.#tell(previous, { type: 'service-ended' })
    return this.live.filter(({ fields }) => fields.notifier?.service?.name === name).length
  }

  associate(seen: Seen, service: Service) {
    return this.#on(seen, (queue) => {
      const { notifier } = queue.fields
      if (!notifier) return stale
      if (notifier.service?.name === service.name) return { ...done, isNew: false }
      const { listener } = queue
      queue.listener = undefined
      const { notifierId } = notifier
      this.#makeOptional((e) => e.type === 'notified' && e.notifierId === notifierId)
      if (listener) this.#tell(listener, { type: 'ended', entityId: notifierId })
      this.#takeFromService(queue)
      this.#replace(queue, { ...queue.fields, notifier: { ...notifier, service } })
      return { ...done, isNew: true }
    })
  }

  isHolder({ name }: Service, connection: number): boolean {
    return this.#holders.get(name)?.connection === connection
  }

  /** The oldest of a notifier of the service, which the store has given out. */
  nextOfService({ name }: Service, notifierId: NotifierId): StoredNotification | undefined {
    const queue = this.byNotifier(notifierId)
    if (queue?.fields.notifier?.service?.name !== name) return undefined
    const [first, ...others] = queue.pending.filter((one) => this.#isLive(one))
    queue.pending = others
    return first
  }

  /** How many live ones wait for the service. */
  waitingOfService({ name }: Service): number {
    return this.live
      .filter(({ fields }) => fields.notifier?.service?.name === name)
      .flatMap(({ pending }) => pending.filter((one) => this.#isLive(one))).length
  }

  /** A connection that claims a service anew no longer asks what became of its earlier claims. */
  #forgetEarlier({ connection }: Subscriber): void {
    for (const expected of this.events)
      if (expected.connection === connection && expected.event.type === 'service-ended')
        expected.isOptional = true
  }

  release(connection: number): void {
    for (const [name, holder] of this.#holders)
      if (holder.connection === connection) this.#holders.delete(name)
    for (const queue of this.queues) {
      if (queue.owner?.connection === connection) queue.owner = undefined
      if (queue.listener?.connection === connection) queue.listener = undefined
    }
    this.events = this.events.filter((event) => event.connection !== connection)
  }

  #isLive({ timestamp }: StoredNotification): boolean {
    return timestamp >= this.#seconds - this.#limits.notificationTtlSeconds
  }

  #expireAt(queue: ModelQueue, seconds: number): void {
    const isExpired = (one: StoredMessage | undefined) =>
      one?.kind === 'message' && seconds - one.timestamp > this.#limits.messageTtlSeconds
    while (isExpired(queue.items[0])) queue.items = queue.items.slice(1)
  }

  #notify(queue: ModelQueue, notification: StoredNotification): void {
    const wasTold = queue.pending.length > 0
    queue.pending = [...queue.pending, notification].slice(-KEPT_NOTIFICATIONS)
    const { notifier } = queue.fields
    if (notifier && queue.listener)
      this.#tell(queue.listener, { type: 'notified', notifierId: notifier.notifierId }, wasTold)
  }

  /** Its holder has one notifier less. */
  #takeFromService(queue: ModelQueue): void {
    if (!queue.fields.notifier?.service) return
    const { service, ...notifier } = queue.fields.notifier
    const holder = this.#holders.get(service.name)
    if (holder) this.#tell(holder, { type: 'ended', entityId: notifier.notifierId })
    this.#replace(queue, { ...queue.fields, notifier })
  }

  #dropNotifier(queue: ModelQueue, by: number): void {
    const { fields } = queue
    const service = fields.notifier?.service
    const listener = service ? this.#holders.get(service.name) : queue.listener
    queue.pending = []
    queue.listener = undefined
    const notifierId = fields.notifier?.notifierId
    this.#makeOptional((e) => e.type === 'notified' && e.notifierId === notifierId)
    if (notifierId && listener && listener.connection !== by)
      this.#tell(listener, { type: 'deleted', entityId: notifierId })
  }

  /** What an event told of is gone. */
  #makeOptional(isOfIt: (event: StoreEvent) => boolean): void {
    for (const expected of this.events) if (isOfIt(expected.event)) expected.isOptional = true
  }

  #on<T>({ queue, version }: Seen, act: (queue: ModelQueue) => T): T | typeof stale {
    return queue.isDeleted || queue.version !== version ? stale : act(queue)
  }

  #change(seen: Seen, changes: Partial<Fields>) {
    return this.#on(seen, (queue) => {
      this.#replace(queue, { ...queue.fields, ...changes })
      return done
    })
  }

  #replace(queue: ModelQueue, fields: Fields): void {
    queue.isRevisionOpen = isSame(queue.fields, fields)
    queue.fields = fields
    queue.version += 1
  }

  #tell({ connection, claim }: Subscriber, news: News, isOptional = false): void {
    this.events.push({ connection, event: { ...news, claim }, isOptional })
  }
}

type News = StoreEvent extends infer E ? (E extends StoreEvent ? Omit<E, 'claim'> : never) : never
