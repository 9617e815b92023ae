/** Clusters of relays that have one Redis, and the same key, do not meet. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newQueue } from '../store/builders.ts'
import { type Pod, startPods } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { startRedis } from '../support/redis.ts'
import { newClusterKey, redisExactlyAt } from './store.ts'

const server = await startRedis()
after(() => server.stop())

const clusterKey = newClusterKey()
const subscriber = { connection: 1, claim: 1 }

/** The same ids at both places, and a message for the second. */
const checkApart = async (first: Pod, second: Pod): Promise<void> => {
  const ids = newQueue()
  const queue = await first.create(ids, subscriber)
  assert.deepEqual(await second.find('recipient', [ids.recipientId]), [undefined])
  assert.deepEqual(await second.find('sender', [ids.senderId]), [undefined])
  const namesake = await second.create(ids, subscriber)
  await second.append(namesake)
  assert.equal((await second.events.next(subscriber.connection)).type, 'available')
  assert.deepEqual(await first.drain(queue), [])
  assert.deepEqual(await first.rest(queue, subscriber), [])
}

const keysIn = (database: number): Promise<readonly string[]> =>
  ask(server, async (redis) => {
    await redis.select(database)
    return redis.keys('*')
  })

interface Case {
  readonly name: string
  readonly places: readonly [string, string]
}

const cases: readonly Case[] = [
  { name: 'two prefixes in one database', places: ['?prefix=a:', '?prefix=b:'] },
  { name: 'no prefix and one', places: ['/2', '/2?prefix=c:'] },
  { name: 'two databases', places: ['/3?prefix=d:', '/4?prefix=d:'] },
]

for (const { name, places } of cases) {
  test(name, async () => {
    const start = (place: string) =>
      startPods(redisExactlyAt({ url: server.url + place, clusterKey }))
    const [first, second] = await Promise.all([start(places[0]), start(places[1])])
    try {
      await checkApart(first.pod, second.pod)
    } finally {
      await Promise.all([first.close(), second.close()])
    }
  })
}

test('what was written is in the database that was named, under the prefix', async () => {
  const prefixesIn = async (database: number) =>
    new Set((await keysIn(database)).map((key) => /^[a-z]:/.exec(key)?.[0] ?? ''))
  assert.deepEqual(await prefixesIn(0), new Set(['a:', 'b:']))
  assert.deepEqual(await prefixesIn(1), new Set())
  assert.deepEqual(await prefixesIn(2), new Set(['', 'c:']))
  assert.deepEqual(await prefixesIn(3), new Set(['d:']))
  assert.deepEqual(await prefixesIn(4), new Set(['d:']))
})
