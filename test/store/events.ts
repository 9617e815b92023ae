/** What a store delivered to the connections of one pod, whenever it does. */
import type { Deliver, StoreEvent } from '../../src/store/store.ts'

/** A store that has not delivered by then never will: the bound of a failing test only. */
const PATIENCE_MS = 30_000

interface Inbox {
  readonly events: StoreEvent[]
  /** How many events were returned as unread. */
  read: number
  readonly waiters: Set<() => void>
}

export class Events {
  readonly #inboxes = new Map<number, Inbox>()
  readonly #patienceMs: number

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
  }

  readonly deliver: Deliver = (connection, event) => {
    const inbox = this.#inbox(connection)
    inbox.events.push(event)
    for (const wake of inbox.waiters) wake()
  }

  /** The connection's next event. */
  async next(connection: number): Promise<StoreEvent> {
    const inbox = this.#inbox(connection)
    await this.hold(connection, ({ length }) => length > inbox.read)
    const event = inbox.events[inbox.read]
    if (event === undefined) throw new Error('the inbox holds one more event than was read')
    inbox.read += 1
    return event
  }

  /** What the connection got and `next` or `unread` have not returned. */
  unread(connection: number): readonly StoreEvent[] {
    const inbox = this.#inbox(connection)
    const events = inbox.events.slice(inbox.read)
    inbox.read = inbox.events.length
    return events
  }

  /** Resolves once what the connection ever got is enough. */
  async hold(
    connection: number,
    isEnough: (events: readonly StoreEvent[]) => boolean,
  ): Promise<void> {
    const { events, waiters } = this.#inbox(connection)
    if (isEnough(events)) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const check = () => {
      if (isEnough(events)) resolve()
    }
    const giveUp = () => reject(new Error(`waited in vain; delivered: [${events.map(typeOf)}]`))
    const timer = setTimeout(giveUp, this.#patienceMs)
    waiters.add(check)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      waiters.delete(check)
    }
  }

  /** Everything that the connection ever got. */
  all(connection: number): readonly StoreEvent[] {
    return this.#inbox(connection).events
  }

  #inbox(connection: number): Inbox {
    const present = this.#inboxes.get(connection)
    if (present !== undefined) return present
    const inbox: Inbox = { events: [], read: 0, waiters: new Set() }
    this.#inboxes.set(connection, inbox)
    return inbox
  }
}

const typeOf = ({ type }: StoreEvent): string => type
