/** What reaches a connection unasked: messages, notifications, and the end of subscriptions. */
import { setTimeout as setTimeoutPromise } from 'node:timers/promises'
import type { Context } from '../commands/spec.ts'
import { messageReply } from '../delivery/message-reply.ts'
import type { Subscription, Subscriptions } from '../delivery/subscriptions.ts'
import {
  asNotifierId,
  asRecipientId,
  type EntityId,
  type NotifierId,
  type RecipientId,
} from '../protocol/ids.ts'
import { DELD, END, type Reply, refusal } from '../protocol/reply.ts'
import type { StoredMessage, StoreEvent } from '../store/store.ts'
import { eventOf, type Outgoing, type Output } from './output.ts'

/** Heads fetched at once: one output buffer's worth. */
const FETCHED_HEADS = 8
/** Until a store that failed is asked again. */
const RETRY_MS = 1000
/** Notifications taken from a notifier at once; a block holds 80. */
const TAKEN_NOTIFICATIONS = 80

export interface PushOptions {
  readonly context: Omit<Context, 'connection'>
  readonly connection: { readonly id: number }
  readonly output: Output
  readonly subscriptions: Subscriptions
  readonly notificationIntervalMs: number
  readonly onFault: (error: unknown, during: string) => void
}

type Event<T extends StoreEvent['type']> = Extract<StoreEvent, { readonly type: T }>

export class Pushes {
  readonly #options: PushOptions
  /** Queues whose head is to be fetched and pushed. */
  readonly #wanted = new Set<RecipientId>()
  readonly #notified = new Set<NotifierId>()
  #flushTimer: NodeJS.Timeout | undefined
  #isFetching = false
  #isStopped = false

  constructor(options: PushOptions) {
    this.#options = options
  }

  receive(event: StoreEvent): void {
    switch (event.type) {
      case 'available':
        this.#available(event)
        break
      case 'ended':
        this.#gone(event.entityId, event.claim, END)
        break
      case 'deleted':
        this.#gone(event.entityId, event.claim, DELD)
        break
      case 'blocked':
        this.#blocked(event)
        break
      case 'notified':
        this.#notify(event)
        break
    }
  }

  /** Fetches the head of an idle subscription and pushes it. */
  want(id: RecipientId): void {
    this.#wanted.add(id)
    if (!this.#isFetching) void this.#fetch()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#flushTimer)
  }

  #subscription(id: RecipientId, claim: number): Subscription | undefined {
    const subscription = this.#options.subscriptions.get(id)
    return subscription?.kind === 'subscriber' && subscription.claim === claim
      ? subscription
      : undefined
  }

  #available({ recipientId, claim, message }: Event<'available'>): void {
    const { output, subscriptions } = this.#options
    const subscription = this.#subscription(recipientId, claim)
    if (subscription === undefined || !subscriptions.isIdle(subscription)) return
    if (message === undefined || output.isFull) this.want(recipientId)
    else this.#push(recipientId, subscription, message)
  }

  #push(id: RecipientId, subscription: Subscription, message: StoredMessage): void {
    const { output, subscriptions, context } = this.#options
    subscriptions.delivered(subscription, message.messageId)
    output.send([eventOf(id, messageReply(context.crypto, subscription.dhSecret, message))])
  }

  async #fetch(): Promise<void> {
    this.#isFetching = true
    while (this.#wanted.size > 0 && !this.#isStopped) {
      await this.#options.output.ready()
      await this.#fetchSome()
    }
    this.#isFetching = false
  }

  /** Idle subscriptions of wanted queues; they are marked busy. */
  #claimWanted(): ReadonlyMap<RecipientId, Subscription> {
    const { subscriptions } = this.#options
    const claimed = new Map<RecipientId, Subscription>()
    for (const id of this.#wanted) {
      if (claimed.size === FETCHED_HEADS) break
      this.#wanted.delete(id)
      const subscription = subscriptions.get(id)
      if (subscription === undefined || !subscriptions.isIdle(subscription)) continue
      subscription.busy += 1
      claimed.set(id, subscription)
    }
    return claimed
  }

  async #fetchSome(): Promise<void> {
    const { context, connection, subscriptions, onFault } = this.#options
    const claimed = this.#claimWanted()
    try {
      const ids = [...claimed.keys()]
      const heads = (await context.store.fetchHeads(ids, { connection: connection.id })).values()
      for (const [id, subscription] of claimed) {
        const head = heads.next().value
        subscriptions.settle(id, subscription)
        if (head !== undefined && subscriptions.get(id) === subscription)
          this.#push(id, subscription, head)
      }
    } catch (error) {
      onFault(error, 'fetch')
      for (const [id, subscription] of claimed) {
        subscriptions.settle(id, subscription)
        this.#wanted.add(id)
      }
      await setTimeoutPromise(RETRY_MS, undefined, { ref: false })
    }
  }

  /** END or DELD of a queue or notifier, unless it was subscribed to again since. */
  #gone(entityId: EntityId, claim: number, reply: Reply): void {
    const { output, subscriptions } = this.#options
    const recipientId = asRecipientId(entityId)
    const notifierId = asNotifierId(entityId)
    if (this.#subscription(recipientId, claim) !== undefined) subscriptions.remove(recipientId)
    else if (subscriptions.claimOfNotifier(notifierId) === claim)
      subscriptions.removeNotifier(notifierId)
    else return
    output.send([eventOf(entityId, reply)])
  }

  #blocked({ recipientId, claim, blocking }: Event<'blocked'>): void {
    if (this.#subscription(recipientId, claim) !== undefined)
      this.#options.output.send([eventOf(recipientId, refusal({ code: 'BLOCKED', blocking }))])
  }

  #notify({ notifierId, claim }: Event<'notified'>): void {
    if (this.#options.subscriptions.claimOfNotifier(notifierId) !== claim) return
    this.#notified.add(notifierId)
    this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#flushTimer !== undefined || this.#isStopped) return
    this.#flushTimer = setTimeout(() => {
      void this.#flush().finally(() => {
        this.#flushTimer = undefined
        if (this.#notified.size > 0) this.#scheduleFlush()
      })
    }, this.#options.notificationIntervalMs)
  }

  /** Notifications of all notifiers together: a block holds many. */
  async #flush(): Promise<void> {
    const { output, context, connection, onFault } = this.#options
    await output.ready()
    const ids = [...this.#notified]
    this.#notified.clear()
    const take = { connection: connection.id, limit: TAKEN_NOTIFICATIONS }
    const list: Outgoing[] = []
    for (const id of ids)
      try {
        const taken = await context.store.takeNotifications(id, take)
        for (const { nonce, meta } of taken) list.push(eventOf(id, { tag: 'NMSG', nonce, meta }))
        if (taken.length === TAKEN_NOTIFICATIONS) this.#notified.add(id)
      } catch (error) {
        this.#notified.add(id)
        onFault(error, 'notifications')
      }
    if (!this.#isStopped) output.send(list)
  }
}
