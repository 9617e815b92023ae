/** Messages on connections that come and go. */
import type { SmpConnection } from '../src/client/connection.ts'
import type { SmpEvent } from '../src/client/event-buffer.ts'
import type { Deliverer } from '../src/load/drive.ts'
import { Lane } from '../src/load/lane.ts'
import { fullSizeBody } from '../src/load/message-load.ts'
import { createQueues, type SecuredQueue, secureQueues } from '../src/load/queues.ts'
import type { MessageId } from '../src/protocol/ids.ts'
import { within } from '../test/support/within.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

export interface ChurnCounts {
  connections: number
  queues: number
  /** Messages that were sent while their recipient was away. */
  waited: number
  takeOvers: number
}

export const noCounts = (): ChurnCounts => ({ connections: 0, queues: 0, waited: 0, takeOvers: 0 })

/** Messages until one of the two connections is another one. */
const MESSAGES_PER_STAY = 10
/** Stays until the queue is deleted, and everybody leaves. */
const STAYS = 6

interface Visit {
  readonly queue: SecuredQueue
  readonly sender: SmpConnection
  readonly recipient: SmpConnection
  readonly lane: Lane
}

type Happening = 'MSG' | 'END'

/** One queue after the other, each with a sender and a recipient who keep going to other pods. */
export class ChurnLane implements Deliverer {
  readonly #relays: readonly RelayUnderTest[]
  readonly #counts: ChurnCounts
  /** What it begins with: lanes do not all do the same. */
  readonly #first: number
  #next: number
  #visit: Visit | undefined
  #messages = 0
  #waiting: { readonly tag: Happening; readonly resolve: (event: SmpEvent) => void } | undefined

  /** `first`: where among the relays it begins. */
  constructor(relays: readonly RelayUnderTest[], first: number, counts: ChurnCounts) {
    this.#relays = relays
    this.#first = first
    this.#next = first
    this.#counts = counts
  }

  async deliver(): Promise<number> {
    const visit = this.#visit ?? (await this.#arrive())
    this.#visit = visit
    const latencyMs = await visit.lane.deliver()
    this.#messages += 1
    const stay = this.#messages / MESSAGES_PER_STAY
    if (stay === STAYS) await this.leave()
    else if (Number.isInteger(stay)) this.#visit = await this.#move(visit, stay)
    return latencyMs
  }

  /** Deletes the queue and closes both connections. */
  async leave(): Promise<void> {
    const visit = this.#visit
    if (visit === undefined) return
    this.#visit = undefined
    this.#messages = 0
    const { queue, sender, recipient } = visit
    const { recipientId: entityId, recipientKey: key } = queue
    await recipient.request({ tag: 'DEL' }, { entityId, key })
    await Promise.all([sender, recipient].map((one) => one[Symbol.asyncDispose]()))
  }

  async #arrive(): Promise<Visit> {
    const recipient = await this.#connect()
    const sender = await this.#connect()
    const created = await createQueues(recipient, 1, { subscribe: true })
    const [queue] = await secureQueues(sender, created)
    if (queue === undefined) throw new Error('no queue')
    this.#counts.queues += 1
    return this.#visitOf(queue, sender, recipient)
  }

  #visitOf(queue: SecuredQueue, sender: SmpConnection, recipient: SmpConnection): Visit {
    const lane = new Lane({ queue, sender, recipient, body: fullSizeBody })
    return { queue, sender, recipient, lane }
  }

  #move(visit: Visit, stay: number): Promise<Visit> {
    const ways = [
      () => this.#returnLater(visit),
      () => this.#takeOver(visit),
      () => this.#replaceSender(visit),
    ]
    const way = ways[(this.#first + stay) % ways.length]
    return way === undefined ? Promise.resolve(visit) : way()
  }

  /** The recipient leaves, is sent a message, and finds it at another pod. */
  async #returnLater({ queue, sender, recipient }: Visit): Promise<Visit> {
    await recipient[Symbol.asyncDispose]()
    await sender.request(
      { tag: 'SEND', notification: false, body: fullSizeBody },
      { entityId: queue.senderId, key: queue.senderKey },
    )
    const other = await this.#connect()
    const { reply } = await this.#after('MSG', () => this.#subscribe(other, queue))
    if (reply.tag === 'MSG') await this.#acknowledge(other, queue, reply.messageId)
    this.#counts.waited += 1
    return this.#visitOf(queue, sender, other)
  }

  /** The recipient subscribes from a second connection, and the first one is told. */
  async #takeOver({ queue, sender, recipient }: Visit): Promise<Visit> {
    const other = await this.#connect()
    await this.#after('END', () => this.#subscribe(other, queue))
    await recipient[Symbol.asyncDispose]()
    this.#counts.takeOvers += 1
    return this.#visitOf(queue, sender, other)
  }

  async #replaceSender({ queue, sender, recipient }: Visit): Promise<Visit> {
    await sender[Symbol.asyncDispose]()
    return this.#visitOf(queue, await this.#connect(), recipient)
  }

  async #subscribe(connection: SmpConnection, queue: SecuredQueue): Promise<void> {
    const { recipientId: entityId, recipientKey: key } = queue
    await connection.request({ tag: 'SUB' }, { entityId, key })
  }

  async #acknowledge(
    connection: SmpConnection,
    { recipientId: entityId, recipientKey: key }: SecuredQueue,
    messageId: MessageId,
  ): Promise<void> {
    await connection.request({ tag: 'ACK', messageId }, { entityId, key })
  }

  #connect(): Promise<SmpConnection> {
    const relay = this.#relays[this.#next++ % this.#relays.length]
    if (relay === undefined) throw new RangeError('no relays')
    this.#counts.connections += 1
    return relay.connect({ onEvent: (event) => this.#onEvent(event) })
  }

  #onEvent(event: SmpEvent): void {
    const { reply } = event
    if (reply.tag === this.#waiting?.tag) this.#waiting.resolve(event)
    else if (reply.tag === 'MSG') this.#visit?.lane.arrived(reply.messageId)
  }

  /** The event that `work` causes, which may come before that is done. */
  async #after(tag: Happening, work: () => Promise<void>): Promise<SmpEvent> {
    const { promise, resolve } = Promise.withResolvers<SmpEvent>()
    this.#waiting = { tag, resolve }
    try {
      const [event] = await Promise.all([within(tag, promise), work()])
      return event
    } finally {
      this.#waiting = undefined
    }
  }
}
