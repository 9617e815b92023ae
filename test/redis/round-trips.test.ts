/** What each command costs in Redis: script calls, and round trips, which no load may multiply. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Command, connectSmp, nativeCrypto, openClient } from '../../src/client/index.ts'
import type { EntityId } from '../../src/protocol/ids.ts'
import type { QueueParty, QueueRecord, QueueStore } from '../../src/store/store.ts'
import { startTestRelay } from '../client/support/relay.ts'
import {
  again,
  newLink,
  newLinkId,
  newNotifier,
  newNotifierId,
  newQueue,
  newRecipientId,
  newSenderId,
  newSubscriber,
} from '../store/builders.ts'
import { type Pod, recordOf } from '../store/cluster.ts'
import { given, held, register, take, toldOften } from '../store/services.ts'
import { ask } from '../support/redis/ask.ts'
import { CommandProxy, type Round } from '../support/redis/command-proxy.ts'
import { openPods, type StorePods } from '../support/redis/store-pods.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

const BATCHES = [1, 135, 1000]
const SCRIPT_CALL = /^cmdstat_(?:eval|evalsha|fcall)(?:_ro)?:calls=(\d+)/gm

let server: RedisServer
let proxy: CommandProxy
let stores: StorePods
/** The pod whose commands are counted, and one beside it. */
let pod: Pod
let other: Pod

before(async () => {
  server = await startRedis()
  proxy = await CommandProxy.start(server.port)
  stores = await openPods({ urls: [proxy.url, server.url], partitions: 256 })
  const [first, second] = stores.pods
  assert.ok(first && second)
  pod = first
  other = second
})
after(async () => {
  await stores[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await server.stop()
})

const scriptCalls = async (): Promise<number> => {
  const stats = await ask(server, (redis) => redis.info('commandstats'))
  return [...stats.matchAll(SCRIPT_CALL)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** Names of the commands in each round trip, with how often each was sent. */
const shapeOf = (rounds: readonly Round[]): readonly Readonly<Record<string, number>>[] =>
  rounds.map((round) => {
    const counts: Record<string, number> = {}
    for (const [name] of round) counts[name] = (counts[name] ?? 0) + 1
    return counts
  })

/** What the pod asks in `run`, and how many scripts Redis ran. */
const costOf = async (run: () => Promise<unknown>) => {
  const calls = await scriptCalls()
  const rounds = shapeOf(await proxy.measure(run))
  return { scripts: (await scriptCalls()) - calls, rounds }
}

const ONE_SCRIPT = { scripts: 1, rounds: [{ EVALSHA: 1 }] }

const loaded = async (store: QueueStore, party: QueueParty, ids: readonly EntityId[]) =>
  (await store.loadQueues(party, ids)).map(recordOf).filter((record) => record !== undefined)

const queuesMadeBy = (maker: Pod, count: number): Promise<readonly QueueRecord[]> =>
  Promise.all(Array.from({ length: count }, () => maker.create()))

describe('SEND of a queue that the pod knows', () => {
  /** The record and its holders are cached. */
  const hot = (queue: QueueRecord): Promise<QueueRecord> => pod.load(queue)
  const send = (queue: QueueRecord, withNews = false) =>
    costOf(() => pod.append(queue, withNews ? pod.notification() : undefined))

  test('without subscriber', async () => {
    const queue = await hot(await other.create())
    assert.deepEqual(await send(queue), ONE_SCRIPT)
    assert.deepEqual(await send(queue), ONE_SCRIPT, 'the queue is not empty')
  })

  test('with a subscriber on this pod, who gets it at once', async () => {
    const subscriber = newSubscriber()
    const queue = await hot(await pod.create({}, subscriber))
    assert.deepEqual(await send(queue), ONE_SCRIPT)
    const event = await pod.events.next(subscriber.connection)
    assert.ok(event.type === 'available' && event.message !== undefined)
  })

  test('with a subscriber on another pod', async () => {
    const subscriber = newSubscriber()
    const queue = await hot(await other.create({}, subscriber))
    assert.deepEqual(await send(queue), ONE_SCRIPT)
    assert.equal((await other.events.next(subscriber.connection)).type, 'available')
  })

  test('whose subscriber changed elsewhere: one more, once', async () => {
    const subscriber = newSubscriber()
    const queue = await hot(await other.create())
    await other.store.subscribe([await other.load(queue)], subscriber)
    const twice = { scripts: 2, rounds: [{ EVALSHA: 1 }, { EVALSHA: 1 }] }
    assert.deepEqual(await send(queue), twice)
    assert.deepEqual(await send(queue), ONE_SCRIPT)
  })

  for (const where of ['nowhere', 'here', 'elsewhere'] as const)
    test(`with a notification, watched ${where}`, async () => {
      const watcher = where === 'here' ? pod : other
      const subscriber = newSubscriber()
      const made = await watcher.create({ notifier: newNotifier() })
      if (where !== 'nowhere') await watcher.store.subscribeNotifiers([made], subscriber)
      assert.deepEqual(await send(await hot(made), true), ONE_SCRIPT)
      if (where !== 'nowhere')
        assert.equal((await watcher.events.next(subscriber.connection)).type, 'notified')
    })

  for (const where of ['nowhere', 'here', 'elsewhere'] as const)
    test(`with a notification for a service, held ${where}`, async () => {
      const watcher = where === 'here' ? pod : other
      const service = await register(watcher)
      const { queue } = await given(other, service)
      const subscriber = newSubscriber()
      if (where !== 'nowhere') await watcher.store.subscribeService(service, subscriber)
      // the first time the pod learns who holds the service
      await send(await hot(queue), true)
      const second = await given(other, service)
      assert.deepEqual(await send(await hot(second.queue), true), ONE_SCRIPT)
      assert.deepEqual(await send(await hot(second.queue), true), ONE_SCRIPT)
      if (where !== 'nowhere')
        assert.equal((await watcher.events.next(subscriber.connection)).type, 'service-notified')
    })

  test('of a batch: one round trip for all', async () => {
    const queues = await Promise.all((await queuesMadeBy(other, 100)).map(hot))
    const cost = await costOf(() => Promise.all(queues.map((queue) => pod.append(queue))))
    assert.deepEqual(cost, { scripts: 100, rounds: [{ EVALSHA: 100 }] })
  })
})

describe('services', () => {
  for (const count of BATCHES) {
    test(`NSUB of ${count} notifiers: one script each, in one round trip`, async () => {
      const service = await register(pod)
      const queues = await Promise.all(
        Array.from({ length: count }, () => pod.create({ notifier: newNotifier() })),
      )
      const cost = await costOf(() => pod.store.associateNotifiers(queues, service))
      assert.deepEqual(cost, { scripts: count, rounds: [{ EVALSHA: count }] })
    })

    test(`NSUBS of ${count} notifiers: one partition decides, and the others follow`, async () => {
      const service = await register(pod)
      const queues = await Promise.all(
        Array.from({ length: count }, () => other.create({ notifier: newNotifier() })),
      )
      await other.store.associateNotifiers(queues, service)
      const cost = await costOf(async () => {
        const subscribed = await pod.store.subscribeService(service, newSubscriber())
        assert.deepEqual(subscribed, { count })
      })
      assert.deepEqual(cost, { scripts: 256, rounds: [{ EVALSHA: 1 }, { EVALSHA: 255 }] })
    })
  }

  test('NMSG: what waits is read and taken in three round trips, in two once it is known', async () => {
    const scene = await held(pod)
    const all = await Promise.all(Array.from({ length: 20 }, () => given(other, scene.service)))
    const round = async () => {
      for (const { queue } of all) await other.append(queue, other.notification())
      await toldOften(pod, scene, 1)
      const { rounds } = await costOf(async () => {
        let taken = 0
        while (taken < all.length) taken += (await take(pod, scene)).notifications.length
      })
      return rounds
    }
    assert.deepEqual(
      (await round()).map((one) => Object.keys(one).join()),
      ['ZRANGE', 'HGETALL', 'EVALSHA'],
    )
  })
})

test('ACK, with and without a next message', async () => {
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  const messages = [await pod.append(queue), await pod.append(queue)]
  for (const { messageId } of messages)
    assert.deepEqual(
      await costOf(() => pod.store.acknowledge(queue, { messageId, subscriber })),
      ONE_SCRIPT,
    )
  assert.deepEqual(await pod.drain(queue), [])
})

describe('SUB', () => {
  for (const count of BATCHES) {
    const load = { HGETALL: count }
    const take = { EVALSHA: count }

    test(`of ${count} queues that this pod has never seen: one load and one take-over`, async () => {
      const queues = await queuesMadeBy(other, count)
      for (const queue of queues.slice(0, 1)) await other.append(queue)
      const ids = queues.map(({ recipientId }) => recipientId)
      const cost = await costOf(async () => {
        const records = await loaded(pod.store, 'recipient', ids)
        const taken = await pod.store.subscribe(records, newSubscriber())
        assert.deepEqual(new Set(taken.map(({ outcome }) => outcome)), new Set(['done']))
      })
      assert.deepEqual(cost, { scripts: count, rounds: [load, take] })
    })

    test(`of ${count} queues that are cached with their subscriber: one take-over`, async () => {
      const subscriber = newSubscriber()
      const queues = await queuesMadeBy(pod, count)
      const ids = queues.map(({ recipientId }) => recipientId)
      const subscribeAgain = async () =>
        pod.store.subscribe(await loaded(pod.store, 'recipient', ids), again(subscriber))
      await subscribeAgain()
      assert.deepEqual(await costOf(subscribeAgain), { scripts: count, rounds: [take] })
    })

    test(`of ${count} queues that were taken over elsewhere: one more`, async () => {
      const subscriber = newSubscriber()
      const queues = await queuesMadeBy(pod, count)
      await pod.store.subscribe(queues, subscriber)
      const theirs = await other.find(
        'recipient',
        queues.map(({ recipientId }) => recipientId),
      )
      const records = theirs.filter((record) => record !== undefined)
      await other.store.subscribe(records, newSubscriber())
      const cost = await costOf(() => pod.store.subscribe(queues, again(subscriber)))
      assert.deepEqual(cost, { scripts: 2 * count, rounds: [take, take] })
    })
  }

  test('of notifiers: the same', async () => {
    const made = await Promise.all(
      Array.from({ length: 135 }, () => other.create({ notifier: newNotifier() })),
    )
    const ids = made.flatMap(({ notifier }) => (notifier ? [notifier.notifierId] : []))
    const cost = await costOf(async () =>
      pod.store.subscribeNotifiers(await loaded(pod.store, 'notifier', ids), newSubscriber()),
    )
    const rounds = [{ GET: 135 }, { HGETALL: 135 }, { EVALSHA: 135 }]
    assert.deepEqual(cost, { scripts: 135, rounds })
  })
})

describe('a load costs the same whether or not the queue exists', () => {
  const nobody = {
    recipient: newRecipientId,
    sender: newSenderId,
    link: newLinkId,
    notifier: newNotifierId,
  }
  const idOf = (party: QueueParty, queue: QueueRecord): EntityId => {
    const { recipientId, senderId, linkId = '', notifier } = queue
    if (party === 'recipient') return recipientId
    if (party === 'sender') return senderId
    return party === 'link' ? linkId : (notifier?.notifierId ?? '')
  }

  for (const party of ['recipient', 'sender', 'link', 'notifier'] as const)
    for (const fresh of [false, true])
      test(`${party}${fresh ? ', fresh' : ''}`, async () => {
        const queue = await other.create({ link: newLink(), notifier: newNotifier() })
        const load = (id: EntityId) =>
          costOf(() => pod.store.loadQueues(party, [id], fresh ? { fresh } : undefined))
        const read = party === 'recipient' ? [{ HGETALL: 1 }] : [{ GET: 1 }, { HGETALL: 1 }]
        const id = idOf(party, queue)
        assert.deepEqual(await load(id), { scripts: 0, rounds: read })
        assert.deepEqual(await load(nobody[party]()), { scripts: 0, rounds: read })
        // now that it is cached
        assert.deepEqual(await load(id), { scripts: 0, rounds: fresh ? read : [] })
      })
})

// ids claimed, queue made, ids kept, queue kept: what a crash in between leaves expires
describe('NEW takes four round trips', () => {
  for (const kind of ['plain', 'subscribed', 'with link and notifier'] as const)
    test(kind, async () => {
      const more = { link: newLink(), notifier: newNotifier() }
      const queue = newQueue(kind === 'with link and notifier' ? more : {})
      const subscriber = kind === 'subscribed' ? newSubscriber() : undefined
      const { rounds } = await costOf(async () =>
        assert.deepEqual(await pod.store.createQueue(queue, subscriber), { outcome: 'done' }),
      )
      assert.equal(rounds.length, 4, JSON.stringify(rounds))
    })
})

test('ERR AUTH over the wire reads the id once, whether it is stored, cached or missing', async () => {
  const clusterKeys = randomBytes(32).toString('hex')
  await using relay = await startTestRelay({ clusterKeys, redisUrl: `${proxy.url}?prefix=wire:` })
  await using connection = await connectSmp({ address: relay.address })
  await using client = await openClient({ address: relay.address })
  const refusedFor = (command: Command, entityId: EntityId) =>
    costOf(async () => {
      const { privateKey: key } = nativeCrypto.generateKeyPair('Ed25519')
      const reply = await connection.exchange(command, { entityId, key })
      assert.deepEqual(reply, { tag: 'ERR', error: { code: 'AUTH' } })
    })
  const { credentials } = await client.createQueue({ subscribe: false })
  const { recipientId, senderId } = credentials
  const recipients = ['stored', 'cached', 'missing'] as const
  for (const state of recipients) {
    const id = state === 'missing' ? newRecipientId() : recipientId
    const cost = await refusedFor({ tag: 'SUB' }, id)
    assert.deepEqual(cost, { scripts: 0, rounds: [{ HGETALL: 1 }] }, state)
  }
  const send = { tag: 'SEND', notification: false, body: new Uint8Array(9) } as const
  for (const id of [senderId, newSenderId()])
    assert.deepEqual(await refusedFor(send, id), {
      scripts: 0,
      rounds: [{ GET: 1 }, { HGETALL: 1 }],
    })
})
