/** The messages of one queue: one at a time, each until it is acknowledged (SMP, "Delivery"). */
import { openMessage, type RecipientMessage } from '../crypto/message-box.ts'
import type { PrivateKey } from '../crypto/provider.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import { idBytes, type MessageId, type RecipientId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import type { AsyncQueue } from './async-queue.ts'
import type { ClientContext } from './context.ts'
import { ConnectionClosed, type EndReason, SmpRefusal, SubscriptionEnded } from './errors.ts'
import type { QueueMessage } from './message.ts'
import type { RecipientQueue } from './recipient-queue.ts'
import type { Subscriber } from './subscriptions.ts'

const isNoMessage = (error: unknown): boolean =>
  error instanceof SmpRefusal && error.error.code === 'NO_MSG'

export class Delivery implements Subscriber {
  readonly command = { tag: 'SUB' } as const
  readonly #context: ClientContext
  readonly #queue: RecipientQueue
  /** Present once the program reads this queue on its own. */
  #inbox: AsyncQueue<QueueMessage> | undefined
  #current: QueueMessage | undefined
  #acknowledged: MessageId | undefined
  #isDeleted = false

  constructor(context: ClientContext, queue: RecipientQueue) {
    this.#context = context
    this.#queue = queue
  }

  get entityId(): RecipientId {
    return this.#queue.recipientId
  }

  get key(): PrivateKey {
    return this.#queue.credentials.key
  }

  get messages(): AsyncIterable<QueueMessage> {
    this.#inbox ??= this.#openInbox()
    return this.#inbox
  }

  receive(reply: Reply): void {
    if (reply.tag === 'MSG') this.#receiveMessage(reply)
    else if (reply.tag === 'ERR' && reply.error.code === 'BLOCKED')
      this.#context.emit({ tag: 'blocked', queue: this.#queue, error: reply.error })
  }

  start(): void {
    if (this.#inbox?.isEnded) this.#inbox = undefined
  }

  end(reason: EndReason, cause?: Error): void {
    this.#closeInbox(new SubscriptionEnded(reason, cause))
    this.#context.emit({ tag: 'subscriptionEnded', queue: this.#queue, reason })
  }

  /** The program deleted the queue: its messages end, and are acknowledged by that. */
  finish(): void {
    this.#isDeleted = true
    this.#closeInbox()
  }

  /** The message in an answer to GET; undefined where it is none for the program. */
  open(reply: Reply<'MSG'>): QueueMessage | undefined {
    const { messageId: id } = reply
    const opened = this.#decrypt(reply)
    if (opened === undefined) return undefined
    if (opened.tag === 'quota') {
      this.#context.emit({
        tag: 'overQuota',
        queue: this.#queue,
        timestamp: opened.timestamp,
      })
      return undefined
    }
    const { timestamp, notification, body } = opened
    const ack = (): Promise<void> => this.acknowledge(id)
    return { queue: this.#queue, id, timestamp, notification, body, ack }
  }

  async acknowledge(messageId: MessageId): Promise<void> {
    const { entityId, key } = this
    while (!this.#isDeleted) {
      const connection = await this.#context.connection()
      try {
        const reply = await connection.request({ tag: 'ACK', messageId }, { entityId, key })
        this.#forget(messageId)
        return this.receive(reply)
      } catch (error) {
        // NO_MSG: an earlier ACK whose answer was lost did it, or another connection
        if (isNoMessage(error)) return this.#forget(messageId)
        if (!(error instanceof ConnectionClosed)) throw error
      }
    }
  }

  #receiveMessage(reply: Reply<'MSG'>): void {
    const { messageId } = reply
    if (messageId === this.#current?.id) return // delivered again, and still with the program
    const message = messageId === this.#acknowledged ? undefined : this.open(reply)
    if (message === undefined) {
      // not for the program; where this fails it comes again with the next SUB
      this.acknowledge(messageId).catch(() => undefined)
    } else {
      this.#current = message
      const inbox = this.#inbox ?? this.#context.inbox
      inbox.push(message)
    }
  }

  #decrypt({ messageId, body }: Reply<'MSG'>): RecipientMessage | undefined {
    const { crypto } = this.#context
    const { secret } = this.#queue.credentials
    try {
      return openMessage(crypto, { secret, messageId: idBytes(messageId) }, body)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#context.emit({ tag: 'unreadable', queue: this.#queue, error })
      return undefined
    }
  }

  #forget(messageId: MessageId): void {
    if (this.#current?.id === messageId) this.#current = undefined
    this.#acknowledged = messageId
  }

  #openInbox(): AsyncQueue<QueueMessage> {
    const inbox: AsyncQueue<QueueMessage> = this.#context.openInbox()
    const current = this.#current
    if (current !== undefined && this.#context.inbox.remove(current)) inbox.push(current)
    return inbox
  }

  #closeInbox(error?: Error): void {
    this.#inbox ??= this.#context.openInbox()
    this.#context.closeInbox(this.#inbox, error)
  }
}
