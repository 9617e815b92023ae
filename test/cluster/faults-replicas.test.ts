/** Replicas that stand still for a while, with durability `replica`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConnectionClosed } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { openAnywhere } from '../support/load.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import { until } from '../support/redis/until.ts'
import { CALM_SENTINEL, startSentinel } from '../support/redis.ts'

describe('a primary whose replicas stand still', { timeout: 120_000 }, () => {
  test('accepts nothing, and what it could not confirm holds up nothing later', async () => {
    await using redis = await startSentinel(CALM_SENTINEL)
    const env = { SLUICE_DURABILITY: 'replica' }
    await using pods = await Pods.start({ url: redis.url, count: 2, env })
    await using here = await openAnywhere(pods, 0)
    await using there = await openAnywhere(pods, 1)
    await using sending = await openAnywhere(pods, 0)
    const queues = [await here.createQueue(), await there.createQueue()]
    const senders = queues.map((queue) => sending.openSender(queue))
    for (const replica of redis.replicas) await replica.pause()
    for (const sender of senders)
      await assert.rejects(sender.send(utf8Bytes('unconfirmed')), ConnectionClosed)
    for (const replica of redis.replicas) await replica.resume()
    for (const [index, sender] of senders.entries()) {
      const queue = queues[index] ?? assert.fail()
      await until('a message is accepted', () => sender.send(utf8Bytes('later')).then(() => true))
      // what was not confirmed may come or not
      while ((await nextText(queue)) !== 'later');
    }
  })
})
