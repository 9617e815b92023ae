/** Opens the store of a cluster: connections, self-checks, mailboxes. */
import { nativeCrypto } from '../../crypto/native.ts'
import type { Bytes } from '../../protocol/bytes.ts'
import { bareBase64url } from '../../protocol/text.ts'
import type { StoreOptions } from '../store.ts'
import { parseRedisAddress } from './address.ts'
import { commandClient, subscriberClient } from './client.ts'
import { ClusterKeys } from './cluster-keys.ts'
import { Keys } from './keys.ts'
import { Mailboxes } from './mailboxes.ts'
import { Pod } from './pod.ts'
import { RedisStore } from './redis-store.ts'
import { Repository } from './repository.ts'
import type { RedisClient } from './script.ts'
import { checkServer } from './server-check.ts'

export interface RedisStoreOptions extends StoreOptions {
  readonly url: string
  /** 32 bytes each, newest first. */
  readonly clusterKeys: readonly [Bytes, ...Bytes[]]
  /** For a cluster that is new; an old one keeps what it has. */
  readonly partitions: number
  readonly onFault: (error: unknown, during: string) => void
}

const POD_BYTES = 6
/** Finds what lost nudges were about. */
const DRAIN_INTERVAL_MS = 2000

/** One subscription at a time: the channels of a cluster lie in different slots. */
const subscribeAll = async (subscriber: RedisClient, mailboxes: Mailboxes): Promise<void> => {
  subscriber.on('smessage', (channel: string) => mailboxes.drain(channel))
  // what was nudged while the connection was away
  subscriber.on('ready', () => mailboxes.drainAll())
  await Promise.all(mailboxes.channels.map((channel) => subscriber.ssubscribe(channel)))
}

/**
 * @throws RedisAddressError, ServerProblem, or the client's error when Redis cannot be reached
 */
export const openRedisStore = async (options: RedisStoreOptions): Promise<RedisStore> => {
  const { url, onFault, partitions } = options
  const crypto = nativeCrypto
  const address = parseRedisAddress(url)
  const client = commandClient(address)
  const subscriber = subscriberClient(address)
  for (const connection of [client, subscriber])
    connection.on('error', (error: unknown) => onFault(error, 'redis connection'))
  const keys = new Keys(address.prefix, partitions)
  const clusterKeys = new ClusterKeys(crypto, options.clusterKeys)
  const pod = new Pod({
    ...options,
    client,
    crypto,
    keys,
    clusterKeys,
    repository: new Repository({ client, keys, clusterKeys }),
    pod: bareBase64url(crypto.randomBytes(POD_BYTES)),
    durable: undefined,
  })
  const mailboxes = new Mailboxes(pod, onFault)
  const timer = setInterval(() => mailboxes.drainAll(), DRAIN_INTERVAL_MS).unref()
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    subscriber.disconnect()
    await mailboxes.stop()
    await client.quit().catch(() => client.disconnect())
  }
  try {
    await checkServer(client, keys)
    await subscribeAll(subscriber, mailboxes)
    return new RedisStore(pod, stop)
  } catch (error) {
    await stop()
    throw error
  }
}
