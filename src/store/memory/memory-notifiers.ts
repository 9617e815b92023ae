/** Notifiers of the in-memory store: who listens, and what waits for them. */
import type { StoreMeasures } from '../../measures/store-measures.ts'
import type { NotifierId, RecipientId } from '../../protocol/ids.ts'
import type { Association, TakenNotifications } from '../service-store.ts'
import type { Service, StoredNotification, StoreEvent, Subscriber } from '../store.ts'
import { MemoryServices } from './memory-services.ts'

interface MemoryNotifier {
  readonly recipientId: RecipientId
  /** None where a service has it. */
  subscriber?: Subscriber
  service?: Service
  readonly pending: StoredNotification[]
}

/** `claim` is filled in by the one who tells. */
export type News = StoreEvent extends infer E
  ? E extends StoreEvent
    ? Omit<E, 'claim'>
    : never
  : never
export type Tell = (subscriber: Subscriber, news: News) => void

export interface Taking {
  readonly connection: number
  readonly limit: number
}

/** Notifications kept for a notifier that nobody serves; the oldest go first. */
const MAX_PENDING = 128

export class MemoryNotifiers {
  readonly services: MemoryServices
  readonly #byId = new Map<NotifierId, MemoryNotifier>()
  readonly #tell: Tell
  readonly #dropped: StoreMeasures['droppedNotifications'] | undefined

  constructor(tell: Tell, measures?: StoreMeasures) {
    this.#tell = tell
    this.#dropped = measures?.droppedNotifications
    this.services = new MemoryServices(tell)
  }

  get counts() {
    const { counts, notifiers } = this.services
    return { notifiers: this.#byId.size, serviceNotifiers: notifiers, services: counts }
  }

  has(id: NotifierId): boolean {
    return this.#byId.has(id)
  }

  isHeld(id: NotifierId | undefined): boolean {
    const { subscriber, service } = (id && this.#byId.get(id)) || {}
    return subscriber !== undefined || (service !== undefined && this.services.isHeld(service))
  }

  recipientOf(id: NotifierId): RecipientId | undefined {
    return this.#byId.get(id)?.recipientId
  }

  add(id: NotifierId, recipientId: RecipientId): void {
    this.#byId.set(id, { recipientId, pending: [] })
  }

  /** Its subscriber, unless it is the connection `by`, learns that the notifier is gone. */
  remove(id: NotifierId, by: number): void {
    const { subscriber, service } = this.#byId.get(id) ?? {}
    this.#byId.delete(id)
    const news = { type: 'deleted', entityId: id } as const
    if (service !== undefined) this.services.leave(service, id, news, by)
    if (subscriber !== undefined && subscriber.connection !== by) this.#tell(subscriber, news)
  }

  subscribe(id: NotifierId, subscriber: Subscriber): void {
    const notifier = this.#byId.get(id)
    if (notifier === undefined) return
    this.#takeFrom(id, notifier, subscriber.connection)
    notifier.subscriber = subscriber
    if (notifier.pending.length > 0) this.#tell(subscriber, { type: 'notified', notifierId: id })
  }

  /** Makes it the service's. */
  associate(id: NotifierId, service: Service): Association | undefined {
    const notifier = this.#byId.get(id)
    if (notifier === undefined) return undefined
    if (notifier.service?.name === service.name) return { outcome: 'done', isNew: false }
    this.#takeFrom(id, notifier)
    notifier.service = service
    this.services.join(service)
    if (notifier.pending.length > 0) this.services.notified(service, id)
    return { outcome: 'done', isNew: true }
  }

  /** Who has it, unless that is the connection `by`, has it no more, and is told. */
  #takeFrom(id: NotifierId, notifier: MemoryNotifier, by?: number): void {
    const { subscriber, service } = notifier
    delete notifier.subscriber
    delete notifier.service
    const news = { type: 'ended', entityId: id } as const
    if (service !== undefined) this.services.leave(service, id, news)
    if (subscriber !== undefined && subscriber.connection !== by) this.#tell(subscriber, news)
  }

  store(id: NotifierId, notification: StoredNotification): void {
    const notifier = this.#byId.get(id)
    if (notifier === undefined) return
    notifier.pending.push(notification)
    if (notifier.pending.length > MAX_PENDING) {
      notifier.pending.shift()
      if (this.#dropped !== undefined) this.#dropped.displaced += 1
    }
    if (notifier.service !== undefined) this.services.notified(notifier.service, id)
    if (notifier.subscriber !== undefined)
      this.#tell(notifier.subscriber, { type: 'notified', notifierId: id })
  }

  /** Of those that the connection holds; those from before the horizon are expired. */
  take(id: NotifierId, { connection, limit }: Taking, horizonSeconds: number) {
    this.#expire(id, horizonSeconds)
    const notifier = this.#byId.get(id)
    if (notifier?.subscriber?.connection !== connection) return []
    return notifier.pending.splice(0, limit)
  }

  /** Of all notifiers of the service, if the connection holds it. */
  takeOfService(
    service: Service,
    { connection, limit }: Taking,
    horizonSeconds: number,
  ): TakenNotifications {
    const waiting = this.services.waitingOf(service, connection)
    if (waiting === undefined) return { notifications: [], hasMore: false }
    const notifications: TakenNotifications['notifications'][number][] = []
    for (const notifierId of waiting) {
      if (notifications.length === limit) break
      this.#expire(notifierId, horizonSeconds)
      const pending = this.#byId.get(notifierId)?.pending ?? []
      for (const one of pending.splice(0, limit - notifications.length))
        notifications.push({ ...one, notifierId })
      if (pending.length === 0) waiting.delete(notifierId)
    }
    return { notifications, hasMore: waiting.size > 0 }
  }

  release(id: NotifierId, connection: number): void {
    const notifier = this.#byId.get(id)
    if (notifier?.subscriber?.connection === connection) delete notifier.subscriber
  }

  #expire(id: NotifierId, horizonSeconds: number): void {
    const pending = this.#byId.get(id)?.pending
    if (pending === undefined) return
    const live = pending.findIndex((one) => one.timestamp >= horizonSeconds)
    const expired = pending.splice(0, live === -1 ? pending.length : live).length
    if (this.#dropped !== undefined) this.#dropped.expired += expired
  }
}
