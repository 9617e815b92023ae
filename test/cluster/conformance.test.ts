/** The suite against three pods with Redis: the connections of a check are on different pods. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectGood, idsOf, run } from '../conformance/support/run.ts'
import { Pods } from '../support/pods.ts'
import { redisUrl } from '../support/redis.ts'

let pods: Pods
before(async () => {
  const env = { SLUICE_QUEUE_QUOTA: '5', SLUICE_PROXY_ALLOW_PRIVATE: 'on' }
  pods = await Pods.start({ url: await redisUrl('conformance:'), count: 3, env })
})
after(() => pods[Symbol.asyncDispose]())

test('three pods behave as one server', { timeout: 180_000 }, async () => {
  const [a, b, c] = [pods.at(0).address, pods.at(1).address, pods.at(2).address]
  const report = await run([a, b, c], { told: { quota: 5, proxy: true } })
  expectGood(report)
  assert.ok(idsOf(report, 'passed').length > 240)
})
