/** Readiness follows Redis; liveness does not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startPods } from '../store/cluster.ts'
import { clusterSettings, OpsRelay } from '../support/ops-relay.ts'
import type { RedisServer } from '../support/redis/server.ts'
import { until } from '../support/redis/until.ts'
import { startCluster, startRedis } from '../support/redis.ts'
import { redisAt } from './store.ts'

const statusOf = async (relay: OpsRelay, path: string): Promise<number> =>
  (await relay.get(path)).status

const becomes = (relay: OpsRelay, status: number): Promise<void> =>
  until(`readiness is ${status}`, async () => (await statusOf(relay, '/readyz')) === status)

const checkLoss = async (
  server: RedisServer,
  lose: () => Promise<void>,
  bringBack: () => Promise<void>,
): Promise<void> => {
  await using relay = await OpsRelay.start(clusterSettings(server.url))
  await becomes(relay, 200)
  await lose()
  await becomes(relay, 503)
  const { body } = await relay.get('/readyz')
  assert.match(JSON.parse(body).problems.store, /^(Redis cannot be reached|mailboxes have no)/)
  assert.doesNotMatch(body, new RegExp(`${server.port}|127\\.0`), 'no addresses')
  assert.equal(await statusOf(relay, '/livez'), 200)
  assert.equal(await statusOf(relay, '/startupz'), 200, 'it has started, whatever came later')
  await bringBack()
  await becomes(relay, 200)
}

test('a relay whose Redis was killed is alive, not ready, and ready again', async () => {
  await using server = await startRedis()
  await checkLoss(
    server,
    () => server.kill(),
    () => server.restart(),
  )
})

test('the same with one that answers nothing', async () => {
  await using server = await startRedis()
  await checkLoss(
    server,
    () => server.pause(),
    () => server.resume(),
  )
})

test('the same with one primary of a Redis Cluster', async () => {
  const cluster = await startCluster()
  try {
    await using relay = await OpsRelay.start(clusterSettings(cluster.url))
    await becomes(relay, 200)
    const [node] = cluster.nodes
    await node?.pause()
    await becomes(relay, 503)
    assert.equal(await statusOf(relay, '/livez'), 200)
    await node?.resume()
    await becomes(relay, 200)
  } finally {
    await cluster.stop()
  }
})

describe('a relay that has started is ready at once', () => {
  const started = async (url: string): Promise<void> => {
    await using relay = await OpsRelay.start(clusterSettings(url))
    assert.deepEqual(relay.ops.health.problems, {})
    assert.equal(await statusOf(relay, '/readyz'), 200)
  }

  /** No turn of the event loop comes between. */
  const opened = async (url: string): Promise<void> => {
    const { pod, close } = await startPods(redisAt(url))
    const problems = pod.store.problems()
    await close()
    assert.deepEqual(problems, [])
  }

  test('with one server', async () => {
    await using server = await startRedis()
    await opened(server.url)
    await started(server.url)
  })

  test('with a Redis Cluster', async () => {
    const cluster = await startCluster()
    try {
      await opened(cluster.url)
      await started(cluster.url)
    } finally {
      await cluster.stop()
    }
  })
})

test('a relay that gets no nudges starts all the same, and says that it is not ready', async () => {
  await using server = await startRedis({ args: ['--rename-command', 'SSUBSCRIBE', 'other'] })
  await using relay = await OpsRelay.start(clusterSettings(server.url))
  const { status, body } = await relay.get('/readyz')
  assert.equal(status, 503)
  assert.deepEqual(JSON.parse(body).problems, { store: 'mailboxes have no subscription' })
  assert.equal(await statusOf(relay, '/startupz'), 200)
})
