/** What is checked when a pod opens its store, and what it says where that does not do. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, describe, type TestContext, test } from 'node:test'
import { openRedisStore, type RedisStoreOptions } from '../../src/store/redis/open.ts'
import type { RedisStore } from '../../src/store/redis/redis-store.ts'
import { scripts } from '../../src/store/redis/scripts.ts'
import { ServerProblem } from '../../src/store/redis/server-check.ts'
import { newQueue } from '../store/builders.ts'
import { limits, type StoreFactory, sizeOf, startPods } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import {
  CALM_CLUSTER,
  type RedisServer,
  startCluster,
  startRedis,
  withPrefix,
} from '../support/redis.ts'
import { newClusterKey } from './store.ts'

const clusterKey = newClusterKey()

const server = await startRedis()
after(() => server.stop())

type Settings = Partial<RedisStoreOptions> & Pick<RedisStoreOptions, 'url'>

const open = (settings: Settings): Promise<RedisStore> =>
  openRedisStore({
    deliver: () => {},
    now: Date.now,
    limits,
    clusterKeys: [clusterKey],
    partitions: 4,
    durability: 'memory',
    identity: 'ours',
    onFault: () => {},
    ...settings,
  })

const opens = async (settings: Settings): Promise<void> => {
  const store = await open(settings)
  await store.close()
}

/** Refused with one line, which is what the operator reads. */
const refusal = async (settings: Settings): Promise<string> => {
  const error = await open(settings).then(
    (store) => store.close(),
    (problem: unknown) => problem,
  )
  assert.ok(error instanceof ServerProblem, `it is refused (${error})`)
  assert.doesNotMatch(error.message, /\n/)
  return error.message
}

const newPlace = (at: Pick<RedisServer, 'url'> = server) => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  return { prefix, url: withPrefix(at.url, prefix) }
}

/** Not Redis: it says of itself what it is told to, and to everything else OK. */
const startTeller = async (t: TestContext, info: readonly string[]): Promise<string> => {
  const text = ['loading:0', ...info].join('\r\n')
  const answers: Readonly<Record<string, string>> = {
    HELLO: '-ERR unknown command HELLO\r\n',
    INFO: `$${text.length}\r\n${text}\r\n`,
  }
  const teller = createServer((socket) => {
    socket.on('error', () => {})
    let rest = ''
    socket.setEncoding('latin1').on('data', (more: string) => {
      const lines = (rest + more).split('\r\n')
      rest = lines.pop() ?? ''
      // a command begins with *, a length and its name
      for (const [index, line] of lines.entries())
        if (line.startsWith('$') && lines[index - 1]?.startsWith('*'))
          socket.write(answers[lines[index + 1]?.toUpperCase() ?? ''] ?? '+OK\r\n')
    })
    t.after(() => socket.destroy())
  })
  teller.listen(0, '127.0.0.1')
  await once(teller, 'listening')
  t.after(() => teller.close())
  return `redis://127.0.0.1:${(teller.address() as AddressInfo).port}`
}

describe('versions', () => {
  /** Only a version that is good enough gets to the policy. */
  const policy = 'maxmemory_policy:allkeys-lru'
  const isAccepted = /maxmemory-policy/
  interface Case {
    readonly info: readonly string[]
    readonly durability?: 'fsync'
    readonly line: RegExp
  }
  const tooOld = (name: string) => new RegExp(`^${name} is too old: Redis 7 or Valkey 8 is needed$`)
  const cases: readonly Case[] = [
    { info: ['redis_version:6.2.0'], line: tooOld('Redis 6.2.0') },
    { info: ['redis_version:6.2.21', 'redis_mode:standalone'], line: tooOld('Redis 6.2.21') },
    { info: ['redis_version:3.0.504'], line: tooOld('Redis 3.0.504') },
    {
      info: ['redis_version:7.2.4', 'server_name:valkey', 'valkey_version:7.2.5'],
      line: tooOld('Valkey 7.2.5'),
    },
    { info: ['redis_version:unstable'], line: tooOld('Redis unstable') },
    { info: [], line: / is too old: Redis 7 or Valkey 8 is needed$/ },
    { info: ['redis_version:7.0.0'], line: isAccepted },
    { info: ['redis_version:10.1.0'], line: isAccepted },
    { info: ['redis_version:7.2.4', 'valkey_version:8.0.0'], line: isAccepted },
    {
      info: ['redis_version:7.0.15'],
      durability: 'fsync',
      line: /^SLUICE_DURABILITY fsync needs Redis 7.2 or Valkey 8, and this is Redis 7.0.15$/,
    },
    { info: ['redis_version:7.2.0'], durability: 'fsync', line: isAccepted },
    { info: ['redis_version:8.0.0'], durability: 'fsync', line: isAccepted },
    {
      info: ['redis_version:7.2.4', 'valkey_version:8.1.3'],
      durability: 'fsync',
      line: isAccepted,
    },
  ]
  for (const { info, durability = 'memory', line } of cases)
    test(`${info.join(' ') || 'nothing'}, ${durability}`, async (t) => {
      const url = await startTeller(t, [...info, policy])
      assert.match(await refusal({ url, durability }), line)
    })
})

describe('memory and disk', () => {
  const policies = ['allkeys-lru', 'volatile-ttl', 'allkeys-random']
  for (const policy of policies)
    test(`maxmemory-policy ${policy} is refused with the remedy, unless that is accepted`, async () => {
      await using evicting = await startRedis({ args: ['--maxmemory-policy', policy] })
      const line = await refusal({ url: evicting.url })
      assert.match(line, new RegExp(`maxmemory-policy ${policy}\\b.*noeviction`))
      assert.match(line, /SLUICE_REDIS_EVICTION=allowed/)
      assert.deepEqual(await ask(evicting, (redis) => redis.keys('*')), [], 'nothing was written')
      await opens({ url: evicting.url, ignoresPolicy: true })
    })

  test('fsync without an append-only file is refused', async (t) => {
    const info = ['redis_version:8.0.0', 'maxmemory_policy:noeviction', 'aof_enabled:0']
    const url = await startTeller(t, info)
    assert.match(await refusal({ url, durability: 'fsync' }), /fsync needs .*appendonly yes/)
  })

  test('fsync is refused by a server of the test that has no append-only file', async () => {
    assert.match(await refusal({ ...newPlace(), durability: 'fsync' }), /SLUICE_DURABILITY fsync/)
  })
})

describe('what the relays of a cluster have in common', () => {
  interface Case {
    readonly name: string
    readonly change?: (key: string) => Promise<unknown>
    readonly settings?: Partial<RedisStoreOptions>
    readonly line: RegExp
  }
  const set = (field: string, value: string) => (key: string) =>
    ask(server, (redis) => redis.hset(key, field, value))
  const cases: readonly Case[] = [
    {
      name: 'partitions',
      settings: { partitions: 8 },
      line: /partitions 4 and this relay 8: set SLUICE_PARTITIONS=4$/,
    },
    {
      name: 'schema',
      change: set('schema', '2'),
      line: /schema 2 and this relay 1: run the versions of Sluice that made it, or begin with an empty Redis$/,
    },
    {
      name: 'identity',
      settings: { identity: 'theirs' },
      line: /identity ours and this relay theirs: .*SLUICE_DATA_DIR.*\?prefix=/,
    },
    {
      name: 'key',
      settings: { clusterKeys: [newClusterKey()] },
      line: /another SLUICE_CLUSTER_KEY .*newest first$/,
    },
  ]
  for (const { name, change, settings, line } of cases)
    test(`another ${name} is refused, and changes nothing`, async () => {
      const { url, prefix } = newPlace()
      await opens({ url })
      await change?.(`${prefix}cluster`)
      const recorded = () => ask(server, (redis) => redis.hgetall(`${prefix}cluster`))
      const before = await recorded()
      assert.match(await refusal({ url, ...settings }), line)
      assert.deepEqual(await recorded(), before)
      assert.deepEqual(await ask(server, (redis) => redis.keys(`${prefix}*`)), [`${prefix}cluster`])
    })

  test('pods that open together, as the first ones, agree', async () => {
    const { url } = newPlace()
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ url })))
    await Promise.all(stores.map((store) => store.close()))
    await opens({ url })
  })

  test('of pods with different settings that open together, one is refused', async () => {
    const { url } = newPlace()
    const both = [4, 8].map((partitions) => open({ url, partitions }))
    const outcomes = await Promise.allSettled(both)
    for (const one of outcomes) if (one.status === 'fulfilled') await one.value.close()
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    assert.equal(refused.length, 1)
  })

  test('of pods with different keys that open together, as the first ones, not both go on', async () => {
    const { url } = newPlace()
    const both = [newClusterKey(), newClusterKey()].map((key) => open({ url, clusterKeys: [key] }))
    const outcomes = await Promise.allSettled(both)
    for (const one of outcomes) if (one.status === 'fulfilled') await one.value.close()
    assert.ok(outcomes.some(({ status }) => status === 'rejected'))
  })

  test('two clusters with prefixes of their own have nothing in common', async () => {
    const [first, second] = [newPlace(), newPlace()]
    const other = { partitions: 8, identity: 'theirs', clusterKeys: [newClusterKey()] as const }
    const stores = [await open(first), await open({ ...second, ...other })] as const
    const queue = newQueue()
    for (const store of stores)
      assert.deepEqual(await store.createQueue(queue), { outcome: 'done' })
    for (const store of stores) {
      assert.deepEqual(await sizeOf(store), { queues: 1, messages: 0 })
      await store.close()
    }
  })
})

/** Two versions of Sluice run side by side in a rollout: what they share is the schema version. */
test('pods of one schema version serve the same queues side by side, whoever opened first', async () => {
  const { url } = newPlace()
  const factory: StoreFactory = {
    isClustered: true,
    async start(pods) {
      const stores: RedisStore[] = []
      for (const pod of pods) stores.push(await open({ ...pod, url }))
      return { stores, close: async () => void (await Promise.all(stores.map((s) => s.close()))) }
    },
  }
  const { pod, others, close } = await startPods(factory, { pods: 2 })
  try {
    const [other = pod] = others
    const subscriber = { connection: 1, claim: 1 }
    const queue = await pod.create({}, subscriber)
    const message = await other.append(await other.load(queue))
    assert.equal((await pod.events.next(1)).type, 'available')
    const { messageId } = message
    const acknowledged = await pod.store.acknowledge(queue, { messageId, subscriber })
    assert.deepEqual(acknowledged, { outcome: 'done' })
  } finally {
    await close()
  }
})

const loadedOn = (node: RedisServer): Promise<unknown> =>
  ask(node, (redis) =>
    redis.call('SCRIPT', 'EXISTS', ...Object.values(scripts).map(({ hash }) => hash)),
  )

const all = Object.values(scripts).map(() => 1)

test('every script is loaded', async () => {
  await using fresh = await startRedis()
  await opens({ url: fresh.url })
  assert.deepEqual(await loadedOn(fresh), all)
})

test('every script is loaded on every primary of a Redis Cluster, and its settings are recorded once', async () => {
  await using cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 0 })
  const { url, prefix } = newPlace(cluster)
  await opens({ url })
  for (const node of cluster.primaries) assert.deepEqual(await loadedOn(node), all)
  const keys = await Promise.all(
    cluster.primaries.map((node) => ask(node, (redis) => redis.keys(`${prefix}*`))),
  )
  assert.deepEqual(keys.flat(), [`${prefix}cluster`])
  assert.match(await refusal({ url, partitions: 8 }), /SLUICE_PARTITIONS=4$/)
})

test('one node of a Redis Cluster that evicts is enough to be refused', async () => {
  await using cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 0 })
  const [, , last] = cluster.primaries
  assert.ok(last)
  await ask(last, (redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lfu'))
  assert.match(await refusal({ url: cluster.url }), /maxmemory-policy allkeys-lfu/)
})
