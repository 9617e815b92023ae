/** A relay without sockets: sessions, the hub and the in-memory store, and clients that talk to it. */
import assert from 'node:assert/strict'
import { afterEach } from 'node:test'
import type { Policy } from '../../src/commands/spec.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { Hub } from '../../src/delivery/hub.ts'
import type { Limits } from '../../src/limits/limits.ts'
import type { SessionLimits } from '../../src/limits/session-limits.ts'
import type { Measures } from '../../src/measures/measures.ts'
import { BlockPacker } from '../../src/protocol/block.ts'
import { ProtocolError } from '../../src/protocol/bytes.ts'
import type { VersionRange } from '../../src/protocol/version.ts'
import { BlockPool } from '../../src/session/block-pool.ts'
import { shakeHands } from '../../src/session/handshake.ts'
import { Session } from '../../src/session/session.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import type { NewQueue, QueueRecord, QueueStore, StoreLimits } from '../../src/store/store.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { recordOf } from '../store/cluster.ts'
import { FakeClock, turn } from './clock.ts'
import { MemoryConnection } from './memory-transport.ts'
import type { WireClient } from './wire-client.ts'
import { WireDirectory } from './wire-directory.ts'
import { type ConnectOptions, identity, sayHello } from './wire-hello.ts'
import type { StoreInBetween } from './wire-store.ts'

const DAY = 86_400

const usualLimits: StoreLimits = {
  queueQuota: 128,
  messageTtlSeconds: 21 * DAY,
  expiryIntervalSeconds: 7200,
  expireOnSend: true,
  notificationTtlSeconds: DAY,
}

const CLIENT_ADDRESS = '192.0.2.1'

const leftovers: unknown[] = []
afterEach(() => {
  const [first] = leftovers.splice(0)
  if (first !== undefined) throw first
})

export type WireRelayOptions = Partial<StoreLimits & Policy> & {
  readonly versions?: VersionRange
  /** Stands before the store of the sessions. */
  readonly held?: StoreInBetween
  readonly crypto?: CryptoProvider
  readonly notificationIntervalMs?: number
  readonly measures?: Measures
  /** For clients at one address. */
  readonly limits?: Limits
}

export class WireRelay implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly directory = new WireDirectory()
  readonly hub = new Hub<Session>()
  /** Faults that the relay would log, by where they happened; a test empties what it expects. */
  readonly faults: string[] = []
  /** What each of them was. */
  readonly errors: unknown[] = []
  /** The store itself, past any wrapper. */
  readonly store: MemoryStore
  readonly #options: WireRelayOptions
  readonly #sessionStore: QueueStore
  readonly #packer = new BlockPacker()
  readonly #pool = new BlockPool()
  readonly #connections = new Set<MemoryConnection>()
  readonly #serving = new Set<Promise<void>>()
  #delivered = 0
  #lastCreated: NewQueue | undefined

  constructor(options: WireRelayOptions = {}) {
    this.#options = options
    this.store = new MemoryStore({
      deliver: (connection, event) => {
        this.#delivered += 1
        this.hub.deliver(connection, event)
      },
      now: this.clock.now,
      limits: { ...usualLimits, ...options },
      measures: options.measures?.store,
    })
    this.#sessionStore = options.held?.wrap(this.#noting(this.store)) ?? this.store
  }

  /** The queue that was created last, answered or not. */
  get lastCreated(): NewQueue {
    assert.ok(this.#lastCreated, 'a queue was created')
    return this.#lastCreated
  }

  /** A connection that has said nothing yet. */
  open(options: ConnectOptions = {}): MemoryConnection {
    const { alpn, sessionId = nativeCrypto.randomBytes(32), service } = options
    const { chain = service?.identity.chain } = options
    const connection = new MemoryConnection({
      sessionId,
      alpn: alpn ? undefined : 'smp/1',
      ...(chain && { chain }),
    })
    this.#connections.add(connection)
    const serving = this.#serve(connection.transport()).finally(() => {
      this.#serving.delete(serving)
    })
    this.#serving.add(serving)
    return connection
  }

  async connect(options: ConnectOptions = {}): Promise<WireClient> {
    return sayHello(this.open(options), this.directory, options)
  }

  async recordOf(rid: string): Promise<QueueRecord> {
    const record = recordOf((await this.store.loadQueues('recipient', [rid]))[0])
    assert.ok(record, 'the queue exists')
    return record
  }

  /** Ends all connections and waits until nothing of them is left. */
  async disconnectAll(): Promise<void> {
    this.#options.held?.releaseAll()
    for (const connection of this.#connections) connection.leave()
    await Promise.all(this.#serving)
    assert.equal(this.hub.size, 0, 'sessions in the hub')
  }

  /** A failure here is reported after the test, whose own failure it would hide. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: unknown) => leftovers.push(error))
  }

  async close(): Promise<void> {
    await this.disconnectAll()
    await turn()
    assert.deepEqual(this.faults, [], 'unexpected faults')
    for (const rid of this.directory.queues.keys()) await this.expectNoSubscriber(rid)
    await this.store.close()
  }

  /** Blocks the queue and removes its notifier: a subscriber that is left would be told. */
  async expectNoSubscriber(rid: string): Promise<void> {
    const before = this.#delivered
    const record = recordOf((await this.store.loadQueues('recipient', [rid]))[0])
    if (record === undefined) return
    await this.store.blockQueue(record, { reason: 'spam' })
    await this.store.removeNotifier(await this.recordOf(rid), 0)
    assert.equal(this.#delivered - before, 0, 'subscribers left in the store')
  }

  #noting(store: QueueStore): QueueStore {
    const createQueue: QueueStore['createQueue'] = (queue, subscriber) => {
      this.#lastCreated = queue
      return store.createQueue(queue, subscriber)
    }
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'createQueue') return createQueue
        const method: unknown = Reflect.get(target, name, target)
        return typeof method === 'function' ? method.bind(target) : method
      },
    })
  }

  async #serve(transport: Transport): Promise<void> {
    const own = this.#options.limits?.session(CLIENT_ADDRESS)
    const session = await this.#openSession(transport, own)
    if (session === undefined) return own?.close()
    try {
      await session.serve()
    } catch (error) {
      this.faults.push(`serve: ${error}`)
    } finally {
      transport.destroy()
      this.hub.remove(session.connectionId)
      await session.finish()
      own?.close()
    }
  }

  async #openSession(
    transport: Transport,
    limits: SessionLimits | undefined,
  ): Promise<Session | undefined> {
    const { crypto = nativeCrypto, versions = { min: 6, max: 18 } } = this.#options
    const { keyHash, chain, leafKey } = identity
    try {
      const agreed = await shakeHands(transport, {
        crypto,
        identity: { fingerprint: keyHash, chainDer: chain, leafKey },
        versions,
        registerService: (certificate) => this.#sessionStore.registerService(certificate),
        now: this.clock.now,
        measures: this.#options.measures?.session.subscriptions.services.hellos,
      })
      const id = this.hub.nextConnection()
      const session = new Session({
        transport,
        agreed,
        connection: { id, nextClaim: this.hub.nextClaim },
        context: {
          store: this.#sessionStore,
          crypto,
          policy: { newQueues: true, ...this.#options },
          now: this.clock.now,
        },
        packer: this.#packer,
        pool: this.#pool,
        measures: this.#options.measures?.session,
        ...(limits && { limits }),
        notificationIntervalMs: this.#options.notificationIntervalMs ?? 1,
        onFault: (error, during) => {
          this.faults.push(during)
          this.errors.push(error)
        },
      })
      this.hub.add(id, session)
      return session
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.faults.push(`handshake: ${error}`)
      transport.close()
      return undefined
    }
  }
}
