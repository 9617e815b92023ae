/** What reaches a connection unasked: messages, notifications, and the end of subscriptions. */
import type { Context } from '../commands/spec.ts'
import { messageReply } from '../delivery/message-reply.ts'
import type { Subscription, Subscriptions } from '../delivery/subscriptions.ts'
import type { DeliveryPath, SessionMeasures } from '../measures/session-measures.ts'
import type { RecipientId } from '../protocol/ids.ts'
import { refusal } from '../protocol/reply.ts'
import type { Fetched, StoredMessage, StoreEvent } from '../store/store.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { Endings } from './endings.ts'
import { Notifications } from './notifications.ts'
import { eventOf, type Output } from './output.ts'

/** Heads fetched at once: one output buffer's worth. */
const FETCHED_HEADS = 8
/** Until a store that failed is asked again. */
const RETRY_MS = 1000

export interface PushOptions {
  readonly context: Omit<Context, 'connection' | 'runForwarded'>
  readonly connection: { readonly id: number }
  readonly output: Output
  readonly subscriptions: Subscriptions
  readonly endings: Endings
  readonly notificationIntervalMs: number
  readonly measures?: SessionMeasures | undefined
  readonly tracing?: Tracing | undefined
  readonly onFault: (error: unknown, during: string) => void
}

/** When a message was accepted, in milliseconds since the epoch, and where. */
interface Accepted {
  readonly at: number
  readonly path: DeliveryPath
}

/** A subscription whose head is being fetched, and its claim at the time. */
interface Fetch {
  readonly id: RecipientId
  readonly subscription: Subscription
  readonly claim: number
  readonly accepted: Accepted | undefined
}

type Event<T extends StoreEvent['type']> = Extract<StoreEvent, { readonly type: T }>

export class Pushes {
  readonly #options: PushOptions
  /** Queues whose head is to be fetched and pushed, and since when it was there, where that is known. */
  readonly #wanted = new Map<RecipientId, Accepted | undefined>()
  readonly #notifications: Notifications
  #retryTimer: NodeJS.Timeout | undefined
  #isFetching = false
  #isStopped = false

  constructor(options: PushOptions) {
    this.#options = options
    this.#notifications = new Notifications(options)
  }

  receive(event: Exclude<StoreEvent, Event<'isolated'>>): void {
    switch (event.type) {
      case 'available':
        this.#available(event)
        break
      case 'ended':
      case 'deleted':
        this.#options.endings.add(event)
        break
      case 'blocked':
        this.#blocked(event)
        break
      case 'notified':
        this.#notifications.add(event.notifierId)
        break
      case 'service-notified':
        this.#notifications.addService()
        break
      case 'service-ended':
        this.#options.endings.addService(event.claim)
        break
    }
  }

  /** Fetches the head of an idle subscription and pushes it. */
  want(id: RecipientId, accepted?: Accepted): void {
    this.#wanted.set(id, this.#wanted.get(id) ?? accepted)
    if (this.#isFetching) return
    const { tracing } = this.#options
    // goes on for other messages than the one that began it
    void (tracing === undefined ? this.#fetch() : tracing.apart(() => this.#fetch()))
  }

  /** As `stop`, once notifications that were taken from the store are on their way. */
  async settle(): Promise<void> {
    await this.#notifications.settle()
    this.stop()
  }

  stop(): void {
    this.#isStopped = true
    this.#notifications.stop()
    clearTimeout(this.#retryTimer)
  }

  /** News of another claim, as after a SUB that failed, are reason enough to ask the store. */
  #available(event: Event<'available'>): void {
    const { recipientId, claim, message } = event
    const { output, subscriptions } = this.#options
    const subscription = subscriptions.get(recipientId)
    if (subscription?.kind !== 'subscriber' || !subscriptions.isIdle(subscription)) return
    const isOurs = subscription.claim === claim
    const accepted = acceptedOf(event)
    if (message === undefined || !isOurs || output.isFull) this.want(recipientId, accepted)
    else this.#push(recipientId, subscription, { message, accepted })
  }

  #push(
    id: RecipientId,
    subscription: Subscription,
    { message, accepted }: { message: StoredMessage; accepted: Accepted | undefined },
  ): void {
    const { output, subscriptions, context, measures, tracing } = this.#options
    // pods whose clocks differ a little
    const ms = accepted && Math.max(context.now() - accepted.at, 0)
    const span = tracing?.begin(
      { what: 'push', path: accepted?.path },
      ms && Math.max(performance.now() - ms, 0),
    )
    subscriptions.delivered(id, subscription, message.messageId)
    output.send([eventOf(id, messageReply(context.crypto, subscription.dhSecret, message))])
    span?.end('done')
    if (measures === undefined) return
    measures.deliveredBy.add('push')
    if (accepted !== undefined && ms !== undefined)
      measures.deliverySeconds[accepted.path].observe(ms / 1000, span?.traceId)
  }

  async #fetch(): Promise<void> {
    this.#isFetching = true
    while (this.#wanted.size > 0 && !this.#isStopped) {
      await this.#options.output.ready()
      if (!(await this.#fetchSome())) return this.#retryLater()
    }
    this.#isFetching = false
  }

  #retryLater(): void {
    if (!this.#isStopped) this.#retryTimer = setTimeout(() => void this.#fetch(), RETRY_MS).unref()
  }

  /** Idle subscriptions of wanted queues; they are marked busy. */
  #claimWanted(): readonly Fetch[] {
    const { subscriptions } = this.#options
    const fetches: Fetch[] = []
    for (const [id, accepted] of this.#wanted) {
      if (fetches.length === FETCHED_HEADS) break
      this.#wanted.delete(id)
      const subscription = subscriptions.get(id)
      if (subscription?.kind !== 'subscriber' || !subscriptions.isIdle(subscription)) continue
      subscription.busy += 1
      fetches.push({ id, subscription, claim: subscription.claim, accepted })
    }
    return fetches
  }

  /** False when the store failed: everything is wanted as before. */
  async #fetchSome(): Promise<boolean> {
    const { context, connection, subscriptions, onFault } = this.#options
    const fetches = this.#claimWanted()
    if (fetches.length === 0) return true
    const ids = fetches.map(({ id }) => id)
    try {
      const fetched = await context.store.fetchHeads(ids, { connection: connection.id })
      fetches.forEach((fetch, index) => {
        this.#fetched(fetch, fetched[index] ?? { outcome: 'done' })
      })
      const failure = fetched.find(({ outcome }) => outcome === 'failed')
      if (failure?.outcome === 'failed') onFault(failure.cause, 'fetch')
      return failure === undefined
    } catch (error) {
      onFault(error, 'fetch')
      for (const { id, subscription, accepted } of fetches) {
        this.#wanted.set(id, accepted)
        subscriptions.release(id, subscription)
      }
      return false
    }
  }

  #fetched({ id, subscription, claim, accepted }: Fetch, fetched: Fetched): void {
    const { subscriptions, endings } = this.#options
    subscriptions.release(id, subscription)
    if (subscriptions.get(id) !== subscription) return
    if (fetched.outcome === 'failed') this.#wanted.set(id, accepted)
    // the news of it may have been lost; those of an earlier claim are ignored
    else if (fetched.outcome === 'gone') endings.add({ type: 'deleted', entityId: id, claim })
    else if (fetched.outcome === 'lost') endings.add({ type: 'ended', entityId: id, claim })
    else if (fetched.head === undefined) return
    // a SUB since then may have given the same message, or failed to
    else if (subscription.claim !== claim) this.want(id)
    else this.#push(id, subscription, { message: fetched.head, accepted })
  }

  #blocked({ recipientId, claim, blocking }: Event<'blocked'>): void {
    if (this.#options.subscriptions.get(recipientId)?.claim === claim)
      this.#options.output.send([eventOf(recipientId, refusal({ code: 'BLOCKED', blocking }))])
  }
}

/** A message that comes along was sent on this pod. */
const acceptedOf = ({ message, acceptedAt: at }: Event<'available'>): Accepted | undefined =>
  at === undefined ? undefined : { at, path: message === undefined ? 'remote' : 'local' }
