/** What queues need of the client that they belong to. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Command } from '../protocol/command.ts'
import type { AsyncQueue } from './async-queue.ts'
import type { ClientEvent } from './client-events.ts'
import type { RequestOptions, SmpConnection } from './connection.ts'
import type { QueueMessage } from './message.ts'
import type { NotifierQueue } from './notifier-queue.ts'
import type { RecipientQueue } from './recipient-queue.ts'
import type { ReplyTo } from './replies.ts'
import type { Subscriber, Subscriptions } from './subscriptions.ts'

export interface Endable {
  end(error?: Error): void
}

export type SubscribableQueue = RecipientQueue | NotifierQueue

export interface SubscriptionFailure {
  readonly queue: SubscribableQueue
  readonly error: Error
}

export interface ClientContext {
  readonly crypto: CryptoProvider
  readonly subscriptions: Subscriptions
  readonly subscribers: WeakMap<SubscribableQueue, Subscriber>
  /** Messages of the queues that the program does not read one by one. */
  readonly inbox: AsyncQueue<QueueMessage>
  /** Ends with the client, or by `closeInbox`; keeps the latest `limit` items. */
  openInbox<T>(limit?: number): AsyncQueue<T>
  closeInbox(inbox: Endable, error?: Error): void
  /** The present connection, or the next one once its subscriptions are renewed. */
  connection(): Promise<SmpConnection>
  request<C extends Command>(command: C, options?: RequestOptions): Promise<ReplyTo<C['tag']>>
  /** Gives those that failed. */
  subscribe(queues: readonly SubscribableQueue[]): Promise<readonly SubscriptionFailure[]>
  emit(event: ClientEvent): void
}
