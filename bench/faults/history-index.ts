/** A history by message and by subscription. Places are indexes into the events: they order them. */
import type { Rules } from './auditor.ts'
import type { Outcome, Recorded } from './history.ts'

export interface Delivery {
  readonly at: number
  readonly subscription: Subscription
  readonly messageId: string
}

interface Acknowledgement {
  readonly at: number
  readonly subscription: Subscription
}

export interface Message {
  readonly name: string
  readonly queue: number
  readonly sentAt: number
  readonly isProbe: boolean
  outcome: Outcome
  /** When the sender was answered, or gave up. */
  endedAt: number
  why: string
  readonly deliveries: Delivery[]
  /** ACKs that were sent, and those that were answered OK. */
  readonly acknowledging: Acknowledgement[]
  readonly acknowledged: Acknowledgement[]
}

export interface Subscription {
  readonly number: number
  readonly queue: number
  readonly connection: number
  readonly isLook: boolean
  readonly askedAt: number
  answeredAt: number
  endedAt: number
  closedAt: number
  /** Another SUB on the same connection took its place. */
  replacedAt: number
}

/** Of what did not happen. */
export const NEVER = Number.POSITIVE_INFINITY

export interface Stray {
  readonly at: number
  readonly queue: number
  readonly name: string
}

export class HistoryIndex {
  readonly messages = new Map<string, Message>()
  readonly subscriptions = new Map<number, Subscription>()
  readonly #byQueue = new Map<number, Subscription[]>()
  /** Deliveries that nobody sent, or that came out of another queue. */
  readonly strays: Stray[] = []
  healedAt = NEVER
  settledAt = NEVER
  readonly #forgets: Rules['forgets']

  constructor(events: readonly Recorded[], { forgets }: Rules) {
    this.#forgets = forgets
    events.forEach((event, at) => {
      this.#add(event, at)
    })
  }

  /** Whether what was not confirmed at this time may have been forgotten since. */
  mayForget(at: number): boolean {
    if (this.#forgets === 'nothing') return false
    return this.#forgets === 'always' || at < this.healedAt
  }

  subscriptionsOf(queue: number): readonly Subscription[] {
    return this.#byQueue.get(queue) ?? []
  }

  #add(event: Recorded, at: number): void {
    switch (event.type) {
      case 'send':
        this.#send(event, at)
        break
      case 'sent': {
        const message = this.messages.get(event.message)
        if (message !== undefined)
          Object.assign(message, { outcome: event.outcome, endedAt: at, why: event.why ?? '' })
        break
      }
      case 'subscribe':
        this.#subscribe(event, at)
        break
      case 'closed':
        for (const one of this.subscriptions.values())
          if (one.connection === event.connection) one.closedAt = Math.min(one.closedAt, at)
        break
      case 'healed':
        this.healedAt = at
        break
      case 'settled':
        this.settledAt = at
        break
      default:
        if ('subscription' in event) this.#ofSubscription(event, at)
    }
  }

  #send({ message: name, queue, probe }: Extract<Recorded, { type: 'send' }>, at: number): void {
    const open = { outcome: 'unknown', endedAt: NEVER, why: '' } as const
    const seen = { deliveries: [], acknowledging: [], acknowledged: [] }
    this.messages.set(name, { name, queue, sentAt: at, isProbe: !!probe, ...open, ...seen })
  }

  #subscribe(event: Extract<Recorded, { type: 'subscribe' }>, at: number): void {
    const { queue, connection, subscription: number, look } = event
    const others = this.#byQueue.get(queue) ?? []
    for (const one of others)
      if (one.connection === connection) one.replacedAt = Math.min(one.replacedAt, at)
    const open = { answeredAt: NEVER, endedAt: NEVER, closedAt: NEVER, replacedAt: NEVER }
    const made = { number, queue, connection, isLook: !!look, askedAt: at, ...open }
    this.subscriptions.set(number, made)
    this.#byQueue.set(queue, [...others, made])
  }

  #ofSubscription(event: Extract<Recorded, { subscription: number }>, at: number): void {
    const subscription = this.subscriptions.get(event.subscription)
    if (subscription === undefined) return
    switch (event.type) {
      case 'subscribed':
        subscription.answeredAt = at
        break
      case 'ended':
        subscription.endedAt = Math.min(subscription.endedAt, at)
        break
      case 'delivered':
        this.#delivered(event.message, { at, subscription, messageId: event.messageId })
        break
      case 'acknowledge':
        this.messages.get(event.message)?.acknowledging.push({ at, subscription })
        break
      case 'acknowledged':
        this.messages.get(event.message)?.acknowledged.push({ at, subscription })
        break
    }
  }

  #delivered(name: string, delivery: Delivery): void {
    const { at, subscription } = delivery
    const message = this.messages.get(name)
    if (message?.queue === subscription.queue) message.deliveries.push(delivery)
    else this.strays.push({ at, queue: subscription.queue, name })
  }
}
