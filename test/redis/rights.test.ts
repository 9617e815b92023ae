/** The least that the user of the relays has to be allowed in Redis. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findStateFiles } from '../../src/migrate/state-files.ts'
import { RedisStore } from '../../src/store/redis/redis-store.ts'
import { checkWith } from '../store/cluster.ts'
import { storeContract } from '../store/contract.ts'
import { ask } from '../support/redis/ask.ts'
import type { RedisServer } from '../support/redis/server.ts'
import { CALM_CLUSTER, startCluster, startRedis, withPrefix } from '../support/redis.ts'
import { recordedState } from '../support/state-folder.ts'
import { checkRefusal } from './opening.ts'
import { newClusterKey, redisAt } from './store.ts'
import { exportFrom, importFiles, transferAt } from './transfers.ts'

const PREFIX = 'sluice:'

/** Besides keys and channels with the prefix; `hello`, `auth` and `quit` need no right. */
const COMMANDS = [
  'info',
  ...['script|load', 'evalsha', 'eval'],
  ...['ssubscribe', 'spublish'],
  ...['exists', 'expire', 'persist', 'ttl', 'del'],
  ...['get', 'set'],
  ...['pfadd', 'pfcount'],
  ...['hdel', 'hget', 'hgetall', 'hincrby', 'hkeys', 'hlen', 'hmget', 'hset', 'hsetnx'],
  'pttl',
  ...['lindex', 'llen', 'lpop', 'lrange', 'ltrim', 'rpush'],
  ...['zadd', 'zcard', 'zrange', 'zrem'],
] as const

/** `asking` while slots move. */
const CLUSTER_COMMANDS = ['cluster|slots', 'asking'] as const

/** The client's name for logs: refused, it goes on without. */
const ORNAMENTS = new Set(['client|setinfo', 'client|setname'])

const PASSWORD = 'pass-word'

const allow = (server: RedisServer, commands: readonly string[]): Promise<unknown> =>
  ask(server, async (redis) => {
    const rights = [`~${PREFIX}*`, `&${PREFIX}*`, ...commands.map((command) => `+${command}`)]
    await redis.call('ACL', 'SETUSER', 'relay', 'on', `>${PASSWORD}`, ...rights)
    await redis.call('CONFIG', 'RESETSTAT')
  })

const asRelay = (url: string, { password = PASSWORD, prefix = PREFIX } = {}): string =>
  `${url.replace('://', `://relay:${password}@`)}?prefix=${prefix}`

/** What the server refused since it was started. */
const refusedBy = (server: RedisServer): Promise<readonly unknown[]> =>
  ask(server, async (redis) => {
    const log: unknown = await redis.call('ACL', 'LOG')
    assert.ok(Array.isArray(log))
    const objects = log.map((entry: unknown) =>
      Array.isArray(entry)
        ? entry.flatMap((name, index) => (name === 'object' ? [entry[index + 1]] : []))[0]
        : Object(entry).object,
    )
    return objects.filter((object) => !ORNAMENTS.has(`${object}`))
  })

const usedOf = (server: RedisServer): Promise<ReadonlySet<string>> =>
  ask(server, async (redis) => {
    const stats = await redis.info('commandstats')
    return new Set([...stats.matchAll(/^cmdstat_(\S+?):/gm)].map(([, name = '']) => name))
  })

const server = await startRedis()
after(() => server.stop())
await allow(server, COMMANDS)

storeContract('Redis with the least rights', redisAt(asRelay(server.url)))

checkWith(redisAt(asRelay(server.url)))(
  'scripts that the server lost are sent again',
  async (pod) => {
    await ask(server, (redis) => redis.script('FLUSH'))
    const queue = await pod.create()
    await pod.append(queue)
  },
)

checkWith(redisAt(asRelay(server.url)))(
  'relays tell how many connections they have',
  async (pod) => {
    assert.deepEqual(await pod.store.shareLoad?.(7), [7])
    assert.deepEqual(await pod.store.shareLoad?.(undefined), [])
  },
)

/** As many as lie in several slots. */
const used = Array.from({ length: 100 }, (_, i) => ({ pseudonym: `${i}`, kind: 0, takenMs: 1000 }))

checkWith(redisAt(asRelay(server.url)))('buckets of limits are shared', async ({ store }) => {
  assert.ok(store instanceof RedisStore)
  assert.equal((await store.sharedBuckets.add(used)).length, used.length)
})

test('nothing was refused', async () => {
  assert.deepEqual(await refusedBy(server), [])
})

test('each right was used', async () => {
  const used = await usedOf(server)
  assert.deepEqual(
    COMMANDS.filter((command) => !used.has(command)),
    [],
  )
})

test('an import needs no more than a relay, an export SCAN too', async () => {
  const url = withPrefix(asRelay(server.url), 'import')
  await using transfer = await transferAt({ url, clusterKeys: [newClusterKey()] })
  const files = await findStateFiles(recordedState('first'))
  const { problems } = await importFiles(files, { destination: transfer })
  assert.deepEqual(problems, [])
  assert.deepEqual(await refusedBy(server), [])
  await assert.rejects(exportFrom(transfer), /NOPERM/)
  await allow(server, [...COMMANDS, 'scan'])
  assert.equal((await exportFrom(transfer)).lines.queues.length, 13)
})

test('a wrong password is refused with one line', () =>
  checkRefusal({ url: asRelay(server.url, { password: 'wr0ng' }) }, /WRONGPASS|password/))

test('another prefix is refused with one line', () =>
  checkRefusal({ url: asRelay(server.url, { prefix: 'other:' }) }, /NOPERM|permission/i))

describe('in a Redis Cluster', async () => {
  const cluster = await startCluster(CALM_CLUSTER)
  before(() =>
    Promise.all(cluster.nodes.map((node) => allow(node, [...COMMANDS, ...CLUSTER_COMMANDS]))),
  )
  after(() => cluster.stop())

  checkWith(redisAt(asRelay(cluster.url)))(
    'the rights of one server and two more suffice',
    async (pod, other) => {
      const queue = await pod.create({}, { connection: 1, claim: 1 })
      await other.append(await other.load(queue))
      assert.equal((await pod.events.next(1)).type, 'available')
      assert.ok(pod.store instanceof RedisStore)
      assert.ok((await pod.store.sharedBuckets.add(used)).every((ms) => ms > 0 && ms <= 1000))
    },
    { pods: 2 },
  )

  test('nothing was refused', async () => {
    for (const node of cluster.nodes) assert.deepEqual(await refusedBy(node), [])
  })
})
