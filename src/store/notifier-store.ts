/** What a store does for notifiers: they learn that messages came, never what they are. */
import type { NotifierId } from '../protocol/ids.ts'
import type {
  Done,
  Failed,
  Notifier,
  QueueRecord,
  Stale,
  StoredNotification,
  Subscriber,
  Taken,
} from './store.ts'

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
