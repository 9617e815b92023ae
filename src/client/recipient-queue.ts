/** The recipient's side of a queue (SMP, "Recipient commands"). */
import type { Command, LinkContent } from '../protocol/command.ts'
import type { LinkId, RecipientId, SenderId } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { ClientContext } from './context.ts'
import type { NotifierCredentials, RecipientCredentials } from './credentials.ts'
import { Delivery } from './delivery.ts'
import type { QueueMessage } from './message.ts'
import { makeNotifierKeys, notifierCredentials } from './notifier-queue.ts'
import { parseQueueInfo, type QueueInfo } from './queue-info.ts'
import type { ReplyTo } from './replies.ts'

/**
 * Commands wait for a connection where there is none. Each of them may throw SmpRefusal,
 * UnexpectedReply, RequestTimeout and ConnectionClosed; after the last two it is not known
 * whether the server executed it.
 */
export class RecipientQueue {
  /** To be kept by programs that use the queue after a restart (`client.openQueue`). */
  readonly credentials: RecipientCredentials
  readonly #context: ClientContext
  readonly #delivery: Delivery

  constructor(context: ClientContext, credentials: RecipientCredentials) {
    this.credentials = credentials
    this.#context = context
    this.#delivery = new Delivery(context, this)
    context.subscribers.set(this, this.#delivery)
  }

  get recipientId(): RecipientId {
    return this.credentials.recipientId
  }

  get senderId(): SenderId {
    return this.credentials.senderId
  }

  /**
   * The queue's messages, one at a time: the next comes after `ack` of the last. From the first
   * use of this on they do not appear in the client's `messages`. Fails with SubscriptionEnded when
   * the subscription ends; ends when the queue is deleted or the client closed from here.
   */
  get messages(): AsyncIterable<QueueMessage> {
    return this.#delivery.messages
  }

  /** SUB: takes the queue over from any other connection; renewed after each reconnection. */
  async subscribe(): Promise<void> {
    const [failure] = await this.#context.subscribe([this])
    if (failure !== undefined) throw failure.error
  }

  /** GET: the oldest message, without a subscription (PROHIBITED with one on this connection). */
  async get(): Promise<QueueMessage | undefined> {
    for (;;) {
      const reply = await this.#request({ tag: 'GET' })
      if (reply.tag === 'OK') return undefined
      const message = this.#delivery.open(reply)
      if (message !== undefined) return message
      await this.#delivery.acknowledge(reply.messageId)
    }
  }

  /** KEY: from now on only this key may send. */
  async secure(senderKey: AuthKey): Promise<void> {
    await this.#request({ tag: 'KEY', senderKey })
  }

  /** RKEY: the keys that authorise recipient commands of a contact queue; from v15. */
  async replaceKeys(recipientKeys: readonly [AuthKey, ...AuthKey[]]): Promise<void> {
    await this.#request({ tag: 'RKEY', recipientKeys })
  }

  /** LSET: short link data; from v15. */
  async setLinkData(linkId: LinkId, content: LinkContent): Promise<void> {
    await this.#request({ tag: 'LSET', linkId, ...content })
  }

  /** LDEL; from v15. */
  async deleteLinkData(): Promise<void> {
    await this.#request({ tag: 'LDEL' })
  }

  /** NKEY: replaces any notifier before. `client.openNotifier` subscribes to it. */
  async addNotifier(): Promise<NotifierCredentials> {
    const keys = makeNotifierKeys(this.#context.crypto)
    const reply = await this.#request({ tag: 'NKEY', ...keys.command })
    return notifierCredentials(this.#context.crypto, keys, reply)
  }

  /** NDEL. */
  async removeNotifier(): Promise<void> {
    await this.#request({ tag: 'NDEL' })
  }

  /** OFF: no more messages are accepted, for ever; those in the queue can be received. */
  async suspend(): Promise<void> {
    await this.#request({ tag: 'OFF' })
  }

  /** DEL: the queue and all in it; `messages` ends. */
  async delete(): Promise<void> {
    await this.#request({ tag: 'DEL' })
    this.#context.subscriptions.remove(this.#delivery)
    this.#delivery.finish()
  }

  /** QUE. */
  async info(): Promise<QueueInfo> {
    const { json } = await this.#request({ tag: 'QUE' })
    return parseQueueInfo(json)
  }

  #request<C extends Command>(command: C): Promise<ReplyTo<C['tag']>> {
    const { recipientId: entityId, key } = this.credentials
    return this.#context.request(command, { entityId, key })
  }
}
