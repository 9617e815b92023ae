/**
 * What one connection is subscribed to, and which message of each queue it has not acknowledged.
 * Lives and dies with the connection: nothing else links a connection to its queues.
 */
import type { SubscriptionMeasures } from '../measures/session-measures.ts'
import { Share } from '../measures/shares.ts'
import type { Bytes } from '../protocol/bytes.ts'
import {
  asNotifierId,
  asRecipientId,
  type EntityId,
  type MessageId,
  type NotifierId,
  type RecipientId,
} from '../protocol/ids.ts'
import { type ServiceOfSession, ServiceSubscription } from './service-subscription.ts'

/** A claim that the store holds for the connection, on a queue or a notifier. */
export interface Claim {
  /** Which SUB or NSUB this is; news of an earlier one is not for it. */
  claim: number
  /** Commands about it whose answer is not sent yet, and fetches; what is unasked for waits. */
  busy: number
}

/** One queue as this connection reads it: by SUB (pushes) or by GET (no pushes, no claim). */
export interface Subscription extends Claim {
  readonly kind: 'subscriber' | 'getter'
  /** The queue's secret, to encrypt quota markers at delivery. */
  readonly dhSecret: Bytes
  /** Delivered and not acknowledged; changed by `mark` only. */
  delivered: MessageId | undefined
  /** When, as `performance.now` tells it. */
  deliveredAt: number
  /** A message became available while none could be pushed. */
  isWoken: boolean
}

export interface SubscriptionHooks {
  /** An idle subscription has a message waiting in the store. */
  fetchHead(id: RecipientId): void
  /** A claim is no longer busy. */
  released(): void
}

/** What a connection has of what all have together. */
class SubscriptionShares {
  readonly queues: Share
  readonly notifiers: Share
  readonly delivered: Share

  constructor(measures: SubscriptionMeasures) {
    this.queues = new Share(measures.queues)
    this.notifiers = new Share(measures.notifiers)
    this.delivered = new Share(measures.delivered)
  }

  giveUp(): void {
    for (const share of [this.queues, this.notifiers, this.delivered]) share.giveUp()
  }
}

export class Subscriptions {
  readonly #recipients = new Map<RecipientId, Subscription>()
  readonly #notifiers = new Map<NotifierId, Claim>()
  /** In a service's session. */
  readonly service: ServiceSubscription | undefined
  readonly #hooks: SubscriptionHooks
  readonly #measures: SubscriptionMeasures | undefined
  readonly #shares: SubscriptionShares | undefined

  /** @param measures those of all connections together */
  constructor(
    hooks: SubscriptionHooks,
    measures?: SubscriptionMeasures,
    service?: ServiceOfSession,
  ) {
    this.#hooks = hooks
    this.#measures = measures
    this.#shares = measures && new SubscriptionShares(measures)
    this.service = service && new ServiceSubscription(service, measures?.services)
  }

  get(id: RecipientId): Subscription | undefined {
    return this.#recipients.get(id)
  }

  open(id: RecipientId, fields: Pick<Subscription, 'kind' | 'dhSecret' | 'claim'>): Subscription {
    const nothing = { delivered: undefined, deliveredAt: 0, busy: 0, isWoken: false }
    const subscription = { ...fields, ...nothing }
    this.#recipients.set(id, subscription)
    if (fields.kind === 'subscriber') this.#shares?.queues.change(1)
    return subscription
  }

  remove(id: RecipientId): void {
    const subscription = this.#recipients.get(id)
    if (subscription === undefined) return
    this.#countDelivered(id, subscription, -1)
    this.#recipients.delete(id)
    if (subscription.kind === 'subscriber') this.#shares?.queues.change(-1)
  }

  /** Sets what is delivered and not acknowledged. */
  mark(
    id: RecipientId,
    subscription: Subscription,
    { delivered, deliveredAt }: Pick<Subscription, 'delivered' | 'deliveredAt'>,
  ): void {
    this.#countDelivered(id, subscription, -1)
    subscription.delivered = delivered
    subscription.deliveredAt = deliveredAt
    this.#countDelivered(id, subscription, 1)
  }

  #countDelivered(id: RecipientId, subscription: Subscription, change: 1 | -1): void {
    if (this.#shares === undefined || subscription.delivered === undefined) return
    // one that was removed counts no more
    if (this.#recipients.get(id) !== subscription) return
    this.#shares.delivered.change(change)
    if (change > 0) this.#measures?.deliveredAges.add(subscription.deliveredAt)
    else this.#measures?.deliveredAges.remove(subscription.deliveredAt)
  }

  /** A message that was delivered then was removed. */
  acknowledged({ kind }: Subscription, deliveredAt: number): void {
    const measures = this.#measures
    if (measures === undefined) return
    measures.acknowledged += 1
    if (kind === 'getter') measures.acknowledgedByGet += 1
    measures.acknowledgementSeconds.observe((performance.now() - deliveredAt) / 1000)
  }

  /** The connection has asked for what it has. */
  repeated(command: keyof SubscriptionMeasures['repeated']): void {
    if (this.#measures !== undefined) this.#measures.repeated[command] += 1
  }

  /** The connection is gone, and what it had. */
  close(): void {
    this.#shares?.giveUp()
    if (this.#measures !== undefined)
      for (const { delivered, deliveredAt } of this.#recipients.values())
        if (delivered !== undefined) this.#measures.deliveredAges.remove(deliveredAt)
    this.service?.close()
  }

  /** Undoes one count of `busy`: what waited for it happens now. */
  release(id: RecipientId, subscription: Subscription): void {
    subscription.busy -= 1
    if (subscription.busy > 0) return
    if (subscription.isWoken) {
      subscription.isWoken = false
      this.#hooks.fetchHead(id)
    }
    this.#hooks.released()
  }

  delivered(id: RecipientId, subscription: Subscription, messageId: MessageId): void {
    this.mark(id, subscription, { delivered: messageId, deliveredAt: performance.now() })
    subscription.isWoken = false
  }

  /** Whether a message may be pushed now; if not, the subscription remembers that there is one. */
  isIdle(subscription: Subscription): boolean {
    if (subscription.delivered !== undefined) return false
    if (subscription.busy > 0) subscription.isWoken = true
    return subscription.busy === 0
  }

  notifier(id: NotifierId): Claim | undefined {
    return this.#notifiers.get(id)
  }

  openNotifier(id: NotifierId, claim: number): Claim {
    const opened = { claim, busy: 0 }
    if (!this.#notifiers.has(id)) this.#shares?.notifiers.change(1)
    this.#notifiers.set(id, opened)
    return opened
  }

  removeNotifier(id: NotifierId): void {
    if (this.#notifiers.delete(id)) this.#shares?.notifiers.change(-1)
  }

  /** Undoes one count of `busy` of a notifier, or of the service. */
  releaseNotifier(claim: Claim): void {
    claim.busy -= 1
    if (claim.busy === 0) this.#hooks.released()
  }

  /** The claim on a queue or notifier; GET makes none. */
  claimOn(id: EntityId): Claim | undefined {
    const subscription = this.#recipients.get(asRecipientId(id))
    return subscription?.kind === 'subscriber'
      ? subscription
      : this.#notifiers.get(asNotifierId(id))
  }

  /** Forgets a claim that ended. */
  drop(id: EntityId): void {
    this.remove(asRecipientId(id))
    this.removeNotifier(asNotifierId(id))
  }

  /** Queues that are read, by SUB or GET, and notifiers. */
  get size(): number {
    return this.#recipients.size + this.#notifiers.size
  }

  /** Getters do not count: they hold nothing in the store. */
  get isEmpty(): boolean {
    if (this.#notifiers.size > 0 || this.service?.isHeld) return false
    for (const { kind } of this.#recipients.values()) if (kind === 'subscriber') return false
    return true
  }

  /** What the store holds for this connection. */
  get held() {
    const recipients: RecipientId[] = []
    for (const [id, { kind }] of this.#recipients) if (kind === 'subscriber') recipients.push(id)
    const service = this.service?.isHeld ? { service: this.service.service } : {}
    return { recipients, notifiers: [...this.#notifiers.keys()], ...service }
  }
}
