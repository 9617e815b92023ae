/** Pods behind one port that are replaced one after the other, as in a rollout. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Audit } from '../support/audit.ts'
import { Balancer } from '../support/balancer.ts'
import { Load } from '../support/load.ts'
import { type Pod, Pods } from '../support/pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { within } from '../support/within.ts'

let redis: RedisServer
before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

const DRAIN_SECONDS = 5

/** Ends as Kubernetes lets it: it goes out of the rotation while it is told to stop. */
const retire = async (pod: Pod, balancer: Balancer): Promise<number | null> => {
  pod.signal('SIGTERM')
  await until('the pod is stopping', () => pod.log.includes('"stopping"'))
  balancer.remove(pod)
  // the time to end is its own; the rest is for a machine that is busy
  return within('the pod is gone within its bound', pod.exitCode(), (DRAIN_SECONDS + 15) * 1000)
}

test('a rollout under load loses nothing, and every client is back at once', {
  timeout: 180_000,
}, async (t) => {
  const env = {
    SLUICE_QUEUE_QUOTA: '100000',
    SLUICE_LOG_LEVEL: 'info',
    SLUICE_DRAIN_DELAY_SECONDS: '1',
    SLUICE_DRAIN_SECONDS: `${DRAIN_SECONDS}`,
  }
  await using pods = await Pods.start({ url: `${redis.url}?prefix=rolling:`, count: 3, env })
  await using balancer = await Balancer.start(pods.all)
  const audit = new Audit()
  await using load = await Load.start({ pods: balancer, audit, queues: 6 })
  for (const old of pods.all) {
    await load.progress(10, 'with an old pod')
    balancer.add(await pods.add())
    assert.equal(await retire(old, balancer), 0, old.log)
  }
  await load.progress(10, 'with new pods')
  await load.finish()
  audit.check()
  audit.checkFailures()
  audit.checkNoEnds()
  assert.equal(audit.dials.failed, 0, 'connections that were refused')
  t.diagnostic(`${audit.summary}; ${audit.dials.tried} connections`)
})

test('an abrupt stop of all but one loses nothing either', { timeout: 180_000 }, async (t) => {
  const env = { SLUICE_QUEUE_QUOTA: '100000', SLUICE_LOG_LEVEL: 'info' }
  await using pods = await Pods.start({ url: `${redis.url}?prefix=abrupt:`, count: 3, env })
  const audit = new Audit()
  await using load = await Load.start({ pods, audit })
  const [first, second] = [pods.at(0), pods.at(1)]
  await load.progress(20, 'before')
  assert.deepEqual(await Promise.all([first.stop(), second.stop()]), [0, 0])
  await load.progress(20, 'with one pod')
  await load.finish()
  audit.check()
  audit.checkFailures()
  audit.checkNoEnds()
  t.diagnostic(audit.summary)
})
