/**
 * SLUICE_DURABILITY memory and replica: an answer promises that a replica has what was written, one
 * WAIT serves all that was written meanwhile, and what only reads does not wait for it.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Durability } from '../../src/store/redis/connection/group-commit.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { newKey, newLink, newNotifier, newQueue, newSubscriber } from '../store/builders.ts'
import { type Pod, type StoreFactory, startPods } from '../store/cluster.ts'
import { storeContract } from '../store/contract.ts'
import { ask, fieldOf, isReplicaInSync } from '../support/redis/ask.ts'
import { connect } from '../support/redis/connect.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis, withPrefix } from '../support/redis.ts'
import { replicated } from '../support/replication.ts'
import { within } from '../support/within.ts'
import { newClusterKey } from './store.ts'

const done = { outcome: 'done' }
const PARTITIONS = 4
/** Each is a second of waiting in vain, and only where the machine stood still for so long. */
const ATTEMPTS = 20

const primary = await startRedis()
after(() => primary.stop())
const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${primary.port}`] })
after(() => replica.stop())

const inSync = () => until('the replica is in sync', () => isReplicaInSync(replica))
await inSync()

const storeOf = (durability: Durability, prefix = ''): StoreFactory => ({
  isClustered: true,
  async start(pods) {
    const url = withPrefix(primary.url, prefix || `${randomBytes(6).toString('hex')}:`)
    const common = { url, durability, clusterKeys: [newClusterKey()] as const, identity: 'test' }
    const faults: unknown[] = []
    const onFault = (error: unknown) => void faults.push(error)
    const stores = await Promise.all(
      pods.map((pod) => openRedisStore({ ...pod, ...common, partitions: PARTITIONS, onFault })),
    )
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
        if (faults.length > 0) throw new AggregateError(faults, 'faults of the store')
      },
    }
  },
})

const openPods = async (durability: Durability, count = 1) => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  const { pod, others, close } = await startPods(storeOf(durability, prefix), { pods: count })
  return { pod, others, prefix, [Symbol.asyncDispose]: close }
}

/** The only list of messages under the prefix. */
const messageKey = async (redis: Redis, prefix: string): Promise<string> => {
  const [key, ...others] = await redis.keys(`${prefix}*:m:*`)
  assert.ok(key !== undefined && others.length === 0)
  return key
}

const infoOf = (server: RedisServer, section: string): Promise<string> =>
  ask(server, (redis) => redis.info(section))

const waitsOf = async (server: RedisServer): Promise<number> => {
  const [, calls] = /^cmdstat_wait:calls=(\d+)/m.exec(await infoOf(server, 'commandstats')) ?? []
  return Number(calls ?? 0)
}

const forgetStatistics = (server: RedisServer) => ask(server, (redis) => redis.config('RESETSTAT'))

/** A WAIT has arrived at the primary and is not answered. */
const someoneWaits = () =>
  until('a WAIT is under way', async () => {
    const blocked = fieldOf(await infoOf(primary, 'clients'), 'blocked_clients')
    return Number(blocked) > 0
  })

type Settled = 'resolved' | 'refused'

/** Anything but StoreUnavailable fails the test. */
const settled = (what: string, call: Promise<unknown>): Promise<Settled> =>
  within(what, call).then(
    (): Settled => 'resolved',
    (error: unknown): Settled => {
      assert.ok(error instanceof StoreUnavailable, `${what}: ${error}`)
      return 'refused'
    },
  )

const append = (pod: Pod, queue: Parameters<Pod['append']>[0]) =>
  pod.store.appendMessage(queue, { message: pod.message() })

/** A machine that is slow may make a WAIT end too early: then it is done once more. */
const untilResolved = async (attempt: () => Promise<Settled>): Promise<void> => {
  for (let count = 0; count < ATTEMPTS; count += 1) if ((await attempt()) === 'resolved') return
  assert.fail('it never resolved')
}

describe('replica', () => {
  afterEach(() => replica.resume())

  test('when a message is accepted the replica has it', async () => {
    await using at = await openPods('replica')
    const queue = await at.pod.create()
    const onReplica = connect(replica.url)
    try {
      await onReplica.ping()
      await at.pod.append(queue)
      const key = await ask(primary, (redis) => messageKey(redis, at.prefix))
      assert.equal(await onReplica.llen(key), 1)
      for (const length of [2, 3, 4]) {
        await at.pod.append(queue)
        assert.equal(await onReplica.llen(key), length)
      }
    } finally {
      onReplica.disconnect()
    }
  })

  test('a message is not accepted while only the primary has it', async () => {
    await using at = await openPods('replica')
    await untilResolved(async () => {
      const queue = await at.pod.create()
      await replicated(primary)
      await replica.pause()
      let isAnswered = false
      const sent = settled('append', append(at.pod, queue)).finally(() => {
        isAnswered = true
      })
      await until('the primary has it', async () => {
        const described = await at.pod.store.describeQueue(queue)
        return described.outcome === 'done' && described.size === 1
      })
      const wasAnswered = isAnswered
      await replica.resume()
      const outcome = await sent
      // a slow machine: its second was over before
      if (outcome === 'resolved') assert.equal(wasAnswered, false)
      return outcome
    })
  })

  test('while the replica stands still a message is refused in time, although it may be there; then others are accepted', async () => {
    await using at = await openPods('replica')
    const queue = await at.pod.create()
    await replica.pause()
    for (const _ of [1, 2]) assert.equal(await settled('append', append(at.pod, queue)), 'refused')
    const described = await at.pod.store.describeQueue(queue)
    assert.ok(described.outcome === 'done' && described.size === 2)
    await replica.resume()
    await untilResolved(() => settled('append', append(at.pod, queue)))
  })

  test('while the replica is gone a message is refused in time, although it may be there; then others are accepted', async () => {
    await using at = await openPods('replica')
    const queue = await at.pod.create()
    await replica.kill()
    assert.equal(await settled('append', append(at.pod, queue)), 'refused')
    await replica.restart()
    await inSync()
    await untilResolved(() => settled('append', append(at.pod, queue)))
  })

  test('no change is answered that only the primary has', async () => {
    await using at = await openPods('replica')
    const { store } = at.pod
    const full = () => at.pod.create({ link: newLink(), notifier: newNotifier() })
    const plain = await Promise.all(Array.from({ length: 6 }, () => at.pod.create()))
    const rich = await Promise.all(Array.from({ length: 4 }, full))
    const [a, b, c, d, e, f] = plain
    const [g, h, i, j] = rich
    assert.ok(a && b && c && d && e && f && g && h && i && j)
    await replicated(primary)
    await replica.pause()
    const calls: Readonly<Record<string, Promise<unknown>>> = {
      createQueue: store.createQueue(newQueue({ link: newLink(), notifier: newNotifier() })),
      secureQueue: store.secureQueue(a, newKey()),
      replaceRecipientKeys: store.replaceRecipientKeys(b, [newKey()]),
      suspendQueue: store.suspendQueue(c),
      blockQueue: store.blockQueue(d, { reason: 'spam' }),
      setLinkData: store.setLinkData(e, newLink()),
      setNotifier: store.setNotifier(f, newNotifier(), 0),
      deleteQueue: store.deleteQueue(g, 0),
      deleteLinkData: store.deleteLinkData(h),
      removeNotifier: store.removeNotifier(i, 0),
      openLink: store.openLink(j, newKey()),
    }
    const outcomes = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => `${name}: ${await settled(name, call)}`),
    )
    assert.deepEqual(
      outcomes,
      Object.keys(calls).map((name) => `${name}: refused`),
    )
  })

  test('a message that is read before it is confirmed is not given out again', async () => {
    await using at = await openPods('replica')
    const { store, events } = at.pod
    await untilResolved(async () => {
      const subscriber = newSubscriber()
      const queue = await at.pod.create({}, subscriber)
      await replicated(primary)
      await replica.pause()
      const sent = settled('append', append(at.pod, queue))
      await someoneWaits()
      // as after a connection to Redis was lost, when everybody looks into their queues
      const [head] = await at.pod.heads([queue.recipientId], subscriber)
      assert.ok(typeof head === 'object')
      const { messageId } = head
      assert.deepEqual(await store.acknowledge(queue, { messageId, subscriber }), done)
      await replica.resume()
      const outcome = await sent
      // that there is something to look for is no harm
      for (const event of events.unread(subscriber.connection))
        assert.ok(event.type === 'available' && event.message === undefined)
      return outcome
    })
  })

  test('messages of one turn cost one WAIT', async () => {
    await using at = await openPods('replica')
    const queues = await Promise.all(Array.from({ length: 20 }, () => at.pod.create()))
    await forgetStatistics(primary)
    const sent = await Promise.all(
      queues.flatMap((one) => [append(at.pod, one), append(at.pod, one)]),
    )
    for (const one of sent) assert.deepEqual(one, done)
    assert.equal(await waitsOf(primary), 1)
  })

  test('messages that come while a WAIT is under way share the next', async () => {
    await using at = await openPods('replica')
    const queues = await Promise.all(Array.from({ length: 8 }, () => at.pod.create()))
    const [first, ...others] = queues
    assert.ok(first)
    await replicated(primary)
    await forgetStatistics(primary)
    await replica.pause()
    const sent = [settled('the first', append(at.pod, first))]
    await someoneWaits()
    for (const queue of others) {
      sent.push(settled('one of the others', append(at.pod, queue)))
      await nextTurn()
    }
    await replica.resume()
    await Promise.all(sent)
    assert.equal(await waitsOf(primary), 2)
  })

  test('reading and ACK do not wait for a WAIT', async () => {
    await using at = await openPods('replica')
    const { store } = at.pod
    const subscriber = newSubscriber()
    const queue = await at.pod.create({}, subscriber)
    const { messageId } = await at.pod.append(queue)
    await replicated(primary)
    await replica.pause()
    const order: string[] = []
    const track = async (name: string, call: Promise<unknown>): Promise<void> => {
      await settled(name, call)
      order.push(name)
    }
    const sent = track('append', append(at.pod, queue))
    await someoneWaits()
    await track('peek', store.peekMessage(queue))
    await track('acknowledge', store.acknowledge(queue, { messageId, subscriber }))
    await track('load', store.loadQueues('sender', [queue.senderId], { fresh: true }))
    await track('subscribe', store.subscribe([queue], newSubscriber()))
    await sent
    assert.deepEqual(order, ['peek', 'acknowledge', 'load', 'subscribe', 'append'])
  })
})

/** The queue's own pod is not told through a mailbox, so nothing but the call's end tells it. */
describe('what was refused for durability and happened all the same', () => {
  afterEach(() => replica.resume())

  const cases = [
    { where: 'the same pod', subscribing: 0 },
    { where: 'another pod', subscribing: 1 },
  ]
  for (const { where, subscribing } of cases) {
    const scene = async () => {
      const at = await openPods('replica', 2)
      const [mine = at.pod] = subscribing === 0 ? [at.pod] : at.others
      const subscriber = newSubscriber()
      const made = await at.pod.create({ notifier: newNotifier() })
      assert.deepEqual((await mine.store.subscribe([await mine.load(made)], subscriber))[0], done)
      const queue = await at.pod.load(made)
      await replicated(primary)
      await replica.pause()
      const { events } = mine
      return { ...at, mine, queue, subscriber, events }
    }

    test(`a message reaches its subscriber on ${where}`, async () => {
      await using at = await scene()
      assert.equal(await settled('append', append(at.pod, at.queue)), 'refused')
      await replica.resume()
      assert.equal((await at.events.next(at.subscriber.connection)).type, 'available')
    })

    test(`a later message reaches a subscriber on ${where} too`, async () => {
      await using at = await scene()
      assert.equal(await settled('append', append(at.pod, at.queue)), 'refused')
      await replica.resume()
      await untilResolved(() => settled('append', append(at.pod, at.queue)))
      assert.equal((await at.events.next(at.subscriber.connection)).type, 'available')
    })

    test(`the subscriber on ${where} learns that the queue is deleted`, async () => {
      await using at = await scene()
      const deleting = at.pod.store.deleteQueue(at.queue, newSubscriber().connection)
      assert.equal(await settled('delete', deleting), 'refused')
      await replica.resume()
      assert.equal((await at.events.next(at.subscriber.connection)).type, 'deleted')
    })

    test(`the subscriber on ${where} learns that the queue is blocked`, async () => {
      await using at = await scene()
      const blocking = at.pod.store.blockQueue(at.queue, { reason: 'content' })
      assert.equal(await settled('block', blocking), 'refused')
      await replica.resume()
      assert.equal((await at.events.next(at.subscriber.connection)).type, 'blocked')
    })
  }

  test('the ids of a deleted queue are free', async () => {
    await using at = await openPods('replica')
    const ids = { link: newLink(), notifier: newNotifier() }
    const queue = await at.pod.create(ids)
    await replicated(primary)
    await replica.pause()
    assert.equal(await settled('delete', at.pod.store.deleteQueue(queue, 0)), 'refused')
    await replica.resume()
    await untilResolved(() =>
      settled('create', at.pod.create({ ...ids, senderId: queue.senderId })),
    )
  })
})

storeContract('Redis with a replica that confirms', storeOf('replica'))

test('memory: no WAIT is ever sent', async () => {
  await forgetStatistics(primary)
  await using at = await openPods('memory', 2)
  const subscriber = newSubscriber()
  const queue = await at.pod.create({ link: newLink(), notifier: newNotifier() }, subscriber)
  const { messageId } = await at.pod.append(queue, at.pod.notification())
  await at.pod.store.acknowledge(queue, { messageId, subscriber })
  await at.pod.store.secureQueue(queue, newKey())
  assert.deepEqual(await at.pod.store.deleteQueue(await at.pod.load(queue), 0), done)
  assert.doesNotMatch(await infoOf(primary, 'commandstats'), /^cmdstat_wait/m)
})
