/** A client for any Redis address, without what makes the store's own client patient. */
import { Cluster, Redis } from 'ioredis'
import { parseRedisAddress } from '../../../src/store/redis/address.ts'

export type RedisClient = Redis | Cluster

const options = ({ username, password, tls }: ReturnType<typeof parseRedisAddress>) => ({
  commandTimeout: 5000,
  retryStrategy: () => null,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(tls && { tls: {} }),
})

const clientOf = (address: ReturnType<typeof parseRedisAddress>): RedisClient => {
  const { kind, nodes, primary: name, database: db } = address
  const { retryStrategy, ...redisOptions } = options(address)
  if (kind === 'cluster')
    return new Cluster([...nodes], { clusterRetryStrategy: retryStrategy, redisOptions })
  if (name === undefined) return new Redis({ ...nodes[0], db, ...redisOptions, retryStrategy })
  const sentinels = { sentinels: [...nodes], sentinelRetryStrategy: retryStrategy }
  return new Redis({ ...sentinels, name, db, ...redisOptions, retryStrategy })
}

/** @throws RedisAddressError */
export const connect = (url: string): RedisClient => {
  const client = clientOf(parseRedisAddress(url))
  // what failed is told by the command that was waiting
  client.on('error', () => {})
  return client
}
