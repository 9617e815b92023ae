/** A primary that becomes a replica: for a while or, under the eyes of sentinels, for good. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newSubscriber } from '../store/builders.ts'
import { ask, fieldOf } from '../support/redis/ask.ts'
import { checkDelivered, checkNoWrites, checkResumed } from '../support/redis/calls.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { Traffic } from '../support/redis/traffic.ts'
import { until } from '../support/redis/until.ts'
import { CALM_SENTINEL, type RedisServer, startRedis, startSentinel } from '../support/redis.ts'

const limits = { queueQuota: 1_000_000 }

const twoPods = async (url: string) => {
  const stores = await openPods({ urls: [url, url], limits })
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  const close = () => stores[Symbol.asyncDispose]()
  return { stores, pod, other, subscriber, queue, [Symbol.asyncDispose]: close }
}

describe('a server that is told to be a replica', () => {
  /** Of a server that does not exist. */
  const demote = (server: RedisServer) => ask(server, (redis) => redis.replicaof('127.0.0.1', 1))
  const promote = (server: RedisServer) => ask(server, (redis) => redis.replicaof('NO', 'ONE'))

  test('takes no writes: they are given up in time; and all goes on when it is a primary again', async () => {
    await using server = await startRedis()
    await using at = await twoPods(server.url)
    const { pod, other, queue, subscriber } = at
    await demote(server)
    await checkNoWrites(pod, queue)
    await promote(server)
    await checkResumed(pod, other)
    await checkDelivered(other, pod, { queue, connection: subscriber.connection })
  })

  test('for a moment: calls wait for its return', async () => {
    await using server = await startRedis()
    await using at = await twoPods(server.url)
    const { pod, queue } = at
    await demote(server)
    const appending = pod.append(queue)
    await until('Redis answered READONLY', () =>
      ask(server, async (redis) => /errorstat_READONLY/.test(await redis.info('errorstats'))),
    )
    await promote(server)
    await appending
  })
})

describe('SENTINEL FAILOVER', () => {
  test('while calls go on: they are answered or given up, and everything resumes', async () => {
    await using sentinel = await startSentinel(CALM_SENTINEL)
    const { primary, replicas, sentinels } = sentinel
    const [replica] = replicas
    const [first] = sentinels
    assert.ok(replica && first)
    await using at = await twoPods(sentinel.url)
    const { pod, other, queue, subscriber } = at
    const made = await Promise.all(Array.from({ length: 8 }, () => pod.create()))
    {
      await using traffic = new Traffic(
        made.map((one) => async () => {
          const { messageId } = await other.append(one)
          await pod.store.acknowledge(one, { messageId })
        }),
      )
      await traffic.progress()
      await ask(first, (redis) => redis.call('SENTINEL', 'FAILOVER', 'sluice'))
      await until('the old primary follows the new one', async () => {
        const info = await ask(primary, (redis) => redis.info('replication'))
        return fieldOf(info, 'master_port') === `${replica.port}`
      })
      await traffic.progress(200)
    }
    await checkResumed(pod, other)
    await checkDelivered(other, pod, { queue, connection: subscriber.connection })
  })
})
