/** A pod keeps as many records as it is told to, and reads the others when they are asked for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreMeasures } from '../../src/measures/store-measures.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { newQueue } from '../store/builders.ts'
import { limits } from '../store/cluster.ts'
import { redisUrl } from '../support/redis.ts'
import { newClusterKey } from './store.ts'

const KEPT = 100
const QUEUES = 150

test('records beyond the number go, those used longest ago first', async () => {
  const measures = new StoreMeasures()
  await using stack = new AsyncDisposableStack()
  const store = await openRedisStore({
    ...{ url: await redisUrl('kept'), clusterKeys: [newClusterKey()], partitions: 4 },
    ...{ durability: 'memory', identity: 'test', limits, measures, cachedQueues: KEPT },
    ...{ deliver: () => {}, onFault: assert.fail, now: Date.now },
  })
  stack.defer(() => store.close())
  const queues = Array.from({ length: QUEUES }, () => newQueue())
  for (const queue of queues) await store.createQueue(queue)
  const ids = queues.map(({ recipientId }) => recipientId)
  const misses = async (some: typeof ids): Promise<number> => {
    const before = measures.cache.miss
    const found = await store.loadQueues('recipient', some)
    assert.ok(found.every(({ outcome }) => outcome === 'found'))
    return measures.cache.miss - before
  }
  await misses(ids)
  assert.equal(await misses(ids.slice(-KEPT)), 0)
  assert.equal(await misses(ids.slice(0, QUEUES - KEPT)), QUEUES - KEPT)
})
