/** What a store does for notifiers: they learn that messages came, never what they are. */
import type { Bytes } from '../protocol/bytes.ts'
import type { NotifierId, ServiceId } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { Done, Failed, QueueRecord, Stale, Subscriber, Taken } from './store.ts'

/** A registered service. */
export interface Service {
  readonly serviceId: ServiceId
  /** What the store knows it by; says nothing to anybody else. */
  readonly name: string
}

export interface Notifier {
  readonly notifierId: NotifierId
  readonly authKey: AuthKey
  /** 32 bytes; encrypts notification metadata. */
  readonly dhSecret: Bytes
  /** The service that gets its notifications, whichever of its connections holds them. */
  readonly service?: Service
}

export interface StoredNotification {
  /** Whole seconds since the epoch. */
  readonly timestamp: number
  /** 24 bytes. */
  readonly nonce: Bytes
  /** Encrypted to the notifier's client, 144 bytes. */
  readonly meta: Bytes
}

export interface NotifierStore {
  /** Replaces the notifier; the old one's subscriber, unless it is `by`, gets `deleted`. */
  setNotifier(queue: QueueRecord, notifier: Notifier, by: number): Promise<Stale | Done | Taken>
  removeNotifier(queue: QueueRecord, by: number): Promise<Stale | Done>
  /** A notifier that was a service's is so no longer, of which the service is told. */
  subscribeNotifiers(
    queues: readonly QueueRecord[],
    subscriber: Subscriber,
  ): Promise<readonly (Stale | Done | Failed)[]>
  /**
   * Removes and returns the oldest notifications, up to `limit` of each notifier, of notifiers that
   * the connection holds; undefined where that failed.
   */
  takeNotifications(
    notifierIds: readonly NotifierId[],
    options: { readonly connection: number; readonly limit: number },
  ): Promise<readonly (readonly StoredNotification[] | undefined)[]>
}
