/** Pods that end under load, and a Redis that forgets its scripts. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Audit } from '../support/audit.ts'
import { Load } from '../support/load.ts'
import { Pods } from '../support/pods.ts'
import { ask } from '../support/redis/ask.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

let redis: RedisServer
before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

const startPods = (count: number, prefix: string): Promise<Pods> =>
  Pods.start({ url: `${redis.url}?prefix=${prefix}`, count, env: { SLUICE_QUEUE_QUOTA: '100000' } })

describe('under load', { timeout: 180_000 }, () => {
  test('a pod that is killed loses nothing: its clients go on with the others', async (t) => {
    await using pods = await startPods(3, 'killed:')
    const audit = new Audit()
    await using load = await Load.start({ pods, audit })
    await load.progress(20, 'before')
    await pods.at(1).kill()
    await load.progress(20, 'with two pods')
    await pods.add()
    await pods.at(0).kill()
    await load.progress(20, 'with one old pod and a new one')
    await load.finish()
    audit.check()
    audit.checkFailures()
    audit.checkNoEnds()
    t.diagnostic(audit.summary)
  })

  test('pods that are replaced one by one lose nothing', async (t) => {
    await using pods = await startPods(2, 'replaced:')
    const audit = new Audit()
    await using load = await Load.start({ pods, audit })
    for (const old of pods.all) {
      await load.progress(20, 'with an old pod')
      await pods.add()
      assert.equal(await old.stop(), 0)
    }
    await load.progress(20, 'with new pods')
    await load.finish()
    audit.check()
    audit.checkFailures()
    audit.checkNoEnds()
    t.diagnostic(audit.summary)
  })

  test('nobody notices that Redis forgets its scripts', async (t) => {
    await using pods = await startPods(2, 'flushed:')
    const audit = new Audit()
    await using load = await Load.start({ pods, audit })
    for (let round = 0; round < 10; round += 1) {
      await load.progress(5, `in round ${round}`)
      await ask(redis, (client) => client.script('FLUSH'))
    }
    await load.finish()
    audit.check()
    audit.checkNoFailures()
    audit.checkNoEnds()
    t.diagnostic(audit.summary)
  })
})
