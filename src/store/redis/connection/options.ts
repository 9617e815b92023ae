/** What every connection to Redis is made with, and how one is made to each kind of address. */
import { Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress, RedisNode } from '../address.ts'

const CONNECT_TIMEOUT_MS = 3000
const LONGEST_RETRY_MS = 1000
const KEEP_ALIVE_MS = 10_000
/** Not for as long as a server that is loading expects to. */
const LONGEST_LOADING_WAIT_MS = 100
/** A server that is gone does not answer a goodbye. */
const DISCONNECT_TIMEOUT_MS = 100
/** Reconnections of many relays spread over this. */
const JITTER_MS = 50

export interface ServerAddress extends RedisAddress {
  /** Certificates (PEM) that a TLS server's has to lead to; absent: the system's. */
  readonly ca?: string | undefined
  /** Of the sentinels themselves. */
  readonly sentinelPassword?: string | undefined
}

const retryAfter = (attempt: number): number =>
  Math.min(25 * 2 ** attempt, LONGEST_RETRY_MS) + Math.random() * JITTER_MS

const optionsOf = (address: ServerAddress) => {
  const { username, password, ca } = address
  const options: Omit<RedisOptions, 'replyMapping'> = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: LONGEST_LOADING_WAIT_MS,
    retryStrategy: retryAfter,
    // whoever asked decides whether to ask again: a script that was sent may have run
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(address.tls && { tls: ca === undefined ? {} : { ca } }),
  }
  return options
}

/** A connection that is not open yet: to a node of a cluster where one is named. */
export const connectionTo = (address: ServerAddress, node?: RedisNode): Redis => {
  const options = optionsOf(address)
  const { nodes, primary: name, database: db } = address
  if (node !== undefined) return new Redis({ ...options, ...node })
  if (name !== undefined)
    return new Redis({
      ...options,
      db,
      name,
      sentinels: [...nodes],
      sentinelRetryStrategy: retryAfter,
      ...(address.sentinelPassword && { sentinelPassword: address.sentinelPassword }),
      ...(options.tls && { enableTLSForSentinelMode: true, sentinelTLS: options.tls }),
      // leaves a primary that was replaced also when its connection does not break
      failoverDetector: true,
    })
  return new Redis({ ...options, db, host: nodes[0].host, port: nodes[0].port })
}

/**
 * Connects, and goes on until the function that it returns is called. The client tries again by
 * itself, but for an attempt during which the sentinels tell it of a failover: that is its last.
 */
export const keepOpen = (redis: Redis): (() => void) => {
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  const open = () => void redis.connect().catch(() => {})
  redis.on('end', () => {
    if (!isClosed) timer = setTimeout(open, retryAfter(0)).unref()
  })
  open()
  return () => {
    isClosed = true
    clearTimeout(timer)
    redis.disconnect()
  }
}
