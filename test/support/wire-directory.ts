/** The queues that a test's clients know: enough to read what the relay sends for them. */
import assert from 'node:assert/strict'
import { openMessage, openNotification } from '../../src/crypto/message-box.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import { type Bytes, latin1Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { ACK } from './wire.ts'

export interface WireNotifier {
  readonly nid: string
  readonly secret: Bytes
  /** Of the messages that were notified of, in the order heard. */
  readonly messageIds: string[]
}

/** One queue with the keys of its recipient. */
export class WireQueue {
  readonly rid: string
  readonly sid: string
  readonly key: KeyPair
  readonly secret: Bytes
  readonly linkId: string | undefined
  notifier: WireNotifier | undefined
  /** By body, `QUOTA` for the marker; the last one heard. */
  readonly #messages = new Map<string, { readonly id: string; readonly timestamp: number }>()

  constructor(fields: Pick<WireQueue, 'rid' | 'sid' | 'key' | 'secret' | 'linkId'>) {
    this.rid = fields.rid
    this.sid = fields.sid
    this.key = fields.key
    this.secret = fields.secret
    this.linkId = fields.linkId
  }

  heard(body: string): { readonly id: string; readonly timestamp: number } {
    const message = this.#messages.get(body)
    assert.ok(message, `the message ${body.slice(0, 40)} was heard`)
    return message
  }

  idOf(body: string): string {
    return this.heard(body).id
  }

  /** The command that acknowledges the message with this body, which is to be heard first. */
  ack(body: string): () => string {
    return () => ACK(this.idOf(body))
  }

  /** `MSG` and what is inside. */
  read(parameters: Reader): string {
    const messageId = parameters.short()
    const message = openMessage(crypto, { secret: this.secret, messageId }, parameters.rest())
    const body = message.tag === 'quota' ? 'QUOTA' : latin1Text(message.body)
    this.#messages.set(body, { id: latin1Text(messageId), timestamp: message.timestamp })
    return message.tag === 'quota' ? 'MSG QUOTA' : `MSG ${message.notification ? 'T' : 'F'} ${body}`
  }
}

const MSG = 'MSG '
const NMSG = 'NMSG '
const NONCE_BYTES = 24

export class WireDirectory {
  readonly queues = new Map<string, WireQueue>()
  readonly #notifiers = new Map<string, WireNotifier>()

  add(queue: WireQueue): void {
    this.queues.set(queue.rid, queue)
    if (queue.notifier !== undefined) this.addNotifier(queue.notifier)
  }

  addNotifier(notifier: WireNotifier): void {
    this.#notifiers.set(notifier.nid, notifier)
  }

  /** The reply with what is encrypted in it read, where the queue is known. */
  read(entityId: string, reply: string): string {
    const queue = this.queues.get(entityId)
    if (queue !== undefined && reply.startsWith(MSG))
      return queue.read(new Reader(latin1Bytes(reply.slice(MSG.length))))
    const notifier = this.#notifiers.get(entityId)
    if (notifier === undefined || !reply.startsWith(NMSG)) return reply
    const reader = new Reader(latin1Bytes(reply.slice(NMSG.length)))
    const key = { secret: notifier.secret, nonce: reader.take(NONCE_BYTES) }
    notifier.messageIds.push(latin1Text(openNotification(crypto, key, reader.short()).messageId))
    return 'NMSG'
  }
}
