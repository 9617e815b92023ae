/** Delivered full-size messages: SEND, OK, MSG, ACK, OK, a block each. */
import type { SmpConnection } from '../src/client/connection.ts'
import type { SmpEvent } from '../src/client/event-buffer.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import type { MessageId } from '../src/protocol/ids.ts'
import { maxBodyBytes } from '../src/protocol/version.ts'
import { createQueues, type SecuredQueue, secureQueues } from './queues.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

export const fullSizeBody = crypto.randomBytes(maxBodyBytes(18))

export interface LoadShape {
  readonly senders: number
  readonly recipients: number
  readonly queues: number
}

/** The relays that a load's connections go to: the same one, or two of a cluster. */
export interface Ends {
  readonly senders: RelayUnderTest
  readonly recipients: RelayUnderTest
}

/** One queue with its two connections; one message under way at a time. */
export class Lane {
  readonly #queue: SecuredQueue
  readonly #sender: SmpConnection
  readonly #recipient: SmpConnection
  #arrival: PromiseWithResolvers<MessageId> = Promise.withResolvers()

  constructor(queue: SecuredQueue, sender: SmpConnection, recipient: SmpConnection) {
    this.#queue = queue
    this.#sender = sender
    this.#recipient = recipient
  }

  arrived(messageId: MessageId): void {
    this.#arrival.resolve(messageId)
  }

  /** Sends, receives and acknowledges one message; milliseconds from SEND written to MSG read. */
  async deliver(): Promise<number> {
    const { senderId, senderKey, recipientId, recipientKey } = this.#queue
    const arrival = Promise.withResolvers<MessageId>()
    this.#arrival = arrival
    const start = performance.now()
    const sent = this.#sender.request(
      { tag: 'SEND', notification: true, body: fullSizeBody },
      { entityId: senderId, key: senderKey },
    )
    const messageId = await arrival.promise
    const latencyMs = performance.now() - start
    await this.#recipient.request(
      { tag: 'ACK', messageId },
      { entityId: recipientId, key: recipientKey },
    )
    await sent
    return latencyMs
  }
}

/** Connections and queues ready for messages. */
export class MessageLoad implements AsyncDisposable {
  readonly lanes: readonly Lane[]
  readonly #connections: readonly SmpConnection[]

  private constructor(lanes: readonly Lane[], connections: readonly SmpConnection[]) {
    this.lanes = lanes
    this.#connections = connections
  }

  static async open(ends: Ends, shape: LoadShape): Promise<MessageLoad> {
    const byRecipient = new Map<string, Lane>()
    const onEvent = ({ entityId, reply }: SmpEvent): void => {
      if (reply.tag !== 'MSG') throw new Error(`unexpected ${reply.tag}`)
      byRecipient.get(entityId)?.arrived(reply.messageId)
    }
    const senders = await ends.senders.connectMany(shape.senders)
    const recipients = await ends.recipients.connectMany(shape.recipients, { onEvent })
    for (let i = 0; i < shape.queues; i++) {
      const sender = senders[i % senders.length]
      const recipient = recipients[i % recipients.length]
      if (sender === undefined || recipient === undefined) throw new Error('no connections')
      const created = await createQueues(recipient, 1, { subscribe: true })
      for (const queue of await secureQueues(sender, created))
        byRecipient.set(queue.recipientId, new Lane(queue, sender, recipient))
    }
    return new MessageLoad([...byRecipient.values()], [...senders, ...recipients])
  }

  /** Every lane delivers one message after the other; returns how many in all. */
  async saturate(milliseconds: number): Promise<number> {
    const end = performance.now() + milliseconds
    const counts = await Promise.all(
      this.lanes.map(async (lane) => {
        let count = 0
        for (; performance.now() < end; count++) await lane.deliver()
        return count
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /**
   * Messages at a given rate whatever the relay does, each on the lane that has been free longest;
   * latencies count from the time a message was due.
   */
  async pace(perSecond: number, milliseconds: number): Promise<PacedRun> {
    const free = [...this.lanes]
    const latencies: number[] = []
    const late: number[] = []
    const underWay = new Set<Promise<void>>()
    const start = performance.now()
    const count = Math.floor((perSecond * milliseconds) / 1000)
    for (let i = 0; i < count; i++) {
      const due = start + (i * 1000) / perSecond
      while (performance.now() < due || free.length === 0) await nextTurn()
      const lane = free.shift()
      if (lane === undefined) continue
      const lateMs = performance.now() - due
      late.push(lateMs)
      const delivered = lane.deliver().then((latencyMs) => {
        latencies.push(latencyMs + lateMs)
        free.push(lane)
        underWay.delete(delivered)
      })
      underWay.add(delivered)
    }
    await Promise.all(underWay)
    return { latencies, late }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection[Symbol.asyncDispose]()))
  }
}

export interface PacedRun {
  /** Milliseconds from due to MSG read. */
  readonly latencies: readonly number[]
  /** Milliseconds by which the load generator itself was late. */
  readonly late: readonly number[]
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
