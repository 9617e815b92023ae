/**
 * What one connection is subscribed to, and which message of each queue it has not acknowledged.
 * Lives and dies with the connection: nothing else links a connection to its queues.
 */
import type { Bytes } from '../protocol/bytes.ts'
import {
  asNotifierId,
  asRecipientId,
  type EntityId,
  type MessageId,
  type NotifierId,
  type RecipientId,
} from '../protocol/ids.ts'
import type { Service } from '../store/store.ts'
import { ServiceSubscription } from './service-subscription.ts'

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
  /** Delivered and not acknowledged. */
  delivered: MessageId | undefined
  /** A message became available while none could be pushed. */
  isWoken: boolean
}

export interface SubscriptionHooks {
  /** An idle subscription has a message waiting in the store. */
  fetchHead(id: RecipientId): void
  /** A claim is no longer busy. */
  released(): void
}

export class Subscriptions {
  readonly #recipients = new Map<RecipientId, Subscription>()
  readonly #notifiers = new Map<NotifierId, Claim>()
  /** In a service's session. */
  readonly service: ServiceSubscription | undefined
  readonly #hooks: SubscriptionHooks

  constructor(hooks: SubscriptionHooks, service?: Service) {
    this.#hooks = hooks
    this.service = service && new ServiceSubscription(service)
  }

  get(id: RecipientId): Subscription | undefined {
    return this.#recipients.get(id)
  }

  open(id: RecipientId, fields: Pick<Subscription, 'kind' | 'dhSecret' | 'claim'>): Subscription {
    const subscription = { ...fields, delivered: undefined, busy: 0, isWoken: false }
    this.#recipients.set(id, subscription)
    return subscription
  }

  remove(id: RecipientId): void {
    this.#recipients.delete(id)
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

  delivered(subscription: Subscription, messageId: MessageId): void {
    subscription.delivered = messageId
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
    this.#notifiers.set(id, opened)
    return opened
  }

  removeNotifier(id: NotifierId): void {
    this.#notifiers.delete(id)
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
    this.#recipients.delete(asRecipientId(id))
    this.#notifiers.delete(asNotifierId(id))
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
