/** One Redis for all test files of a run. */
import { randomBytes } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import { parseRedisAddress, type RedisAddress } from '../../../src/store/redis/address.ts'
import { commandClient } from '../../../src/store/redis/client.ts'
import { type Machine, redisSources } from './find.ts'
import { NoRedis } from './launcher.ts'
import { serverArgs, startServer } from './server.ts'

export interface SharedRedis {
  readonly url: string
  stop(): Promise<void>
}

/** Lengthens the prefix that the address has, if any. */
export const withPrefix = (url: string, more: string): string => {
  const [address = '', prefix = ''] = url.split('?prefix=')
  return `${address}?prefix=${prefix}${encodeURIComponent(more)}`
}

const withClient = async (
  address: RedisAddress,
  use: (client: Redis | Cluster) => Promise<void>,
): Promise<void> => {
  const client = commandClient(address)
  client.on('error', () => {})
  try {
    await use(client)
  } finally {
    client.disconnect()
  }
}

const removeKeys = async (client: Redis | Cluster, prefix: string): Promise<void> => {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
  // a cluster client knows its nodes when it has been answered
  await client.ping()
  const nodes = client instanceof Cluster ? client.nodes('master') : [client]
  // of one node, but of many slots
  for (const node of nodes)
    for await (const keys of node.scanStream({ match: pattern, count: 1000 }))
      await Promise.all(keys.map((key: string) => node.unlink(key)))
}

const shareGiven = async (given: string): Promise<SharedRedis> => {
  // not ours alone: other runs, and what else may be there
  const url = withPrefix(given, `sluice-test:${randomBytes(6).toString('hex')}:`)
  const address = parseRedisAddress(url)
  const ping = (client: Redis | Cluster) => client.ping().then(() => {})
  await withClient(address, ping).catch(() => {
    const where = address.nodes.map(({ host, port }) => `${host}:${port}`).join()
    throw new NoRedis(`REDIS_URL is set, but no Redis answers at ${where}.`)
  })
  return {
    url,
    stop: () => withClient(address, (client) => removeKeys(client, address.prefix)),
  }
}

/** @throws NoRedis, RedisAddressError */
export const shareRedis = (machine: Machine): Promise<SharedRedis> => {
  const [source] = redisSources(machine)
  return source?.kind === 'url' ? shareGiven(source.url) : startServer(serverArgs)
}
