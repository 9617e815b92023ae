/** Counts of what Redis itself forgets; the rest is in the contract. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { type Pod, sizeOf, startPods } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { startRedis } from '../support/redis.ts'
import { newClusterKey, redisExactlyAt } from './store.ts'

const server = await startRedis()
after(() => server.stop())

const limits = { messageTtlSeconds: 86_400 * 3, expiryIntervalSeconds: 3600, queueQuota: 4 }
const { messageTtlSeconds, expiryIntervalSeconds } = limits
const DAY_SECONDS = 86_400

const openPod = async ({ pods = 1 } = {}) => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  const url = `${server.url}?prefix=${prefix}`
  const factory = redisExactlyAt({ url, clusterKey: newClusterKey() })
  const { pod, others, close } = await startPods(factory, { limits, pods })
  return { pod, others, prefix, [Symbol.asyncDispose]: close }
}

/** Redis drops the lists of messages, as it does when nobody has touched them for their time. */
const expireLists = (prefix: string): Promise<void> =>
  ask(server, async (redis) => {
    const lists = await redis.keys(`${prefix}*:m:*`)
    for (const list of lists) {
      const seconds = await redis.ttl(list)
      assert.ok(seconds > 0, 'a list of messages expires by itself')
      assert.ok(seconds <= messageTtlSeconds + expiryIntervalSeconds)
      await redis.pexpire(list, 1)
    }
    await until('the lists are gone', async () => (await redis.exists(...lists)) === 0)
  })

const isAt = async (pod: Pod, queues: number, messages: number): Promise<void> =>
  assert.deepEqual(await sizeOf(pod.store), { queues, messages })

test('messages of lists that expired by themselves do not count any more', async () => {
  await using at = await openPod()
  const { pod } = at
  const queues = await Promise.all(Array.from({ length: 5 }, () => pod.create()))
  for (const queue of queues) await pod.append(queue)
  await isAt(pod, 5, 5)
  await expireLists(at.prefix)
  // a day is forgotten when its last message would have expired
  pod.clock.advance(messageTtlSeconds + expiryIntervalSeconds + DAY_SECONDS)
  await isAt(pod, 5, 0)
  const [queue] = queues
  assert.ok(queue)
  const message = await pod.append(queue)
  await isAt(pod, 5, 1)
  assert.deepEqual(
    (await pod.drain(queue)).map(({ messageId }) => messageId),
    [message.messageId],
  )
  await isAt(pod, 5, 0)
})

test('a queue whose list expired by itself is used, and deleted, without leaving anything', async () => {
  await using at = await openPod()
  const { pod } = at
  const queue = await pod.create()
  await pod.append(queue)
  await expireLists(at.prefix)
  pod.clock.advance(messageTtlSeconds + expiryIntervalSeconds + DAY_SECONDS)
  await pod.store.peekMessage(queue)
  await isAt(pod, 1, 0)
  await pod.append(queue)
  await isAt(pod, 1, 1)
  assert.deepEqual(await pod.store.deleteQueue(queue, 0), { outcome: 'done' })
  await isAt(pod, 0, 0)
})

test('a queue that was full takes messages when its list expired by itself', async () => {
  await using at = await openPod()
  const { pod } = at
  const queue = await pod.create()
  for (let count = 0; count < limits.queueQuota; count += 1) await pod.append(queue)
  await pod.overflow(queue)
  await isAt(pod, 1, limits.queueQuota + 1)
  await expireLists(at.prefix)
  pod.clock.advance(messageTtlSeconds + expiryIntervalSeconds + DAY_SECONDS)
  await isAt(pod, 1, 0)
  await pod.append(queue)
  await isAt(pod, 1, 1)
})

test('messages that have not expired count, on whatever day they came', async () => {
  await using at = await openPod()
  const { pod } = at
  const queue = await pod.create()
  for (let day = 0; day < 3; day += 1) {
    await pod.append(queue)
    pod.clock.advance(DAY_SECONDS)
  }
  pod.clock.advance(-1)
  await isAt(pod, 1, 3)
  assert.equal((await pod.drain(queue)).length, 3)
  await isAt(pod, 1, 0)
})

/** One field for each day, of which only the last ones mean anything. */
test('counts of days that are over do not heap up in Redis', async () => {
  await using at = await openPod()
  const { pod } = at
  const queue = await pod.create()
  for (let day = 0; day < 30; day += 1) {
    await pod.append(queue)
    await pod.drain(queue)
    pod.clock.advance(DAY_SECONDS)
  }
  await pod.store.count()
  const fields = await ask(server, async (redis) => {
    const hashes = await redis.keys(`${at.prefix}*:c`)
    return Promise.all(hashes.map((hash) => redis.hlen(hash)))
  })
  // queues, the days of the longest life of a message, and two for their edges
  const most = 1 + messageTtlSeconds / DAY_SECONDS + 2
  assert.ok(Math.max(...fields) <= most, `${Math.max(...fields)} fields, ${most} at most`)
})

test('messages that nobody came for count as expired with their day, once for the cluster', async () => {
  await using at = await openPod({ pods: 2 })
  const { pod, others } = at
  for (const queue of [await pod.create(), await pod.create()]) await pod.append(queue)
  await expireLists(at.prefix)
  pod.clock.advance(messageTtlSeconds + expiryIntervalSeconds)
  await pod.store.count()
  assert.equal(pod.measures.expiredMessages, 0)
  pod.clock.advance(DAY_SECONDS)
  const pods = [pod, ...others]
  for (const _ of ['first', 'again']) await Promise.all(pods.map(({ store }) => store.count()))
  assert.equal(
    pods.reduce((sum, { measures }) => sum + measures.expiredMessages, 0),
    2,
  )
})

test('a message whose day was forgotten before it was dropped has expired once', async () => {
  await using at = await openPod()
  const { pod } = at
  const queue = await pod.create()
  await pod.append(queue)
  // a later one keeps the list
  pod.clock.advance(2 * DAY_SECONDS)
  const { messageId } = await pod.append(queue)
  pod.clock.advance(2 * DAY_SECONDS + expiryIntervalSeconds)
  await isAt(pod, 1, 1)
  assert.equal(pod.measures.expiredMessages, 1)
  const peeked = await pod.store.peekMessage(queue)
  assert.equal(peeked.outcome === 'done' && peeked.head?.messageId, messageId)
  await isAt(pod, 1, 1)
  assert.equal(pod.measures.expiredMessages, 1)
})
