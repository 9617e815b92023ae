/** One Redis for all test files of a run. */
import { randomBytes } from 'node:crypto'
import { Cluster } from 'ioredis'
import { parseRedisAddress } from '../../../src/store/redis/address.ts'
import { CALM_CLUSTER, startCluster } from './cluster.ts'
import { connect, type RedisClient } from './connect.ts'
import { type Machine, redisSources } from './find.ts'
import { NoRedis } from './launcher.ts'
import { CALM_SENTINEL, startSentinel } from './sentinel.ts'
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
  url: string,
  use: (client: RedisClient) => Promise<void>,
): Promise<void> => {
  const client = connect(url)
  try {
    await use(client)
  } finally {
    client.disconnect()
  }
}

const removeKeys = async (client: RedisClient, prefix: string): Promise<void> => {
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
  const ping = (client: RedisClient) => client.ping().then(() => {})
  await withClient(url, ping).catch(() => {
    const where = address.nodes.map(({ host, port }) => `${host}:${port}`).join()
    throw new NoRedis(`REDIS_URL is set, but no Redis answers at ${where}.`)
  })
  return {
    url,
    stop: () => withClient(url, (client) => removeKeys(client, address.prefix)),
  }
}

const shareOwn = async (topology: string): Promise<SharedRedis> => {
  switch (topology) {
    case 'standalone':
      return startServer(serverArgs)
    case 'cluster':
      return startCluster(CALM_CLUSTER)
    case 'sentinel':
      return startSentinel(CALM_SENTINEL)
    default:
      throw new NoRedis(
        `SLUICE_TEST_TOPOLOGY is ${topology}: it can be standalone, cluster or sentinel.`,
      )
  }
}

/**
 * The topology of an own Redis is what SLUICE_TEST_TOPOLOGY says.
 * @throws NoRedis, RedisAddressError
 */
export const shareRedis = (machine: Machine): Promise<SharedRedis> => {
  const [source] = redisSources(machine)
  if (source?.kind === 'url') return shareGiven(source.url)
  return shareOwn(machine.env.SLUICE_TEST_TOPOLOGY || 'standalone')
}
