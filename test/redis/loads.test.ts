/** Pods that tell each other how many connections they have. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Pod } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis()
after(() => server.stop())

const share = async (pod: Pod | undefined, connections?: number): Promise<readonly number[]> => {
  assert.ok(pod?.store.shareLoad)
  return (await pod.store.shareLoad(connections)).toSorted((a, b) => a - b)
}

const fields = (key: string): Promise<number> => ask(server, (redis) => redis.hlen(key))

test('each learns what the others told last', async () => {
  await using cluster = await openPods({ urls: [server.url, server.url, server.url] })
  const [a, b, c] = cluster.pods
  assert.deepEqual(await share(a, 10), [10])
  assert.deepEqual(await share(b, 20), [10, 20])
  assert.deepEqual(await share(c, 0), [0, 10, 20])
  assert.deepEqual(await share(a, 11), [0, 11, 20])
  const seconds = await ask(server, (redis) => redis.ttl(cluster.keys.loads))
  assert.ok(seconds > 0 && seconds <= 600, 'it expires with the last pod')
})

test('one that stops says so', async () => {
  await using cluster = await openPods({ urls: [server.url, server.url] })
  const [a, b] = cluster.pods
  await share(a, 10)
  assert.deepEqual(await share(b, 20), [10, 20])
  assert.deepEqual(await share(a), [])
  assert.deepEqual(await share(b, 21), [21])
})

test('one that was killed is counted no more after three rounds, and forgotten later', async () => {
  await using cluster = await openPods({ urls: [server.url, server.url] })
  const [a, b] = cluster.pods
  await share(a, 10)
  const rounds = []
  for (let round = 0; round < 6; round += 1) rounds.push(await share(b, 20))
  assert.deepEqual(rounds, [[10, 20], [10, 20], [10, 20], [20], [20], [20]])
  assert.equal(await fields(cluster.keys.loads), 2)
  for (let round = 0; round < 30; round += 1) await share(b, 20)
  assert.equal(await fields(cluster.keys.loads), 1)
  // it was only asleep
  assert.deepEqual(await share(a, 10), [10, 20])
  assert.deepEqual(await share(b, 20), [10, 20])
})

test('nothing in it says who or where', async () => {
  await using cluster = await openPods({ urls: [server.url] })
  await share(cluster.pods[0], 10)
  const all = await ask(server, (redis) => redis.hgetall(cluster.keys.loads))
  for (const [name, value] of Object.entries(all)) {
    assert.match(name, /^[\w-]{8}$/)
    assert.equal(value, '10 1')
  }
})
