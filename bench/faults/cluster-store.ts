/** Redis Cluster: three primaries, each with a replica that takes over. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask, fieldOf } from '../../test/support/redis/ask.ts'
import { until } from '../../test/support/redis/until.ts'
import { type RedisServer, startCluster } from '../../test/support/redis.ts'
import { takenOver } from '../../test/support/replication.ts'
import type { Store } from './stores.ts'

const replicationOf = (server: RedisServer): Promise<string> =>
  ask(server, (redis) => redis.info('replication'))

export const startClusterStore = async (): Promise<Store> => {
  const redis = await startCluster()
  const { nodes, url } = redis

  const primaries = async (): Promise<readonly RedisServer[]> => {
    const roles = await Promise.all(nodes.map(replicationOf))
    return nodes.filter((_, index) => fieldOf(roles[index] ?? '', 'role') === 'master')
  }

  const replicaOf = async (primary: RedisServer): Promise<RedisServer> => {
    const port = Number(/^slave0:.*port=(\d+)/m.exec(await replicationOf(primary))?.[1])
    const found = nodes.find((node) => node.port === port)
    if (found === undefined) throw new Error(`node ${primary.port} has no replica`)
    return found
  }

  return {
    url,
    durability: 'replica',
    primaries,
    async kill(primary, downMs) {
      const replica = await replicaOf(primary)
      await primary.kill()
      // back before it is replaced it would be a primary without any keys, as it has no disk
      await takenOver(replica)
      await delay(downMs)
      await primary.restart()
    },
    async failOver(primary) {
      const replica = await replicaOf(primary)
      await until('the replica begins', async () => {
        await ask(replica, (client) => client.call('CLUSTER', 'FAILOVER'))
        return true
      })
      await takenOver(replica)
    },
    settled: () => redis.settled(),
    [Symbol.asyncDispose]: () => redis.stop(),
  }
}
