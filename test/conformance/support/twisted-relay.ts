/** A relay over TLS that does all as ours does, but for one thing that it does wrong on purpose. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type TLSSocket } from 'node:tls'
import { nativeCrypto as crypto } from '../../../src/crypto/native.ts'
import { Hub } from '../../../src/delivery/hub.ts'
import type { ServerAddress } from '../../../src/protocol/address.ts'
import { BlockPacker } from '../../../src/protocol/block.ts'
import { ProtocolError } from '../../../src/protocol/bytes.ts'
import type { EntityId } from '../../../src/protocol/ids.ts'
import type { Reply } from '../../../src/protocol/reply.ts'
import { decodeReply } from '../../../src/protocol/reply-decoder.ts'
import { writeReply } from '../../../src/protocol/reply-encoder.ts'
import { decodeTransmission, writeUnsignedHead } from '../../../src/protocol/transmission.ts'
import { supportedVersions } from '../../../src/protocol/version.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { BlockPool } from '../../../src/session/block-pool.ts'
import { type AgreedSession, shakeHands } from '../../../src/session/handshake.ts'
import { Session } from '../../../src/session/session.ts'
import { MemoryStore } from '../../../src/store/memory/memory-store.ts'
import type { QueueStore } from '../../../src/store/store.ts'
import { smpTlsOptions, tlsTransport } from '../../../src/transport/tls.ts'
import type { Transport } from '../../../src/transport/transport.ts'
import { makeIdentity } from '../../client/support/identity.ts'

export interface Said {
  readonly reply: Reply
  readonly entityId: EntityId
  readonly correlationId: Uint8Array
}

export interface Twist {
  /** What is said instead; `undefined`: nothing at all; text: bytes that are no reply. */
  readonly says?: (said: Said) => Said | string | undefined
  /** Calls of the store that do something else. */
  readonly store?: (store: QueueStore) => Partial<QueueStore>
  readonly quota?: number
}

class TwistedPacker extends BlockPacker {
  readonly #session: AgreedSession
  readonly #says: NonNullable<Twist['says']>

  constructor(session: AgreedSession, says: NonNullable<Twist['says']>) {
    super()
    this.#session = session
    this.#says = says
  }

  override add(write: (writer: Writer) => void): void {
    const writer = new Writer()
    write(writer)
    const { version } = this.#session
    const { correlationId, entityId, command } = decodeTransmission(writer.bytes(), version)
    const reply = decodeReply(command, version)
    const said = this.#says({ reply, entityId, correlationId })
    if (said === undefined) return
    if (typeof said === 'string')
      super.add((w) => writeUnsignedHead(w, this.#session, { correlationId, entityId }).text(said))
    else
      super.add((w) => writeReply(writeUnsignedHead(w, this.#session, said), said.reply, version))
  }
}

const twistedStore = (store: QueueStore, { store: twist }: Twist): QueueStore => {
  const other = twist?.(store) ?? {}
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(other, name) ?? Reflect.get(target, name, target)
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
}

const DAY = 86_400
const policy = { newQueues: true }

export class TwistedRelay implements AsyncDisposable {
  readonly #identity = makeIdentity()
  readonly #hub = new Hub<Session>()
  readonly #store: MemoryStore
  readonly #twist: Twist
  readonly #sockets = new Set<TLSSocket>()
  readonly #serving = new Set<Promise<void>>()
  readonly #server = createServer({
    ...smpTlsOptions(this.#identity),
    // services show certificates
    requestCert: true,
    rejectUnauthorized: false,
  })
  #port = 0

  private constructor(twist: Twist) {
    this.#twist = twist
    this.#store = new MemoryStore({
      deliver: this.#hub.deliver,
      now: Date.now,
      limits: {
        queueQuota: twist.quota ?? 5,
        messageTtlSeconds: DAY,
        expiryIntervalSeconds: DAY,
        expireOnSend: true,
        notificationTtlSeconds: DAY,
      },
    })
  }

  static async start(twist: Twist): Promise<TwistedRelay> {
    const relay = new TwistedRelay(twist)
    await relay.#listen()
    return relay
  }

  get address(): ServerAddress {
    return { keyHash: this.#identity.keyHash, hosts: ['127.0.0.1'], port: this.#port }
  }

  /** Queues that are here. */
  async queues(): Promise<number> {
    return (await this.#store.count()).queues
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await Promise.all(this.#serving)
    await this.#store.close()
  }

  async #listen(): Promise<void> {
    this.#server.on('secureConnection', (socket) => {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      const transport = tlsTransport(socket, undefined)
      assert.ok(transport)
      const serving = this.#serve(transport).finally(() => this.#serving.delete(serving))
      this.#serving.add(serving)
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    assert.ok(typeof address === 'object' && address !== null)
    this.#port = address.port
  }

  async #serve(transport: Transport): Promise<void> {
    const agreed = await this.#agree(transport)
    if (agreed === undefined) return transport.close()
    const { says = (said: Said) => said } = this.#twist
    const id = this.#hub.nextConnection()
    const session = new Session({
      transport,
      agreed,
      connection: { id, nextClaim: this.#hub.nextClaim },
      context: { store: twistedStore(this.#store, this.#twist), crypto, policy, now: Date.now },
      packer: new TwistedPacker(agreed, says),
      pool: new BlockPool(),
      notificationIntervalMs: 1,
      onFault: (error) => assert.fail(String(error)),
    })
    this.#hub.add(id, session)
    await session.serve()
    transport.destroy()
    this.#hub.remove(id)
    await session.finish()
  }

  async #agree(transport: Transport): Promise<AgreedSession | undefined> {
    const { keyHash, chain, leafKey } = this.#identity
    const identity = { fingerprint: keyHash, chainDer: chain, leafKey }
    try {
      return await shakeHands(transport, {
        ...{ crypto, identity, versions: supportedVersions, now: Date.now },
        registerService: (certificate) => this.#store.registerService(certificate),
      })
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }
}

/** Says another reply instead of those that fit. */
export const instead =
  (fits: (said: Said) => boolean, reply: (said: Said) => Reply): NonNullable<Twist['says']> =>
  (said) =>
    fits(said) ? { ...said, reply: reply(said) } : said
