/**
 * What a store does for services (SMP, "Service certificates"): clients with a certificate, such as
 * a notification server, that hold the notifications of very many queues by one subscription.
 */
import type { Bytes } from '../protocol/bytes.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { NotifierId } from '../protocol/ids.ts'
import type {
  Failed,
  QueueRecord,
  Service,
  Stale,
  StoredNotification,
  Subscriber,
} from './store.ts'

export interface ServiceCertificate {
  /** SHA-256 of its identity certificate. */
  readonly hash: Bytes
  readonly role: ServiceRole
}

/** `isNew`: it was not the service's before. */
export type Association = { readonly outcome: 'done'; readonly isNew: boolean }

export interface ServiceNotification extends StoredNotification {
  readonly notifierId: NotifierId
}

export interface TakenNotifications {
  readonly notifications: readonly ServiceNotification[]
  /** Some wait still, or could not be asked for. */
  readonly hasMore: boolean
}

export interface ServiceStore {
  /**
   * The same for ever, whichever pod asks, and whoever is first; `refused`: the certificate is bound
   * to another role.
   */
  registerService(
    certificate: ServiceCertificate,
  ): Promise<
    { readonly outcome: 'done'; readonly service: Service } | { readonly outcome: 'refused' }
  >
  /**
   * Takes the service over, which is the only one of the connection: an earlier holder of another
   * connection gets `service-ended`, unless it has claimed the service anew by then, when the news
   * is of no use to it. `count`: the notifiers that are the service's. Costs the same however many
   * these are.
   */
  subscribeService(service: Service, subscriber: Subscriber): Promise<{ readonly count: number }>
  /**
   * Makes the notifiers of these queues the service's. Who held one alone, or with another service,
   * gets `ended`. In the order of the queues.
   */
  associateNotifiers(
    queues: readonly QueueRecord[],
    service: Service,
  ): Promise<readonly (Stale | Association | Failed)[]>
  /**
   * Removes and returns waiting notifications of a service that the connection holds, up to `limit`;
   * those of one notifier oldest first.
   */
  takeServiceNotifications(
    service: Service,
    options: { readonly connection: number; readonly limit: number },
  ): Promise<TakenNotifications>
}
