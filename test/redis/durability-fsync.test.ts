/**
 * SLUICE_DURABILITY fsync: an answer promises that what was written is on the server's disk. Where
 * the server has no WAITAOF (before Redis 7.2), the relay does not start.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { ServerProblem } from '../../src/store/redis/server-check.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { newLink, newNotifier, newQueue } from '../store/builders.ts'
import { limits, type Pod, startPods } from '../store/cluster.ts'
import { same } from '../store/same.ts'
import { ask } from '../support/redis/ask.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { within } from '../support/within.ts'
import { newClusterKey } from './store.ts'

const done = { outcome: 'done' }

/** Redis itself writes to disk every second, at every command, or when the system likes. */
const withFile = (appendfsync: 'everysec' | 'always' | 'no'): Promise<RedisServer> =>
  startRedis({ args: ['--appendonly', 'yes', '--appendfsync', appendfsync] })

const clusterKeys = [newClusterKey()] as const

const optionsOf = ({ url }: RedisServer) => ({
  url,
  clusterKeys,
  partitions: 4,
  durability: 'fsync' as const,
  identity: 'test',
})

const openPod = async (server: RedisServer) => {
  const { pod, close } = await startPods({
    isClustered: true,
    async start(pods) {
      const stores = await Promise.all(
        pods.map((one) => openRedisStore({ ...one, ...optionsOf(server), onFault: () => {} })),
      )
      return { stores, close: async () => void (await Promise.all(stores.map((s) => s.close()))) }
    },
  })
  return { pod, [Symbol.asyncDispose]: close }
}

const server = await withFile('everysec')
after(() => server.stop())

const hasWaitAof = await ask(server, async (redis) => {
  const [info] = Object.values(Object(await redis.call('COMMAND', 'INFO', 'WAITAOF')))
  return info !== null && info !== undefined
})

const append = (pod: Pod, queue: Parameters<Pod['append']>[0]) =>
  pod.store.appendMessage(queue, { message: pod.message() })

const confirmsOf = (of: RedisServer): Promise<number> =>
  ask(of, async (redis) => {
    const stats = await redis.info('commandstats')
    return Number(/^cmdstat_waitaof:calls=(\d+)/m.exec(stats)?.[1] ?? 0)
  })

const withoutWaitAof = () => {
  test('opening is refused with one line that says what is needed', async () => {
    const own = { deliver: () => {}, now: Date.now, limits, onFault: () => {} }
    const error = await openRedisStore({ ...own, ...optionsOf(server) }).then(
      (store) => store.close(),
      (problem: unknown) => problem,
    )
    assert.ok(error instanceof ServerProblem, `${error}`)
    assert.match(
      error.message,
      /^SLUICE_DURABILITY fsync needs Redis 7\.2 or Valkey 8, and this is Redis 7\.[01]\.\d+$/,
    )
  })
}

const refused = (what: string, call: Promise<unknown>): Promise<void> =>
  assert.rejects(within(what, call), StoreUnavailable, what)

const withWaitAof = () => {
  for (const appendfsync of ['everysec', 'always'] as const)
    test(`appendfsync ${appendfsync}: what was accepted survives the server`, async () => {
      await using own = await withFile(appendfsync)
      const link = newLink()
      const messages = []
      let ids = newQueue({ link, notifier: newNotifier() })
      {
        await using at = await openPod(own)
        const queue = await at.pod.create(ids)
        ids = { ...ids, senderId: queue.senderId }
        // one by one: each waits for the disk
        for (let count = 0; count < limits.queueQuota; count += 1)
          messages.push(await at.pod.append(queue))
      }
      assert.ok((await confirmsOf(own)) >= limits.queueQuota)
      await own.kill()
      await own.restart()
      await using at = await openPod(own)
      const [queue] = await at.pod.find('sender', [ids.senderId])
      assert.ok(queue)
      same(await at.pod.drain(queue), messages)
      same(await at.pod.find('link', [link.linkId]), [queue])
    })

  test('appendfsync no: nothing is accepted that may be lost', async () => {
    await using own = await withFile('no')
    const opening = openPod(own)
    const at = await opening.catch(() => undefined)
    // refused at once, or whatever is asked of it
    if (at === undefined) return assert.rejects(opening, ServerProblem)
    await using _ = at
    await refused('create', at.pod.store.createQueue(newQueue()))
  })

  test('messages of one turn cost one WAITAOF', async () => {
    await using at = await openPod(server)
    const queues = await Promise.all(Array.from({ length: 20 }, () => at.pod.create()))
    await ask(server, (redis) => redis.config('RESETSTAT'))
    const sent = await Promise.all(queues.map((queue) => append(at.pod, queue)))
    for (const one of sent) assert.deepEqual(one, done)
    assert.equal(await confirmsOf(server), 1)
  })

  test('without the file a message is refused in time, although it may be there; then others are accepted', async () => {
    await using own = await withFile('always')
    await using at = await openPod(own)
    const queue = await at.pod.create()
    await ask(own, (redis) => redis.config('SET', 'appendonly', 'no'))
    await refused('append', append(at.pod, queue))
    const described = await at.pod.store.describeQueue(queue)
    assert.ok(described.outcome === 'done' && described.size === 1)
    await ask(own, (redis) => redis.config('SET', 'appendonly', 'yes'))
    await at.pod.append(queue)
  })
}

describe(
  hasWaitAof ? 'a server with WAITAOF' : 'a server without WAITAOF',
  hasWaitAof ? withWaitAof : withoutWaitAof,
)
