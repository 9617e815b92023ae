/** The two queues of a conversation: one to receive from, one to send to. */
import type { CryptoProvider, KeyPair } from '../crypto/provider.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { SmpClient } from './client.ts'
import { openEnvelope, readEnvelope, sealEnvelope } from './envelope.ts'
import { UnsupportedOperation } from './errors.ts'
import { type QueueUri, queueUriOf } from './queue-uri.ts'
import type { RecipientQueue } from './recipient-queue.ts'
import type { SenderQueue } from './sender-queue.ts'
import { sharedSecret } from './shared-secret.ts'

/** Undefined for bytes that do not follow the protocol: anybody may send to an unsecured queue. */
export const ifValid = <T>(open: () => T): T | undefined => {
  try {
    return open()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** A queue of ours with the key in its URI. The first sender with a valid confirmation is the peer. */
export class IncomingQueue {
  readonly queue: RecipientQueue
  readonly uri: QueueUri
  readonly #crypto: CryptoProvider
  readonly #dhKey: KeyPair<'X25519'>
  #secret: Bytes | undefined

  private constructor(client: SmpClient, queue: RecipientQueue, dhKey: KeyPair<'X25519'>) {
    this.queue = queue
    this.#crypto = client.crypto
    this.#dhKey = dhKey
    this.uri = queueUriOf(client.server, queue.credentials, dhKey.publicKey)
  }

  static async create(client: SmpClient): Promise<IncomingQueue> {
    const queue = await client.createQueue({ mode: 'messaging' })
    if (queue.credentials.mode !== 'messaging')
      throw new UnsupportedOperation('the relay is too old: its queues cannot be secured by SKEY')
    return new IncomingQueue(client, queue, client.crypto.generateKeyPair('X25519'))
  }

  /** What the peer wrote; undefined for a body of anybody else. */
  open(body: Bytes): Bytes | undefined {
    return ifValid(() => {
      const envelope = readEnvelope(body)
      const secret =
        this.#secret ??
        (envelope.dhKey && sharedSecret(this.#crypto, this.#dhKey.privateKey, envelope.dhKey))
      if (secret === undefined) throw new ProtocolError('a message before the confirmation')
      const message = openEnvelope(this.#crypto, secret, envelope)
      this.#secret = secret
      return message.body
    })
  }
}

/** The peer's queue, secured for us. */
export class OutgoingQueue {
  readonly #crypto: CryptoProvider
  readonly #queue: SenderQueue
  readonly #secret: Bytes

  private constructor(crypto: CryptoProvider, queue: SenderQueue, secret: Bytes) {
    this.#crypto = crypto
    this.#queue = queue
    this.#secret = secret
  }

  /** Secures the queue and sends the confirmation. */
  static async open(client: SmpClient, uri: QueueUri, body: Bytes): Promise<OutgoingQueue> {
    if (uri.mode !== 'messaging')
      throw new UnsupportedOperation('the queue of the link is not one for a conversation')
    const { crypto } = client
    const { publicKey: dhKey, privateKey } = crypto.generateKeyPair('X25519')
    const secret = sharedSecret(crypto, privateKey, uri.dhKey)
    const key = await client.makeSenderKey()
    const queue = client.openSender({ senderId: uri.senderId, key })
    await queue.secure()
    await queue.send(sealEnvelope(crypto, secret, { dhKey, body }))
    return new OutgoingQueue(crypto, queue, secret)
  }

  async send(body: Bytes, options?: { readonly notification?: boolean }): Promise<void> {
    await this.#queue.send(sealEnvelope(this.#crypto, this.#secret, { body }), options)
  }
}
