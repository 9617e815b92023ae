/** Many connections that close at once, with all that they hold. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { QueueRecord, Subscriber } from '../../src/store/store.ts'
import { newSubscriber } from '../store/builders.ts'
import type { Pod } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { checkResumed } from '../support/redis/calls.ts'
import { openPods, type StorePods } from '../support/redis/store-pods.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const CONNECTIONS = 40
/** What Redis answers to all of them does not arrive in one piece. */
const MANY = 250
const HELD = 30
const PARTITIONS = 4

let server: RedisServer
before(async () => {
  server = await startRedis()
})
after(() => server.stop())

interface Client {
  readonly subscriber: Subscriber
  readonly queues: readonly QueueRecord[]
}

const newClient = async (pod: Pod): Promise<Client> => {
  const subscriber = newSubscriber()
  const queues = Array.from({ length: HELD }, () => pod.create({}, subscriber))
  return { subscriber, queues: await Promise.all(queues) }
}

const scene = async (count = CONNECTIONS) => {
  await using parts = new AsyncDisposableStack()
  const network = parts.use(await TcpProxy.start(server.port))
  const urls = [network.url, server.url]
  const stores = parts.use(await openPods({ urls, partitions: PARTITIONS }))
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const clients = await Promise.all(Array.from({ length: count }, () => newClient(pod)))
  const owned = parts.move()
  const close = () => owned.disposeAsync()
  return { network, stores, pod, other, clients, [Symbol.asyncDispose]: close }
}

const closeAll = (pod: Pod, clients: readonly Client[]): Promise<void>[] =>
  clients.map(({ subscriber: { connection }, queues }) =>
    pod.store.release(connection, {
      recipients: queues.map(({ recipientId }) => recipientId),
      notifiers: [],
    }),
  )

const countHeld = (stores: StorePods, clients: readonly Client[]): Promise<number> =>
  ask(server, async (redis) => {
    const all = clients.flatMap(({ queues }) => queues)
    const holders = all.map((queue) => redis.hget(stores.keysOf(queue).queue, 's'))
    return (await Promise.all(holders)).filter((holder) => holder !== null).length
  })

const countScripts = (): Promise<number> =>
  ask(server, async (redis) => {
    const stats = await redis.info('commandstats')
    const calls = [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)]
    return calls.reduce((sum, [, count]) => sum + Number(count), 0)
  })

test('all of it is given up together, but what another has taken over', async () => {
  await using at = await scene()
  const { stores, pod, other, clients } = at
  const taken = clients.flatMap(({ queues }) => queues.slice(0, 1))
  const records = await Promise.all(taken.map((queue) => other.load(queue)))
  const taker = newSubscriber()
  const taking = await other.store.subscribe(records, taker)
  assert.ok(taking.every(({ outcome }) => outcome === 'done'))
  const scriptsBefore = await countScripts()
  await Promise.all(closeAll(pod, clients))
  const scripts = (await countScripts()) - scriptsBefore
  assert.equal(await countHeld(stores, clients), CONNECTIONS)
  const heads = await other.heads(
    taken.map(({ recipientId }) => recipientId),
    taker,
  )
  assert.ok(!heads.includes('lost'))
  const most = (CONNECTIONS * HELD) / 8
  assert.ok(scripts <= most, `${scripts} scripts for ${CONNECTIONS * HELD} subscriptions`)
  assert.deepEqual(stores.faults, [])
})

test('others are served in between', async () => {
  await using at = await scene(MANY)
  const { pod, clients, stores } = at
  const queue = await pod.load(await pod.create())
  const order: string[] = []
  const closing = closeAll(pod, clients).map((one) => one.then(() => order.push('released')))
  await pod.store.peekMessage(queue).then(() => order.push('answered'))
  await Promise.all(closing)
  const before = order.indexOf('answered')
  assert.ok(before < MANY / 2, `${before} connections were released before`)
  assert.equal(await countHeld(stores, clients), 0)
})

test('where Redis cannot be told, nothing waits for it for long, and what was held is taken', async () => {
  await using at = await scene()
  const { network, stores, pod, other, clients } = at
  network.reset()
  await Promise.all(closeAll(pod, clients))
  const during = new Set(stores.faults.map((fault) => fault.during))
  assert.ok(during.has('release'), [...during].join())
  assert.equal(await countHeld(stores, clients), CONNECTIONS * HELD)
  network.heal()
  const [client] = clients
  assert.ok(client)
  const records = await Promise.all(client.queues.map((queue) => other.load(queue)))
  const taking = await other.store.subscribe(records, newSubscriber())
  assert.ok(taking.every(({ outcome }) => outcome === 'done'))
  await checkResumed(pod, other)
})
