/** A store that is closed while a connection is being made reports nothing as a fault. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ask } from '../support/redis/ask.ts'
import { CommandProxy } from '../support/redis/command-proxy.ts'
import { openPods, type StorePods } from '../support/redis/store-pods.ts'
import { until } from '../support/redis/until.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis()
after(() => server.stop())

/** Turns of the event loop in which everything that a connection leaves behind has failed. */
const TURNS = 20

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await setImmediate()
}

/** What it reported after its end too. */
const closed = async (stores: StorePods): Promise<void> => {
  await stores[Symbol.asyncDispose]()
  await turns(TURNS)
  assert.deepEqual(stores.faults, [])
}

test('a store that is closed soon after it was opened', async () => {
  for (let count = 0; count < TURNS; count += 1) {
    const stores = await openPods({ urls: [server.url] })
    await turns(count)
    await closed(stores)
  }
})

test('a store that is closed before its subscriptions are confirmed', async () => {
  await using proxy = await CommandProxy.start(server.port)
  const stores = await openPods({ urls: [proxy.url] })
  proxy.muteNewSubscribers()
  await ask(server, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
  await until('the old subscriptions are gone', () => proxy.subscribers === 0)
  await until('there are new ones', () => proxy.subscribers === 1)
  await closed(stores)
})
