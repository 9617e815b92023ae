/** Opens the store of a cluster: connections, self-checks, mailboxes, and what looks after them. */
import { nativeCrypto } from '../../crypto/native.ts'
import type { StoreMeasures } from '../../measures/store-measures.ts'
import type { Bytes } from '../../protocol/bytes.ts'
import { recipientIdOf, senderIdOf } from '../../protocol/ids.ts'
import { bareBase64url } from '../../protocol/text.ts'
import type { StoreOptions } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import { parseRedisAddress } from './address.ts'
import { ClusterKeys } from './cluster-keys.ts'
import type { Durability } from './connection/group-commit.ts'
import type { ServerAddress } from './connection/options.ts'
import { Servers } from './connection/servers.ts'
import { entryTypes } from './entry.ts'
import { Healing } from './healing.ts'
import { Isolation } from './isolation.ts'
import { Keys } from './keys.ts'
import { Mailboxes } from './mailboxes.ts'
import { Nudges } from './nudges.ts'
import { Pod } from './pod.ts'
import type { RecordFields } from './record-codec.ts'
import { type OnFault, RedisStore } from './redis-store.ts'
import { Repository } from './repository.ts'
import { scripts } from './scripts.ts'
import { checkServer } from './server-check.ts'
import { RedisTransfer } from './transfer.ts'

export interface RedisStoreOptions extends StoreOptions {
  /** See address.ts. */
  readonly url: string
  /** Certificates (PEM) that a TLS server's has to lead to; absent: the system's. */
  readonly ca?: string
  readonly sentinelPassword?: string
  /** 32 bytes each, newest first. */
  readonly clusterKeys: readonly [Bytes, ...Bytes[]]
  /** Of the whole cluster; a power of two. */
  readonly partitions: number
  /** Records of queues that the pod keeps at most. Default: 100,000. */
  readonly cachedQueues?: number
  readonly durability: Durability
  /** That have to confirm, with durability `replica`. Default: 1. */
  readonly durabilityReplicas?: number
  /** Fingerprint of the identity that all relays of the cluster have. */
  readonly identity: string
  /** Whether a Redis that evicts is accepted: it loses messages. */
  readonly ignoresPolicy?: boolean
  readonly onFault: OnFault
}

const POD_BYTES = 6
const CACHED_QUEUES = 100_000
const TICK_MS = 500
/** The first subscriptions, of a Redis that has answered. */
const SUBSCRIBED_WITHIN_MS = 2000
/** Finds what lost nudges were about; at every tick while nudges do not arrive. */
const TICKS_BETWEEN_DRAINS = 4
const TICKS_BETWEEN_WATCHES = 2

/** As large as the record of a queue that a sender has secured. */
const decoyOf = (crypto: typeof nativeCrypto): RecordFields => ({
  recipientId: recipientIdOf(crypto.randomBytes(24)),
  senderId: senderIdOf(crypto.randomBytes(24)),
  recipientKeys: [crypto.generateKeyPair('Ed25519').publicKey],
  dhSecret: crypto.randomBytes(32),
  senderKey: crypto.generateKeyPair('X25519').publicKey,
  mode: 'messaging',
  status: { state: 'active' },
})

/** Connections come back by themselves. */
const asPassing = (cause: unknown): StoreUnavailable =>
  new StoreUnavailable(cause instanceof Error ? cause.message : String(cause), { cause })

const addressOf = ({ url, ca, sentinelPassword }: RedisStoreOptions): ServerAddress => ({
  ...parseRedisAddress(url),
  ca,
  sentinelPassword,
})

interface Doubts {
  readonly onLost: (concerns: (key: string) => boolean) => void
  readonly onDoubt: (key: string) => void
}

const newPod = (options: RedisStoreOptions, { onLost, onDoubt }: Doubts): Pod => {
  const { durability, durabilityReplicas = 1, partitions, measures, tracing, onFault } = options
  const crypto = nativeCrypto
  const address = addressOf(options)
  const onError = (error: unknown): void => onFault(asPassing(error), 'redis connection')
  const confirming = { durability, durabilityReplicas }
  const servers = new Servers({ address, ...confirming, onError, onLost, measures, tracing })
  const keys = new Keys(address.prefix, partitions)
  const clusterKeys = new ClusterKeys(crypto, options.clusterKeys)
  const repository = new Repository({
    servers,
    keys,
    clusterKeys,
    decoy: decoyOf(crypto),
    cachedQueues: options.cachedQueues ?? CACHED_QUEUES,
    measures,
  })
  const pod = bareBase64url(crypto.randomBytes(POD_BYTES))
  return new Pod({ ...options, servers, crypto, keys, clusterKeys, repository, pod, onDoubt })
}

/** What a pod does besides answering: nudges, mailboxes, healing. */
class Upkeep {
  readonly pod: Pod
  readonly #onFault: OnFault
  readonly #mailboxes: Mailboxes
  readonly #healing: Healing
  readonly #isolation: Isolation
  readonly #nudges: Nudges
  #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #isStopped = false

  constructor(options: RedisStoreOptions) {
    const { onFault } = options
    this.#onFault = onFault
    this.pod = newPod(options, {
      onLost: (concerns) => this.#healing.suspect(concerns),
      onDoubt: (key) => this.#healing.doubt(key),
    })
    this.#mailboxes = new Mailboxes(this.pod, {
      onFault,
      onLost: (mailbox) => this.#healing.suspect((key) => key === mailbox),
    })
    this.#healing = new Healing(this.pod, this.#mailboxes, onFault)
    this.#isolation = new Isolation(this.pod, this.#mailboxes)
    this.#nudges = new Nudges({
      address: addressOf(options),
      servers: this.pod.options.servers,
      channels: this.#mailboxes.all,
      onNudge: (mailbox) => void this.#mailboxes.drain(mailbox),
      onGap: (mailboxes) => {
        for (const mailbox of mailboxes) void this.#mailboxes.drain(mailbox)
      },
      onError: (error) => onFault(asPassing(error), 'nudges'),
      measures: options.measures,
    })
  }

  async start(): Promise<void> {
    await this.#nudges.watch()
    // who says that it is there is ready; without nudges it serves all the same
    await this.#nudges.healthyWithin(SUBSCRIBED_WITHIN_MS)
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref()
  }

  get problems(): readonly string[] {
    const { servers } = this.pod.options
    return [
      ...(servers.areReady ? [] : ['Redis cannot be reached']),
      ...(this.#nudges.isHealthy ? [] : ['mailboxes have no subscription']),
    ]
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#nudges.close()
    await this.#mailboxes.stop()
    this.pod.options.servers.close()
  }

  async #tick(): Promise<void> {
    this.#ticks += 1
    try {
      if (!this.#nudges.isHealthy || this.#ticks % TICKS_BETWEEN_DRAINS === 0)
        this.#mailboxes.drainAll()
      if (this.#ticks % TICKS_BETWEEN_WATCHES === 0) await this.#nudges.watch()
      this.#isolation.check()
      await this.#healing.heal()
    } catch (error) {
      // a tick that was under way finds its connections closed
      if (!this.#isStopped) this.#onFault(error, 'upkeep')
    }
  }
}

/** From 0: a rate misses what begins with 1. */
const beginCounting = ({ calls, entries, reconnections }: StoreMeasures): void => {
  for (const { name } of Object.values(scripts)) calls.at(name)
  for (const type of entryTypes) entries.add(type, 0)
  for (const connection of ['commands', 'nudges'] as const) reconnections.add(connection, 0)
}

/**
 * @throws RedisAddressError, ServerProblem, or StoreUnavailable when Redis cannot be reached
 */
export const openRedisStore = async (options: RedisStoreOptions): Promise<RedisStore> => {
  const { durability, identity, ignoresPolicy = false, onFault, measures } = options
  if (measures !== undefined) beginCounting(measures)
  const upkeep = new Upkeep(options)
  const stop = () => upkeep.stop()
  try {
    await checkServer({ ...upkeep.pod.options, durability, identity, ignoresPolicy, onFault })
    await upkeep.start()
    return new RedisStore(upkeep.pod, { stop, problems: () => upkeep.problems, onFault })
  } catch (error) {
    await stop()
    throw error
  }
}

const nothing = (): void => {}

/**
 * Without a pod's upkeep: nothing is subscribed to and nobody is told anything.
 * @throws as openRedisStore
 */
export const openRedisTransfer = async (
  options: Omit<RedisStoreOptions, 'deliver'>,
): Promise<RedisTransfer> => {
  const { durability, identity, ignoresPolicy = false, onFault } = options
  const silent = { ...options, deliver: nothing }
  const pod = newPod(silent, { onLost: nothing, onDoubt: nothing })
  try {
    await checkServer({ ...pod.options, durability, identity, ignoresPolicy, onFault })
    return new RedisTransfer(pod)
  } catch (error) {
    pod.options.servers.close()
    throw error
  }
}
