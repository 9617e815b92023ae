/** A queue that a check made: its keys, and what was delivered from it. */
import { openMessage, openNotification } from '../crypto/message-box.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { KeyPair } from '../crypto/provider.ts'
import { type Bytes, latin1Text } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import {
  idBytes,
  type LinkId,
  type MessageId,
  messageIdOf,
  type NotifierId,
  type RecipientId,
  type SenderId,
} from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { Mismatch } from './check.ts'
import { ACK } from './commands.ts'
import { bytesText } from './words.ts'

export interface CheckedNotifier {
  readonly id: NotifierId
  readonly secret: Bytes
}

interface QueueParts {
  readonly rid: RecipientId
  readonly sid: SenderId
  readonly linkId: LinkId | undefined
  readonly mode: 'messaging' | 'contact' | undefined
  readonly key: KeyPair
  readonly secret: Bytes
}

export interface Delivered {
  readonly messageId: MessageId
  /** Whole seconds since 1970. */
  readonly timestamp: number
}

export class CheckedQueue {
  readonly rid: RecipientId
  readonly sid: SenderId
  readonly linkId: LinkId | undefined
  readonly mode: 'messaging' | 'contact' | undefined
  readonly key: KeyPair
  /** Made with the queue, where NEW asked for it. */
  notifier: CheckedNotifier | undefined
  readonly #secret: Bytes
  readonly #delivered = new Map<string, Delivered>()

  constructor({ rid, sid, linkId, mode, key, secret }: QueueParts) {
    this.rid = rid
    this.sid = sid
    this.linkId = linkId
    this.mode = mode
    this.key = key
    this.#secret = secret
  }

  /**
   * `F "hello"`, or `quota` for the marker; remembers its id.
   * @throws ProtocolError for a message that does not open
   */
  read({ messageId, body }: Reply<'MSG'>): string {
    const message = openMessage(
      crypto,
      { secret: this.#secret, messageId: idBytes(messageId) },
      body,
    )
    const { tag, timestamp } = message
    const text = tag === 'quota' ? 'quota' : latin1Text(message.body)
    this.#delivered.set(text, { messageId, timestamp })
    if (tag === 'quota') return 'quota'
    return `${message.notification ? 'T' : 'F'} ${bytesText(message.body)}`
  }

  /** What is known of the message with this body, or of the marker, `quota`. */
  delivered(text: string): Delivered {
    const found = this.#delivered.get(text)
    if (found === undefined) throw new Mismatch(`a message ${JSON.stringify(text)}`, 'none')
    return found
  }

  ack(text: string): Command<'ACK'> {
    return ACK(this.delivered(text).messageId)
  }
}

/** The message that a notification is about. */
export const notifiedMessage = ({ secret }: CheckedNotifier, reply: Reply<'NMSG'>): MessageId => {
  const { nonce, meta } = reply
  return messageIdOf(openNotification(crypto, { secret, nonce }, meta).messageId)
}
