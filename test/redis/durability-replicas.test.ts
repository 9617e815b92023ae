/** SLUICE_DURABILITY_REPLICAS: a message is accepted once so many replicas have it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import type { StoreFactory } from '../store/cluster.ts'
import { startPods } from '../store/cluster.ts'
import { isReplicaInSync } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { startRedis, withPrefix } from '../support/redis.ts'
import { newClusterKey } from './store.ts'

const primary = await startRedis()
after(() => primary.stop())

const newReplica = async () => {
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${primary.port}`] })
  after(() => replica.stop())
  await until('the replica is in sync', () => isReplicaInSync(replica))
  return replica
}

await newReplica()

/** Refusals of the check at the start are what some of these are about. */
const withReplicas = (durabilityReplicas: number): StoreFactory => ({
  isClustered: true,
  async start(pods) {
    const url = withPrefix(primary.url, `${randomBytes(6).toString('hex')}:`)
    const common = { url, durability: 'replica', durabilityReplicas, partitions: 4 } as const
    const cluster = { clusterKeys: [newClusterKey()] as const, identity: 'test', onFault() {} }
    const stores = await Promise.all(
      pods.map((pod) => openRedisStore({ ...pod, ...common, ...cluster })),
    )
    const close = async () => void (await Promise.all(stores.map((store) => store.close())))
    return { stores, close }
  },
})

test('with fewer replicas than have to confirm nothing is accepted; with as many it is', async () => {
  const one = await startPods(withReplicas(1), { pods: 1 })
  await one.pod.append(await one.pod.create())
  await one.close()
  const two = await startPods(withReplicas(2), { pods: 1 })
  try {
    await assert.rejects(two.pod.create(), StoreUnavailable)
    await newReplica()
    await two.pod.append(await two.pod.create())
  } finally {
    await two.close()
  }
})
