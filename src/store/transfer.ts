/**
 * Whole queues in and out of a store, for moving a relay: on the path of no command. Everything can
 * be done again after it was interrupted, and is then as if it had been done once.
 */
import type { LinkContent } from '../protocol/command.ts'
import type { LinkId, NotifierId, RecipientId, ServiceId } from '../protocol/ids.ts'
import type { StoreCounts } from './counts.ts'
import type { ServiceCertificate } from './service-store.ts'
import type { QueueRecord, Service, StoredMessage, StoredNotification } from './store.ts'

export type WholeQueue = Omit<QueueRecord, 'revision' | 'linkId'> & {
  readonly link?: LinkContent & { readonly linkId: LinkId }
}

/** What became of a queue that was put into the store. */
export type Put =
  | 'made'
  /** It is there as it is. */
  | 'same'
  /** It is there, and has changed since it was put: it stays as it is there. */
  | 'changed'
  /** Another queue has one of its ids. */
  | 'taken'

/** A service as another server registered it. */
export interface WholeService extends ServiceCertificate {
  readonly serviceId: ServiceId
}

/** What became of a service that was put into the store, and what the store knows it by. */
export type PutService =
  /** `other`: its certificate has another id there, by which it stays known. */
  | { readonly outcome: 'made' | 'same' | 'other'; readonly service: Service }
  /** The certificate is bound to another role. */
  | { readonly outcome: 'refused' }

/** Something from a file. */
export interface Placed<T> {
  /** Its line: what is from the same or an earlier line than the queue has already is not added. */
  readonly line: number
  readonly item: T
}

/** A queue as the store has it. */
export interface HeldQueue {
  readonly record: Omit<QueueRecord, 'revision'>
  link(): Promise<LinkContent | undefined>
  /** Oldest first, whether or not they have expired. */
  messages(): Promise<readonly StoredMessage[]>
  notifications(): Promise<readonly StoredNotification[]>
  /** At the end, in this order, whatever the quota. @returns how many were not there yet */
  addMessages(messages: readonly Placed<StoredMessage>[]): Promise<number>
  addNotifications(notifications: readonly Placed<StoredNotification>[]): Promise<number>
}

/** Where queues are put. */
export interface Destination {
  /** Before the queues that are its own. */
  putService(service: WholeService): Promise<PutService>
  putQueue(queue: WholeQueue): Promise<Put>
  find(id: RecipientId): Promise<HeldQueue | undefined>
  findNotifier(id: NotifierId): Promise<HeldQueue | undefined>
}

export interface QueueTransfer extends Destination, AsyncDisposable {
  /**
   * Whether an import of this source may begin or go on; `source` stands for the files. One set of
   * files can be imported: `other` ones were begun with before.
   */
  beginImport(source: string): Promise<'begun' | 'complete' | 'other'>
  completeImport(source: string): Promise<void>
  /** All queues in slices, each once; undefined for one that cannot be read. */
  queues(): AsyncIterable<readonly (HeldQueue | undefined)[]>
  count(): Promise<StoreCounts>
}
