/** What a primary and its replicas say about each other. */
import { ask, fieldOf } from './redis/ask.ts'
import type { RedisServer } from './redis/server.ts'
import { until } from './redis/until.ts'

const infoOf = (server: RedisServer): Promise<string> =>
  ask(server, (redis) => redis.info('replication'))

/** What was written until now is on every replica. */
export const replicated = async (primary: RedisServer): Promise<void> => {
  const written = Number(fieldOf(await infoOf(primary), 'master_repl_offset'))
  await until('the replicas have what was written', async () => {
    const replicas = [...(await infoOf(primary)).matchAll(/^slave\d+:.*offset=(\d+)/gm)]
    return replicas.length > 0 && replicas.every(([, offset]) => Number(offset) >= written)
  })
}

/** Its replicas lose it and are not let in again: it goes on alone. */
export const isolate = (primary: RedisServer): Promise<void> =>
  ask(primary, async (redis) => {
    await redis.acl('SETUSER', 'default', '-psync', '-sync')
    await redis.call('CLIENT', 'KILL', 'TYPE', 'replica')
  })

export const takenOver = (replica: RedisServer): Promise<void> =>
  until('the replica took over', async () => fieldOf(await infoOf(replica), 'role') === 'master')

/** How many queues a server of a cluster holds. */
export const queuesOn = async (server: RedisServer): Promise<number> =>
  ask(server, async (redis) => (await redis.keys('*:q:*')).length)
