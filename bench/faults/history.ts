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
  /** A command beside those on messages. `queue` is -1 where it concerns none. */
  | {
      readonly type: 'ask'
      readonly command: number
      readonly connection: number
      readonly asked: string
      readonly queue: number
    }
  /** A message by its name, or the answer's tag, or the error. */
  | { readonly type: 'answer'; readonly command: number; readonly answer: string }
  /** The connection was gone before. */
  | { readonly type: 'answer-lost'; readonly command: number }
  /** The clients of one fault that did not read. */
  | {
      readonly type: 'slow-readers'
      readonly clients: number
      /** Of how many the relay's output buffer was full. */
      readonly full: number
      /** Those that lost their connection meanwhile. */
      readonly lost: number
      /** By how much the resident memory of a pod grew meanwhile. */
      readonly grownBytes: number
    }
  /** The most that a pod has ever held for one connection. */
  | { readonly type: 'buffered'; readonly bytes: number }
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
  #commands = 0
  readonly #undelivered = new Set<string>()
  readonly #delivered = new Set<string>()
  readonly #unacknowledged = new Set<string>()
  readonly #unanswered = new Set<number>()

  add(event: Event): void {
    this.events.push({ ...event, ms: performance.now() - this.#beganAt })
    this.#count(event)
  }

  /** What was accepted was delivered, and nothing waits for an answer. */
  get isQuiet(): boolean {
    const waiting = [this.#undelivered, this.#unacknowledged, this.#unanswered]
    return waiting.every(({ size }) => size === 0)
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
      case 'ask':
        this.#unanswered.add(event.command)
        break
      case 'answer':
      case 'answer-lost':
        this.#unanswered.delete(event.command)
        break
    }
  }

  nextSubscription(): number {
    this.#subscriptions += 1
    return this.#subscriptions
  }

  nextCommand(): number {
    this.#commands += 1
    return this.#commands
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
