/** What a client is subscribed to: routes events to it and renews it on a new connection. */
import type { PrivateKey } from '../crypto/provider.ts'
import type { SmpError } from '../protocol/error.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { type Backoff, backoffDelay } from './backoff.ts'
import type { SmpConnection } from './connection.ts'
import { ConnectionClosed, type EndReason, SmpRefusal } from './errors.ts'
import type { SmpEvent } from './event-buffer.ts'
import type { Timers } from './timers.ts'

/** A queue or a notifier. */
export interface Subscriber {
  readonly entityId: EntityId
  readonly key: PrivateKey
  readonly command: { readonly tag: 'SUB' } | { readonly tag: 'NSUB' }
  /** It is about to be subscribed. */
  start(): void
  /** MSG, NMSG, or ERR for a queue that was blocked. */
  receive(reply: Reply): void
  end(reason: EndReason, cause?: Error): void
}

type Failure = readonly [subscriber: Subscriber, error: Error]

// Ten blocks in flight at v16 and later, as the reference's agent
const GROUP = 1350

/** A store that is away for a moment must not end anybody's subscription. */
const isTemporary = ({ code }: SmpError): boolean => code === 'INTERNAL' || code === 'STORE'

const endReasonOf = (reply: Reply): EndReason | undefined => {
  if (reply.tag === 'END') return 'taken over'
  return reply.tag === 'DELD' ? 'deleted' : undefined
}

function* groupsOf<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < all.length; start += GROUP) yield all.slice(start, start + GROUP)
}

export class Subscriptions {
  readonly #subscribers = new Map<EntityId, Subscriber>()
  readonly #timers: Timers
  readonly #backoff: Backoff

  constructor(timers: Timers, backoff: Backoff) {
    this.#timers = timers
    this.#backoff = backoff
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0
  }

  has(subscriber: Subscriber): boolean {
    return this.#subscribers.get(subscriber.entityId) === subscriber
  }

  /** From now on its events arrive and it is renewed. */
  add(subscriber: Subscriber): void {
    subscriber.start()
    this.#subscribers.set(subscriber.entityId, subscriber)
  }

  remove(subscriber: Subscriber): void {
    if (this.has(subscriber)) this.#subscribers.delete(subscriber.entityId)
  }

  /** Of a service whose subscription another connection took over. */
  endNotifiers(): void {
    for (const subscriber of [...this.#subscribers.values()])
      if (subscriber.command.tag === 'NSUB') this.#end(subscriber, 'taken over')
  }

  /** False for an event of nobody here. */
  route({ entityId, reply }: SmpEvent): boolean {
    const subscriber = this.#subscribers.get(entityId)
    if (subscriber === undefined) return false
    const reason = endReasonOf(reply)
    if (reason === undefined) subscriber.receive(reply)
    else this.#end(subscriber, reason)
    return true
  }

  /**
   * Subscribes all of them in batches. What the server refuses for good ends; what it cannot do at
   * the moment is tried again on this connection.
   * @throws any other failure, such as a timeout: the connection is of no use then
   */
  async renew(connection: SmpConnection): Promise<void> {
    await this.#renew(connection, [...this.#subscribers.values()], 0)
  }

  /** Subscribes in batches; gives those that failed. Messages in the answers are delivered. */
  async request(
    connection: SmpConnection,
    subscribers: readonly Subscriber[],
  ): Promise<readonly Failure[]> {
    const failed: Failure[] = []
    for (const tag of ['SUB', 'NSUB'] as const)
      for (const group of groupsOf(subscribers.filter(({ command }) => command.tag === tag)))
        failed.push(...(await this.#requestGroup(connection, group)))
    return failed
  }

  async #requestGroup(
    connection: SmpConnection,
    group: readonly Subscriber[],
  ): Promise<readonly Failure[]> {
    const requests = group.map(({ command, entityId, key }) => ({ command, entityId, key }))
    const results = await connection.requestBatch(requests)
    return group.flatMap((subscriber, i): readonly Failure[] => {
      const result = results[i]
      if (result === undefined) return []
      if ('error' in result) return [[subscriber, result.error]]
      if (result.reply.tag === 'MSG') subscriber.receive(result.reply)
      return []
    })
  }

  async #renew(
    connection: SmpConnection,
    subscribers: readonly Subscriber[],
    attempt: number,
  ): Promise<void> {
    const later: Subscriber[] = []
    for (const [subscriber, error] of await this.request(connection, subscribers)) {
      if (!(error instanceof SmpRefusal)) throw error
      if (isTemporary(error.error)) later.push(subscriber)
      else this.#end(subscriber, 'refused', error)
    }
    if (later.length > 0) this.#renewLater(connection, later, attempt)
  }

  #renewLater(
    connection: SmpConnection,
    subscribers: readonly Subscriber[],
    attempt: number,
  ): void {
    const delayMs = backoffDelay(this.#backoff, attempt, Math.random())
    const cancel = this.#timers.after(delayMs, () => {
      const still = subscribers.filter((one) => this.has(one))
      this.#renew(connection, still, attempt + 1).catch((cause: unknown) => {
        const message = 'subscriptions could not be renewed'
        connection.close(new ConnectionClosed('network', message, { cause }))
      })
    })
    void connection.closed.then(cancel)
  }

  #end(subscriber: Subscriber, reason: EndReason, cause?: Error): void {
    this.remove(subscriber)
    subscriber.end(reason, cause)
  }
}
