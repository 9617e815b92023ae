import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRedisAddress } from '../../src/store/redis/address.ts'
import { connect, type RedisClient } from '../support/redis/connect.ts'
import { thisMachine } from '../support/redis/find.ts'
import { shareRedis } from '../support/redis/shared.ts'
import { until } from '../support/redis/until.ts'
import { startCluster, startSentinel } from '../support/redis.ts'

const connected = (url: string) => {
  const client = connect(url)
  return { client, [Symbol.dispose]: () => client.disconnect() }
}

/** When it is given as REDIS_URL, the keys of a run go with the run, from every node. */
const checkShared = async (url: string, client: RedisClient): Promise<void> => {
  const shared = await shareRedis({ ...thisMachine(), env: { REDIS_URL: url } })
  const { prefix } = parseRedisAddress(shared.url)
  const mine = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => prefix + letter)
  for (const key of [...mine, 'theirs']) await client.set(key, 'value')
  await shared.stop()
  const remaining = await Promise.all([...mine, 'theirs'].map((key) => client.get(key)))
  assert.deepEqual(remaining, [...mine.map(() => null), 'value'])
}

// each mostly waits for servers to miss one another
describe('topologies', { concurrency: true }, () => {
  test('a cluster serves every slot, and goes on when a primary is killed', async () => {
    await using cluster = await startCluster({ primaries: 3, replicasEach: 1 })
    assert.equal(cluster.nodes.length, 6)
    using connection = connected(cluster.url)
    const { client } = connection
    await checkShared(cluster.url, client)
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `key:${letter}`)
    for (const key of keys) await client.set(key, key)
    await cluster.primaries[0]?.kill()
    await until('its replica took over', async () => {
      const values = await Promise.all(keys.map((key) => client.set(key, key)))
      return values.every((value) => value === 'OK')
    })
    await cluster.primaries[0]?.restart()
  })

  test('sentinels lead to the replica when the primary stands still', async () => {
    await using sentinel = await startSentinel()
    const { primary, replicas, sentinels } = sentinel
    assert.equal(sentinels.length, 3)
    using connection = connected(sentinel.url)
    await connection.client.set('key', 'value')
    await primary.pause()
    await until('the replica is the primary', async () => {
      using later = connected(sentinel.url)
      const info = await later.client.info('server')
      return info.includes(`tcp_port:${replicas[0]?.port}\r`)
    })
  })
})
