/** Delivered messages: SEND, OK, MSG, ACK, OK, a block each. */
import type { SmpConnection } from '../client/connection.ts'
import { RequestTimeout } from '../client/errors.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { MessageId } from '../protocol/ids.ts'
import type { SecuredQueue } from './queues.ts'

const LIMIT_MS = 60_000

export interface LaneParts {
  readonly queue: SecuredQueue
  readonly sender: SmpConnection
  readonly recipient: SmpConnection
  readonly body: Bytes
}

/** One queue with its two connections; one message under way at a time. */
export class Lane {
  readonly #parts: LaneParts
  #arrival: PromiseWithResolvers<MessageId> = Promise.withResolvers()

  constructor(parts: LaneParts) {
    this.#parts = parts
  }

  arrived(messageId: MessageId): void {
    this.#arrival.resolve(messageId)
  }

  /**
   * Sends, receives and acknowledges one message; milliseconds from SEND written to MSG read.
   * @throws what the client library throws; then the lane is of no more use
   */
  async deliver(): Promise<number> {
    const { queue, sender, recipient, body } = this.#parts
    const { senderId, senderKey, recipientId, recipientKey } = queue
    const arrival = Promise.withResolvers<MessageId>()
    this.#arrival = arrival
    const limit = setTimeout(
      () => arrival.reject(new RequestTimeout(`no MSG within ${LIMIT_MS} ms`)),
      LIMIT_MS,
    )
    const start = performance.now()
    const sent = sender.request(
      { tag: 'SEND', notification: true, body },
      { entityId: senderId, key: senderKey },
    )
    sent.catch(arrival.reject)
    try {
      const messageId = await arrival.promise
      const latencyMs = performance.now() - start
      const ack = { entityId: recipientId, key: recipientKey }
      await recipient.request({ tag: 'ACK', messageId }, ack)
      await sent
      return latencyMs
    } finally {
      clearTimeout(limit)
    }
  }
}
