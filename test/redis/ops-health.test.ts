/** Readiness follows Redis; liveness does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterSettings, OpsRelay } from '../support/ops-relay.ts'
import type { RedisServer } from '../support/redis/server.ts'
import { until } from '../support/redis/until.ts'
import { startCluster, startRedis } from '../support/redis.ts'

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
