/** What clients of a round did and saw, in the order in which it happened in this process. */

/** `unknown`: there was no answer, so the message may or may not be stored. */
export type Outcome = 'accepted' | 'refused' | 'unknown'

/**
 * A message is named by its body. A subscription is one SUB on one connection, and what follows
 * from it; a `look` is a GET, which ends nobody's.
 */
export type Event =
  | {
      readonly type: 'send'
      readonly queue: number
      readonly message: string
      readonly probe?: true
    }
  | {
      readonly type: 'sent'
      readonly message: string
      readonly outcome: Outcome
      readonly why?: string
    }
  | {
      readonly type: 'subscribe'
      readonly queue: number
      readonly subscription: number
      readonly connection: number
      readonly look?: true
    }
  | { readonly type: 'subscribed'; readonly subscription: number }
  | { readonly type: 'not-subscribed'; readonly subscription: number; readonly why: string }
  | {
      readonly type: 'delivered'
      readonly subscription: number
      /** In brackets: what is no message of a sender. */
      readonly message: string
      readonly messageId: string
    }
  | { readonly type: 'acknowledge'; readonly subscription: number; readonly message: string }
  | {
      readonly type: 'acknowledged'
      readonly subscription: number
      readonly message: string
    }
  | {
      readonly type: 'not-acknowledged'
      readonly subscription: number
      readonly message: string
      readonly why: string
    }
  /** There was no answer. */
  | { readonly type: 'ack-lost'; readonly subscription: number; readonly message: string }
  | { readonly type: 'ended'; readonly subscription: number }
  | { readonly type: 'closed'; readonly connection: number }
  /** A command that was never answered, though its connection was there. */
  | { readonly type: 'unanswered'; readonly queue: number; readonly command: string }
  | { readonly type: 'fault'; readonly text: string }
  /** Nobody could subscribe to the queue, long after all was whole again. */
  | { readonly type: 'forsaken'; readonly queue: number }
  /** All that was broken is whole again, and every queue has its subscriber. */
  | { readonly type: 'healed' }
  /** Everybody had the time to say what is to be said; what is fetched after this was not pushed. */
  | { readonly type: 'settled' }

export type Recorded = Event & {
  /** Milliseconds from the round's begin. */
  readonly ms: number
}

export class History {
  readonly events: Recorded[] = []
  readonly #beganAt = performance.now()
  #subscriptions = 0
  #connections = 0
  readonly #undelivered = new Set<string>()
  readonly #delivered = new Set<string>()
  readonly #unacknowledged = new Set<string>()

  add(event: Event): void {
    this.events.push({ ...event, ms: performance.now() - this.#beganAt })
    this.#count(event)
  }

  /** What was accepted was delivered, and nothing waits for the answer to its ACK. */
  get isQuiet(): boolean {
    return this.#undelivered.size === 0 && this.#unacknowledged.size === 0
  }

  #count(event: Event): void {
    switch (event.type) {
      case 'sent':
        if (event.outcome === 'accepted' && !this.#delivered.has(event.message))
          this.#undelivered.add(event.message)
        break
      case 'delivered':
        this.#delivered.add(event.message)
        this.#undelivered.delete(event.message)
        this.#unacknowledged.add(event.message)
        break
      case 'acknowledged':
      case 'not-acknowledged':
      case 'ack-lost':
        this.#unacknowledged.delete(event.message)
        break
    }
  }

  nextSubscription(): number {
    this.#subscriptions += 1
    return this.#subscriptions
  }

  nextConnection(): number {
    this.#connections += 1
    return this.#connections
  }
}

const wordsOf = ({ type, ms: _, ...fields }: Recorded): string =>
  [type, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(', ')

export const eventText = (event: Recorded): string =>
  `${event.ms.toFixed(1).padStart(9)} ms  ${wordsOf(event)}`
