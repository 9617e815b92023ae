/** The Redis of each topology, and what can happen to it. */
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../test/support/redis/ask.ts'
import { until } from '../../test/support/redis/until.ts'
import { type RedisServer, startRedis } from '../../test/support/redis.ts'
import { startClusterStore } from './cluster-store.ts'
import type { Topology } from './schedule.ts'
import { startSentinelStore } from './sentinel-store.ts'

export type Durability = 'memory' | 'replica' | 'fsync'

export interface Store extends AsyncDisposable {
  readonly url: string
  readonly durability: Durability
  /** Those that hold keys now, in an order that does not change without a failover. */
  primaries(): Promise<readonly RedisServer[]>
  /** SIGKILL; it is there again, in whatever role, when this resolves. */
  kill(primary: RedisServer, downMs: number): Promise<void>
  /** Another one takes over from a primary that lives. */
  failOver(primary: RedisServer): Promise<void>
  /** Resolves when everything is as whole as it was at the start. */
  settled(): Promise<void>
}

const alone = (redis: RedisServer, durability: Durability): Store => ({
  url: redis.url,
  durability,
  primaries: async () => [redis],
  async kill(_, downMs) {
    await redis.kill()
    await delay(downMs)
    await redis.restart()
  },
  failOver: async () => {},
  settled: () =>
    until('Redis answers', async () => (await ask(redis, (client) => client.ping())) === 'PONG'),
  [Symbol.asyncDispose]: () => redis.stop(),
})

const withFile = ['--appendonly', 'yes', '--appendfsync', 'always']

/** @throws NoRedis */
export const startStore = async (topology: Topology): Promise<Store> => {
  switch (topology) {
    case 'memory':
      return alone(await startRedis(), 'memory')
    case 'fsync':
      return alone(await startRedis({ args: withFile, need: 'waitaof' }), 'fsync')
    case 'sentinel':
      return startSentinelStore()
    case 'cluster':
      return startClusterStore()
  }
}

const LAG_MS = 300

/** Its disk is behind, and what is not there yet is lost: for runs that must find that. */
export const startForgetfulStore = async (): Promise<Store> => {
  const redis = await startRedis()
  return {
    ...alone(redis, 'memory'),
    async kill(_, downMs) {
      await ask(redis, (client) => client.save())
      await delay(LAG_MS)
      await redis.kill()
      await delay(downMs)
      await redis.restart()
    },
  }
}
