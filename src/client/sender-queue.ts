/** The sender's side of a queue (SMP, "Sender commands"). */
import type { Bytes } from '../protocol/bytes.ts'
import type { SenderId } from '../protocol/ids.ts'
import type { ClientContext } from './context.ts'
import type { SenderCredentials } from './credentials.ts'
import { UnsupportedOperation } from './errors.ts'

/** Commands fail as those of RecipientQueue. */
export class SenderQueue {
  readonly credentials: SenderCredentials
  readonly #context: ClientContext

  constructor(context: ClientContext, credentials: SenderCredentials) {
    this.credentials = credentials
    this.#context = context
  }

  get senderId(): SenderId {
    return this.credentials.senderId
  }

  /**
   * SKEY: from now on only this key may send; from v9, for messaging queues. May be repeated.
   * @throws UnsupportedOperation for credentials without a key
   */
  async secure(): Promise<void> {
    const { senderId: entityId, key } = this.credentials
    if (key === undefined)
      throw new UnsupportedOperation('there is no key to secure the queue with')
    await this.#context.request(
      { tag: 'SKEY', senderKey: key.publicKey },
      { entityId, key: key.privateKey },
    )
  }

  /**
   * SEND: once it resolves the server has the message. `body` is at most 16,048 bytes
   * (16,064 at v8 to v10, 16,088 at v6 and v7).
   * @throws SmpRefusal: QUOTA when the queue is full, AUTH when there is none, LARGE_MSG
   */
  async send(body: Bytes, { notification = false } = {}): Promise<void> {
    const { senderId: entityId, key } = this.credentials
    await this.#context.request(
      { tag: 'SEND', notification, body },
      { entityId, ...(key && { key: key.privateKey }) },
    )
  }
}
