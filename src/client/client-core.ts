/** The part of a client that its queues share: connection, subscriptions, inboxes, events. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Command } from '../protocol/command.ts'
import { AsyncQueue } from './async-queue.ts'
import { type Backoff, defaultBackoff } from './backoff.ts'
import type { ClientEvent } from './client-events.ts'
import type { RequestOptions, SmpConnection } from './connection.ts'
import type { ClientContext, Endable, SubscribableQueue, SubscriptionFailure } from './context.ts'
import type { SmpEvent } from './event-buffer.ts'
import type { QueueMessage } from './message.ts'
import type { ReplyTo } from './replies.ts'
import { type Subscriber, Subscriptions } from './subscriptions.ts'
import { Supervisor } from './supervisor.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface ReconnectOptions {
  /** Delays between attempts to connect. Default: 2 s growing by half up to 180 s, cut by chance. */
  readonly backoff?: Partial<Backoff>
  /** How long a command waits for a connection, in milliseconds. Default: 30,000. */
  readonly waitMs?: number
  /** Silence on a subscribed connection before PING, in milliseconds. Default: 600,000. */
  readonly pingMs?: number
  readonly timers?: Timers
}

/** Makes one connection, whose events go to `onEvent`; gives up when the signal fires. */
export type OpenConnection = (options: {
  readonly signal: AbortSignal
  readonly onEvent: (event: SmpEvent) => void
}) => Promise<SmpConnection>

export interface CoreOptions extends ReconnectOptions {
  readonly crypto: CryptoProvider
  readonly open: OpenConnection
}

/** Events that a program does not take are dropped beyond this, oldest first. */
const MAX_EVENTS = 4096

export class ClientCore implements ClientContext {
  readonly crypto: CryptoProvider
  readonly subscriptions: Subscriptions
  readonly subscribers = new WeakMap<SubscribableQueue, Subscriber>()
  readonly inbox: AsyncQueue<QueueMessage>
  readonly #inboxes = new Set<Endable>()
  readonly #listeners = new Set<AsyncQueue<ClientEvent>>()
  readonly #supervisor: Supervisor

  constructor(options: CoreOptions) {
    const { timers = systemTimers, backoff, open } = options
    this.crypto = options.crypto
    this.subscriptions = new Subscriptions(timers, { ...defaultBackoff, ...backoff })
    this.#supervisor = new Supervisor({
      ...options,
      open: (signal) => open({ signal, onEvent: (event) => this.#route(event) }),
      restore: (connection) => this.subscriptions.renew(connection),
      hasSubscriptions: () => !this.subscriptions.isEmpty,
      onConnected: ({ version }) => this.emit({ tag: 'connected', version }),
      onDisconnected: (error, retryMs) => this.emit({ tag: 'disconnected', error, retryMs }),
    })
    this.inbox = this.openInbox()
  }

  start(): Promise<void> {
    return this.#supervisor.start()
  }

  connection(): Promise<SmpConnection> {
    return this.#supervisor.connection()
  }

  async request<C extends Command>(
    command: C,
    options?: RequestOptions,
  ): Promise<ReplyTo<C['tag']>> {
    const connection = await this.connection()
    return connection.request(command, options)
  }

  async subscribe(queues: readonly SubscribableQueue[]): Promise<readonly SubscriptionFailure[]> {
    const connection = await this.connection()
    const subscribers = new Map(queues.map((queue) => [this.adopt(queue), queue]))
    try {
      const failed = await this.subscriptions.request(connection, [...subscribers.keys()])
      return failed.flatMap(([subscriber, error]) => {
        this.subscriptions.remove(subscriber)
        const queue = subscribers.get(subscriber)
        return queue === undefined ? [] : [{ queue, error }]
      })
    } catch (error) {
      for (const subscriber of subscribers.keys()) this.subscriptions.remove(subscriber)
      throw error
    }
  }

  /** Takes a subscribed queue, or one that is about to be, before its first message can come. */
  adopt(queue: SubscribableQueue): Subscriber {
    const subscriber = this.subscribers.get(queue)
    if (subscriber === undefined) throw new TypeError('a queue of another client')
    this.subscriptions.add(subscriber)
    return subscriber
  }

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener.push(event)
  }

  events(): AsyncIterable<ClientEvent> {
    const listener = this.openInbox<ClientEvent>(MAX_EVENTS)
    this.#listeners.add(listener)
    const leave = async (): Promise<IteratorReturnResult<undefined>> => {
      this.#listeners.delete(listener)
      this.closeInbox(listener)
      return { value: undefined, done: true }
    }
    return { [Symbol.asyncIterator]: () => ({ next: () => listener.next(), return: leave }) }
  }

  openInbox<T>(limit?: number): AsyncQueue<T> {
    const inbox = new AsyncQueue<T>(limit === undefined ? {} : { limit })
    if (this.#supervisor.isClosed) inbox.end()
    else this.#inboxes.add(inbox)
    return inbox
  }

  closeInbox(inbox: Endable, error?: Error): void {
    this.#inboxes.delete(inbox)
    inbox.end(error)
  }

  close(): void {
    this.#supervisor.close()
    for (const inbox of this.#inboxes) this.closeInbox(inbox)
  }

  #route(event: SmpEvent): void {
    if (this.subscriptions.route(event)) return
    const { reply } = event
    if (reply.tag === 'ENDS') {
      this.subscriptions.endNotifiers()
      this.emit({ tag: 'serviceEnded', count: reply.count })
    }
    if (reply.tag === 'ERR') this.emit({ tag: 'serverError', error: reply.error })
  }
}
