/** Where events wait for the program, within bounds. */
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { AsyncQueue } from './async-queue.ts'
import { ConnectionClosed } from './errors.ts'

/** What the server sent unasked: MSG, NMSG, END, ENDS, DELD, and ERR for a block it could not read. */
export interface SmpEvent {
  readonly entityId: EntityId
  /** Bodies are views of the received block, which nobody writes to. */
  readonly reply: Reply
  /** Present on the answer to a request that had timed out. */
  readonly isLate?: true
}

export interface EventOptions {
  /**
   * Events to hold before reading stops. Default: 1024. While answers are awaited reading goes on,
   * so that the consumer of the events may await one; at 16 times the number the connection ends.
   */
  readonly eventBuffer?: number
  /** Takes every event as it comes, in the order of the wire, instead of `events`. Must not throw. */
  readonly onEvent?: (event: SmpEvent) => void
}

const EVENT_BUFFER = 1024
const OVERFLOW_FACTOR = 16

export class EventBuffer {
  readonly queue = new AsyncQueue<SmpEvent>({ onTaken: () => this.wake() })
  readonly #limit: number
  readonly #onEvent: ((event: SmpEvent) => void) | undefined
  #wake: (() => void) | undefined

  constructor({ eventBuffer = EVENT_BUFFER, onEvent }: EventOptions) {
    this.#limit = eventBuffer
    this.#onEvent = onEvent
  }

  get isFull(): boolean {
    return this.queue.size >= this.#limit
  }

  push(event: SmpEvent): void {
    if (this.#onEvent !== undefined) this.#onEvent(event)
    else if (this.queue.size >= this.#limit * OVERFLOW_FACTOR)
      throw new ConnectionClosed('overflow', 'events came faster than the program took them')
    else this.queue.push(event)
  }

  /** Resolves when an event is taken, or by `wake`. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  wake(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
