/**
 * A primary and its replica, which sentinels make the primary. A second replica could confirm what
 * a primary takes while sentinels replace it though it lives, and that is lost (docs/faults.md).
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ask, fieldOf } from '../../test/support/redis/ask.ts'
import { HOST } from '../../test/support/redis/server.ts'
import { until } from '../../test/support/redis/until.ts'
import { type RedisServer, startSentinel } from '../../test/support/redis.ts'
import type { Store } from './stores.ts'

const NAME = 'sluice'
/** Sentinels wait twice as long before they replace a primary again. */
const FAILOVER_TIMEOUT_MS = '1500'

const replicationOf = (server: RedisServer): Promise<string> =>
  ask(server, (redis) => redis.info('replication'))

export const startSentinelStore = async (): Promise<Store> => {
  const redis = await startSentinel({ replicas: 1, downAfterMs: 2000 })
  const { sentinels, url } = redis
  const [anySentinel = redis.primary] = sentinels
  const servers = [redis.primary, ...redis.replicas]
  for (const sentinel of sentinels)
    await ask(sentinel, (client) =>
      client.call('SENTINEL', 'SET', NAME, 'failover-timeout', FAILOVER_TIMEOUT_MS),
    )

  const primaryBy = async (sentinel: RedisServer): Promise<RedisServer> => {
    const answer = await ask(sentinel, (client) =>
      client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME),
    )
    const port = Number(Array.isArray(answer) ? answer[1] : Number.NaN)
    const found = servers.find((server) => server.port === port)
    if (found === undefined) throw new Error('the sentinel names no server of ours')
    return found
  }
  const primary = () => primaryBy(anySentinel)
  const isPrimary = async (server: RedisServer) =>
    fieldOf(await replicationOf(server), 'role') === 'master'

  const replaced = (old: RedisServer): Promise<void> =>
    until('another primary', async () => {
      const present = await primary()
      return present !== old && (await isPrimary(present))
    })

  /** Sentinels do it too, after ten seconds and more. */
  const follow = async (server: RedisServer, leader: RedisServer): Promise<void> => {
    const info = await replicationOf(server)
    if (fieldOf(info, 'master_port') === `${leader.port}`) return
    await ask(server, (client) => client.call('REPLICAOF', HOST, `${leader.port}`))
  }

  const isWhole = async (): Promise<boolean> => {
    const [leader = redis.primary, ...others] = await Promise.all(sentinels.map(primaryBy))
    if (others.some((other) => other !== leader) || !(await isPrimary(leader))) return false
    for (const server of servers) if (server !== leader) await follow(server, leader)
    const info = await replicationOf(leader)
    return info.match(/^slave\d+:.*state=online/gm)?.length === servers.length - 1
  }

  return {
    url,
    durability: 'replica',
    primaries: async () => [await primary()],
    async kill(server, downMs) {
      await server.kill()
      // back before it is replaced it would be a primary without any keys, as it has no disk
      await replaced(server)
      await delay(downMs)
      await server.restart()
      await follow(server, await primary())
    },
    async failOver(server) {
      await until('the sentinel begins', async () => {
        if ((await primary()) !== server) return true
        await ask(anySentinel, (client) => client.call('SENTINEL', 'FAILOVER', NAME))
        return true
      })
      await replaced(server)
    },
    settled: () => until('replicas and sentinels agree', isWhole),
    [Symbol.asyncDispose]: () => redis.stop(),
  }
}
