/** A client that does nothing wrong, beside the fuzz: it has to be served throughout. */
import type { SmpConnection } from '../../src/client/connection.ts'
import type { SmpEvent } from '../../src/client/event-buffer.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { MessageId } from '../../src/protocol/ids.ts'
import type { RelayUnderTest } from '../relay-under-test.ts'
import { Finding, inTime } from './finding.ts'

export class Control implements AsyncDisposable {
  readonly #recipient: SmpConnection
  readonly #sender: SmpConnection
  readonly #arrived: { next: (event: SmpEvent) => void }
  /** Whole conversations. */
  conversations = 0
  /** Connections that it has. */
  static readonly connections = 2

  private constructor(
    recipient: SmpConnection,
    sender: SmpConnection,
    arrived: { next: (event: SmpEvent) => void },
  ) {
    this.#recipient = recipient
    this.#sender = sender
    this.#arrived = arrived
  }

  static async connect(relay: RelayUnderTest): Promise<Control> {
    const arrived = { next: (_: SmpEvent): void => undefined }
    const onEvent = (event: SmpEvent): void => arrived.next(event)
    return new Control(await relay.connect({ onEvent }), await relay.connect(), arrived)
  }

  /** A queue is made, sent to, received from and deleted. @throws Finding */
  async converse(): Promise<void> {
    try {
      await inTime('a conversation of a client that does nothing wrong', this.#converse())
    } catch (error) {
      if (error instanceof Finding) throw error
      throw new Finding(`a client that does nothing wrong was not served: ${error}`)
    }
    this.conversations += 1
  }

  async #converse(): Promise<void> {
    const keys = crypto.generateKeyPair('Ed25519')
    const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
    const { recipientId, senderId } = await this.#recipient.request(
      { tag: 'NEW', authKey: keys.publicKey, dhKey, subscribe: true },
      { key: keys.privateKey },
    )
    const asRecipient = { entityId: recipientId, key: keys.privateKey }
    const message = this.#message()
    const body = crypto.randomBytes(100)
    await this.#sender.request({ tag: 'SEND', notification: false, body }, { entityId: senderId })
    await this.#recipient.request({ tag: 'ACK', messageId: await message }, asRecipient)
    await this.#recipient.request({ tag: 'DEL' }, asRecipient)
  }

  #message(): Promise<MessageId> {
    return new Promise((resolve) => {
      this.#arrived.next = ({ reply }) => {
        if (reply.tag === 'MSG') resolve(reply.messageId)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#recipient, this.#sender].map((one) => one[Symbol.asyncDispose]()))
  }
}
