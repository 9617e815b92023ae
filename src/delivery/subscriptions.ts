/**
 * What one connection is subscribed to, and which message of each queue it has not acknowledged.
 * Lives and dies with the connection: nothing else links a connection to its queues.
 */
import type { Bytes } from '../protocol/bytes.ts'
import type { MessageId, NotifierId, RecipientId } from '../protocol/ids.ts'
import type { StoredMessage } from '../store/store.ts'

/** One queue as this connection reads it: by SUB (pushes) or by GET (no pushes, no claim). */
export interface Subscription {
  readonly kind: 'subscriber' | 'getter'
  /** The queue's secret, to encrypt quota markers at delivery. */
  readonly dhSecret: Bytes
  /** Which SUB this is; news of an earlier one is not for it. */
  claim: number
  /** Delivered and not acknowledged. */
  delivered: MessageId | undefined
  /** Store calls under way whose answer may deliver a message. */
  busy: number
  /** A message became available while none could be pushed. */
  isWoken: boolean
}

export class Subscriptions {
  readonly #recipients = new Map<RecipientId, Subscription>()
  readonly #notifiers = new Map<NotifierId, number>()
  readonly #fetchHead: (id: RecipientId) => void

  /** `fetchHead` is called for an idle subscription that has a message waiting in the store. */
  constructor(fetchHead: (id: RecipientId) => void) {
    this.#fetchHead = fetchHead
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

  /** A store call that may deliver was answered with the queue's head, or failed without. */
  settle(id: RecipientId, subscription: Subscription, head?: StoredMessage): void {
    subscription.busy -= 1
    if (head !== undefined) this.delivered(subscription, head.messageId)
    else if (subscription.isWoken && subscription.busy === 0) {
      subscription.isWoken = false
      this.#fetchHead(id)
    }
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

  claimOfNotifier(id: NotifierId): number | undefined {
    return this.#notifiers.get(id)
  }

  openNotifier(id: NotifierId, claim: number): void {
    this.#notifiers.set(id, claim)
  }

  removeNotifier(id: NotifierId): void {
    this.#notifiers.delete(id)
  }

  /** Getters do not count: they hold nothing in the store. */
  get isEmpty(): boolean {
    if (this.#notifiers.size > 0) return false
    for (const { kind } of this.#recipients.values()) if (kind === 'subscriber') return false
    return true
  }

  /** What the store holds for this connection. */
  get held(): { recipients: readonly RecipientId[]; notifiers: readonly NotifierId[] } {
    const recipients: RecipientId[] = []
    for (const [id, { kind }] of this.#recipients) if (kind === 'subscriber') recipients.push(id)
    return { recipients, notifiers: [...this.#notifiers.keys()] }
  }
}
