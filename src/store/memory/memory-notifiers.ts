/** Notifiers of the in-memory store: who listens, and what waits for them. */
import type { NotifierId, RecipientId } from '../../protocol/ids.ts'
import type { StoredNotification, StoreEvent, Subscriber } from '../store.ts'

interface MemoryNotifier {
  readonly recipientId: RecipientId
  subscriber?: Subscriber
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
  readonly #byId = new Map<NotifierId, MemoryNotifier>()
  readonly #tell: Tell

  constructor(tell: Tell) {
    this.#tell = tell
  }

  has(id: NotifierId): boolean {
    return this.#byId.has(id)
  }

  isHeld(id: NotifierId | undefined): boolean {
    return id !== undefined && this.#byId.get(id)?.subscriber !== undefined
  }

  recipientOf(id: NotifierId): RecipientId | undefined {
    return this.#byId.get(id)?.recipientId
  }

  add(id: NotifierId, recipientId: RecipientId): void {
    this.#byId.set(id, { recipientId, pending: [] })
  }

  /** Its subscriber, unless it is the connection `by`, learns that the notifier is gone. */
  remove(id: NotifierId, by: number): void {
    const subscriber = this.#byId.get(id)?.subscriber
    this.#byId.delete(id)
    if (subscriber !== undefined && subscriber.connection !== by)
      this.#tell(subscriber, { type: 'deleted', entityId: id })
  }

  subscribe(id: NotifierId, subscriber: Subscriber): void {
    const notifier = this.#byId.get(id)
    if (notifier === undefined) return
    const previous = notifier.subscriber
    notifier.subscriber = subscriber
    if (previous !== undefined && previous.connection !== subscriber.connection)
      this.#tell(previous, { type: 'ended', entityId: id })
    if (notifier.pending.length > 0) this.#tell(subscriber, { type: 'notified', notifierId: id })
  }

  store(id: NotifierId, notification: StoredNotification): void {
    const notifier = this.#byId.get(id)
    if (notifier === undefined) return
    notifier.pending.push(notification)
    if (notifier.pending.length > MAX_PENDING) notifier.pending.shift()
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

  release(id: NotifierId, connection: number): void {
    const notifier = this.#byId.get(id)
    if (notifier?.subscriber?.connection === connection) delete notifier.subscriber
  }

  #expire(id: NotifierId, horizonSeconds: number): void {
    const pending = this.#byId.get(id)?.pending
    if (pending === undefined) return
    const live = pending.findIndex((one) => one.timestamp >= horizonSeconds)
    pending.splice(0, live === -1 ? pending.length : live)
  }
}
