/** Redis that forgot its scripts: a server that is new, or was told to. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { newSubscriber } from '../store/builders.ts'
import { ask } from '../support/redis/ask.ts'
import { CommandProxy } from '../support/redis/command-proxy.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

let server: RedisServer
let proxy: CommandProxy

before(async () => {
  server = await startRedis()
  proxy = await CommandProxy.start(server.port)
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await server.stop()
})
const forget = () => ask(server, (redis) => redis.script('FLUSH'))
beforeEach(forget)

const open = async () => {
  const stores = await openPods({ urls: [proxy.url] })
  const [pod] = stores.pods
  assert.ok(pod)
  return { pod, [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose]() }
}

const namesOf = async (run: () => Promise<unknown>) =>
  (await proxy.measure(run)).flat().map(([name]) => name)

test('every call works, and gives Redis each script once', async () => {
  await using stores = await open()
  const { pod } = stores
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  const calls = {
    SEND: () => pod.append(queue),
    SUB: () => pod.store.subscribe([queue], subscriber),
    fetch: () => pod.store.fetchHeads([queue.recipientId], subscriber),
    GET: () => pod.store.peekMessage(queue),
    ACK: async () => {
      const peeked = await pod.store.peekMessage(queue)
      assert.ok(peeked.outcome === 'done' && peeked.head !== undefined)
      const { messageId } = peeked.head
      assert.equal((await pod.store.acknowledge(queue, { messageId })).outcome, 'done')
    },
    // peeks as well
    QUE: () => pod.store.describeQueue(queue),
  }
  await forget()
  const known = new Set<string>()
  for (const [name, call] of Object.entries(calls)) {
    const script = ['GET', 'QUE'].includes(name) ? 'peek' : name
    const names = await namesOf(call)
    const last = name === 'ACK' ? ['EVALSHA'] : []
    const expected = known.has(script) ? ['EVALSHA'] : ['EVALSHA', 'EVAL']
    assert.deepEqual(names, [...last, ...expected], name)
    known.add(script)
    if (name !== 'ACK') assert.deepEqual(await namesOf(call), ['EVALSHA'], `${name} again`)
  }
})

test('a batch that meets it is answered in full', async () => {
  await using stores = await open()
  const { pod } = stores
  const queues = await Promise.all(Array.from({ length: 500 }, () => pod.create()))
  await forget()
  const taken = await pod.store.subscribe(queues, newSubscriber())
  assert.deepEqual(new Set(taken.map(({ outcome }) => outcome)), new Set(['done']))
})

test('nothing is asked twice where Redis forgets between any two calls', async () => {
  await using stores = await open()
  const { pod } = stores
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  for (let round = 0; round < 20; round += 1) {
    await forget()
    const { messageId } = await pod.append(queue)
    await forget()
    const acknowledged = await pod.store.acknowledge(queue, { messageId, subscriber })
    assert.deepEqual(acknowledged, { outcome: 'done' })
  }
})
