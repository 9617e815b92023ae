/** Connections to Redis: one for commands, one for nudges. */
import { Cluster, type ClusterOptions, Redis } from 'ioredis'
import type { RedisAddress } from './address.ts'
import type { RedisClient } from './script.ts'

/** Every call is answered or fails within this. */
const COMMAND_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 5000
const LONGEST_RETRY_MS = 2000

const retryAfter = (attempt: number): number => Math.min(50 * 2 ** attempt, LONGEST_RETRY_MS)

const connectionOptions = (address: RedisAddress) => ({
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  retryStrategy: retryAfter,
  // a script that was sent may have run: whoever asked decides whether to ask again
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  // a primary that became a replica after a failover: look for the new one
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  ...(address.username !== undefined && { username: address.username }),
  ...(address.password !== undefined && { password: address.password }),
  ...(address.tls && { tls: {} }),
})

const single = (address: RedisAddress, more: { enableAutoPipelining?: true } = {}): Redis => {
  const options = { ...connectionOptions(address), ...more }
  const { nodes, primary: name, database: db } = address
  const [{ host, port }] = nodes
  if (name === undefined) return new Redis({ host, port, db, ...options })
  return new Redis({ sentinels: [...nodes], name, db, ...options })
}

const cluster = (
  address: RedisAddress,
  options: Pick<ClusterOptions, 'enableAutoPipelining' | 'shardedSubscribers'>,
): Cluster => {
  // the cluster client has a retry strategy of its own
  const { retryStrategy: clusterRetryStrategy, ...redisOptions } = connectionOptions(address)
  return new Cluster([...address.nodes], { clusterRetryStrategy, redisOptions, ...options })
}

/** For scripts and reads: commands of one turn of the event loop leave together. */
export const commandClient = (address: RedisAddress): RedisClient =>
  address.kind === 'cluster'
    ? cluster(address, { enableAutoPipelining: true })
    : single(address, { enableAutoPipelining: true })

/** For sharded subscriptions only: one connection, or one to each shard. */
export const subscriberClient = (address: RedisAddress): RedisClient =>
  address.kind === 'cluster' ? cluster(address, { shardedSubscribers: true }) : single(address)
