/** Slots of a Redis Cluster that move from one primary to another while calls go on. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { slotOf } from '../../src/store/redis/partitions.ts'
import type { QueueRecord, Subscriber } from '../../src/store/store.ts'
import { again, newSubscriber } from '../store/builders.ts'
import { type Pod, limits as usual } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { DrainWatch, listening, mailboxesOn, subscribed } from '../support/redis/drain-watch.ts'
import {
  beginMove,
  endMove,
  moveKeys,
  moveSlot,
  primaryOf,
  type SlotMove,
} from '../support/redis/slot-move.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { Traffic } from '../support/redis/traffic.ts'
import { until } from '../support/redis/until.ts'
import { CALM_CLUSTER, type RedisCluster, startCluster } from '../support/redis.ts'

let cluster: RedisCluster
before(async () => {
  cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 0 })
})
after(() => cluster.stop())

const limits = { queueQuota: 1_000_000 }
const done = { outcome: 'done' }

/** Two pods, a partition that may move, and its way. Each test has a slot of its own to move. */
const scene = async (partition: number) => {
  const stores = await openPods({ urls: [cluster.url, cluster.url], limits })
  const [pod, other] = stores.pods
  const tag = stores.keys.tags[partition] ?? ''
  assert.ok(pod && other)
  const slot = slotOf(tag)
  const from = primaryOf(cluster, slot)
  const to = cluster.primaries.find((one) => one !== from)
  assert.ok(to)
  const move: SlotMove = { slot, from, to }
  await listening(cluster.primaries, stores.keys, stores.pods.length * stores.keys.tags.length)
  const create = (subscriber?: Subscriber) =>
    pod.create({ recipientId: stores.recipientIn(tag) }, subscriber)
  const close = () => stores[Symbol.asyncDispose]()
  return { stores, pod, other, tag, move, create, [Symbol.asyncDispose]: close }
}

/** A message through the queue: sent on one pod, acknowledged on the other. */
const passOne = async (sender: Pod, recipient: Pod, queue: QueueRecord): Promise<void> => {
  const { messageId } = await sender.append(queue)
  assert.deepEqual(await recipient.store.acknowledge(queue, { messageId }), done)
}

const runs = async (count: number, run: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i += 1) await run()
}

describe('a slot that moved', () => {
  test('is found by the answer MOVED, by every kind of call', async () => {
    await using at = await scene(1)
    const { pod, other, move, create } = at
    const subscriber = newSubscriber()
    const queue = await create(subscriber)
    await moveSlot(cluster, move)
    await passOne(other, pod, await other.load(queue))
    assert.deepEqual(await pod.store.subscribe([queue], again(subscriber)), [done])
    assert.deepEqual(await pod.store.fetchHeads([queue.recipientId], subscriber), [done])
    assert.deepEqual(await pod.load(queue), queue)
    assert.deepEqual(await pod.store.suspendQueue(queue), done)
    assert.deepEqual(await pod.store.deleteQueue(await pod.load(queue), 0), done)
    await create()
  })

  test('goes on nudging: at the new server, and there only', async () => {
    await using at = await scene(2)
    const { stores, other, tag, move, create } = at
    const { pod } = at
    const subscriber = newSubscriber()
    const queue = await other.load(await create(subscriber))
    const isOf = (key: string) => key.includes(`{${tag}}`)
    const [mine] = (await mailboxesOn(move.from, stores.keys)).filter(isOf)
    assert.ok(mine)
    await using watch = await DrainWatch.start([move.to])
    await moveSlot(cluster, move)
    await other.append(queue)
    assert.equal((await pod.events.next(subscriber.connection)).type, 'available')
    await subscribed(move.to, [mine])
    const podName = mine.split(':').at(-1)
    const there = (await mailboxesOn(move.to, stores.keys)).filter((key) =>
      key.endsWith(`:${podName}`),
    )
    assert.ok(there.includes(mine))
    await watch.nudged(move.to, there)
    assert.deepEqual((await mailboxesOn(move.from, stores.keys)).filter(isOf), [])
  })

  test('and came back before anybody looked: its mailboxes are listened to again', async () => {
    await using at = await scene(3)
    const { stores, move } = at
    const before = await mailboxesOn(move.from, stores.keys)
    await using watch = await DrainWatch.start([move.from])
    await moveSlot(cluster, move)
    await moveSlot(cluster, { ...move, from: move.to, to: move.from })
    await subscribed(move.from, before)
    const podName = before[0]?.split(':').at(-1)
    await watch.nudged(
      move.from,
      before.filter((key) => key.endsWith(`:${podName}`)),
    )
  })
})

describe('a slot on its way', () => {
  test('loses no message and fails no call of queues that move and that do not', async () => {
    await using at = await scene(4)
    const { pod, other, move, create } = at
    const queues = await Promise.all(Array.from({ length: 8 }, () => create()))
    const elsewhere = await Promise.all(Array.from({ length: 8 }, () => pod.create()))
    {
      const all = [...queues, ...elsewhere]
      await using traffic = new Traffic(all.map((queue) => () => passOne(other, pod, queue)))
      await traffic.progress(50)
      await moveSlot(cluster, move)
      await traffic.progress(50)
      await moveSlot(cluster, { ...move, from: move.to, to: move.from })
      await traffic.progress(50)
      assert.equal(traffic.unavailable, 0)
    }
    for (const queue of queues) assert.deepEqual(await pod.drain(queue), [])
  })

  test('answers ASK for queues that left: reads and scripts are asked there', async () => {
    await using at = await scene(5)
    const { pod, other, move, create } = at
    const subscriber = newSubscriber()
    const queue = await create(subscriber)
    const { messageId } = await pod.append(queue)
    await pod.append(queue)
    await beginMove(move)
    // everything that ACK and SUB touch, so that Redis need not answer TRYAGAIN
    await moveKeys(move)
    assert.deepEqual(await other.load(queue), queue)
    const acknowledged = await pod.store.acknowledge(queue, { messageId, subscriber })
    assert.ok(acknowledged.outcome === 'done' && acknowledged.head !== undefined)
    const [fetched] = await pod.store.fetchHeads([queue.recipientId], subscriber)
    assert.deepEqual(fetched, acknowledged)
    await endMove(cluster, move)
    assert.deepEqual((await pod.drain(queue)).length, 1)
  })

  test('answers TRYAGAIN for a queue that is half there: calls wait for the rest', async () => {
    await using at = await scene(6)
    const { stores, pod, move, create } = at
    const subscriber = newSubscriber()
    const queue = await create(subscriber)
    const { messageId } = await pod.append(queue)
    const { messages } = stores.keysOf(queue)
    await beginMove(move)
    await moveKeys(move, (key) => key === messages)
    const acknowledging = pod.store.acknowledge(queue, { messageId, subscriber })
    const appending = pod.append(await pod.load(queue))
    await until('Redis answered TRYAGAIN', () =>
      ask(move.from, async (redis) =>
        /errorstat_TRYAGAIN:count=[1-9]/.test(await redis.info('errorstats')),
      ),
    )
    await endMove(cluster, move)
    await Promise.all([acknowledging, appending])
    assert.deepEqual((await pod.drain(queue)).length, 1)
  })

  test('gives the last message away: ACK on the server that it is about to leave', async () => {
    await using at = await scene(7)
    const { pod, move, create } = at
    const subscriber = newSubscriber()
    const queue = await create(subscriber)
    const { messageId } = await pod.append(queue)
    await beginMove(move)
    const acknowledging = pod.store.acknowledge(queue, { messageId, subscriber })
    await acknowledging.catch(() => {})
    await endMove(cluster, move)
    assert.deepEqual(await acknowledging, done)
  })

  test('drops expired messages on the server that it is about to leave', async () => {
    await using at = await scene(9)
    const { pod, move, create } = at
    const queue = await create()
    await pod.append(queue)
    pod.clock.advance(2 * usual.messageTtlSeconds)
    await beginMove(move)
    const peeking = pod.store.peekMessage(queue)
    await peeking.catch(() => {})
    await endMove(cluster, move)
    assert.deepEqual(await peeking, done)
  })

  test('is where new queues are made too', async () => {
    await using at = await scene(8)
    const { pod, other, move, create } = at
    await beginMove(move)
    const creating = Promise.all(Array.from({ length: 10 }, () => create()))
    creating.catch(() => {})
    await moveKeys(move)
    await endMove(cluster, move)
    for (const queue of await creating)
      await runs(2, async () => passOne(pod, other, await other.load(queue)))
  })
})
