/** Connections and queues ready for messages. */
import type { SmpConnection } from '../client/connection.ts'
import type { SmpEvent } from '../client/event-buffer.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { maxBodyBytes } from '../protocol/version.ts'
import { pace, saturate } from './drive.ts'
import { Lane } from './lane.ts'
import { type CreateOptions, createQueues, secureQueues } from './queues.ts'
import { closeAll, connectMany, type Ends } from './target.ts'

export const fullSizeBody = crypto.randomBytes(maxBodyBytes(18))

export interface LoadShape {
  readonly senders: number
  readonly recipients: number
  readonly queues: number
}

export interface LoadOptions extends LoadShape, Omit<CreateOptions, 'subscribe'> {
  /** Default: as large as it may be. */
  readonly body?: Bytes
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface PacedRun {
  /** Milliseconds from due to MSG read. */
  readonly latencies: readonly number[]
  /** Milliseconds by which the load generator itself was late. */
  readonly late: readonly number[]
}

interface Pair {
  readonly sender: SmpConnection
  readonly recipient: SmpConnection
  readonly queues: number
}

/** The queues dealt out to the senders and to the recipients in turn. */
const pairsOf = (
  senders: readonly SmpConnection[],
  recipients: readonly SmpConnection[],
  queues: number,
): readonly Pair[] => {
  const pairs = new Map<string, Pair>()
  for (let i = 0; i < queues; i++) {
    const [from, to] = [i % senders.length, i % recipients.length]
    const [sender, recipient] = [senders[from], recipients[to]]
    if (sender === undefined || recipient === undefined) throw new TypeError('no connections')
    const before = pairs.get(`${from} ${to}`)?.queues ?? 0
    pairs.set(`${from} ${to}`, { sender, recipient, queues: before + 1 })
  }
  return [...pairs.values()]
}

export class MessageLoad implements AsyncDisposable {
  readonly lanes: readonly Lane[]
  readonly #connections: readonly SmpConnection[]

  private constructor(lanes: readonly Lane[], connections: readonly SmpConnection[]) {
    this.lanes = lanes
    this.#connections = connections
  }

  static async open(ends: Ends, options: LoadOptions): Promise<MessageLoad> {
    const byRecipient = new Map<string, Lane>()
    const onEvent = ({ entityId, reply }: SmpEvent): void => {
      if (reply.tag === 'MSG') byRecipient.get(entityId)?.arrived(reply.messageId)
    }
    const connections: SmpConnection[] = []
    try {
      const senders = await connectMany(options.senders, () => ends.senders.connect())
      connections.push(...senders)
      const recipients = await connectMany(options.recipients, () =>
        ends.recipients.connect({ onEvent }),
      )
      connections.push(...recipients)
      for (const { sender, recipient, queues } of pairsOf(senders, recipients, options.queues)) {
        const created = await createQueues(recipient, queues, { ...options, subscribe: true })
        const { body = fullSizeBody } = options
        for (const queue of await secureQueues(sender, created))
          byRecipient.set(queue.recipientId, new Lane({ queue, sender, recipient, body }))
      }
      return new MessageLoad([...byRecipient.values()], connections)
    } catch (error) {
      await closeAll(connections)
      throw error
    }
  }

  /** Every lane delivers one message after the other; returns how many in all. */
  async saturate(milliseconds: number): Promise<number> {
    let count = 0
    const onDelivered = (): void => {
      count += 1
    }
    await saturate({ lanes: this.lanes, milliseconds, onDelivered })
    return count
  }

  /** Messages at a given rate whatever the relay does; the event loop never rests. */
  async pace(perSecond: number, milliseconds: number): Promise<PacedRun> {
    const latencies: number[] = []
    const late: number[] = []
    await pace({
      lanes: this.lanes,
      milliseconds,
      perSecond,
      wait: nextTurn,
      onDelivered: (ms) => latencies.push(ms),
      onLate: (ms) => late.push(ms),
    })
    return { latencies, late }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#connections)
  }
}
