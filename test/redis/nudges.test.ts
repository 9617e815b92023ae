/** A pod hears that its mailboxes have something, whatever happens to its subscriptions. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { entryText } from '../../src/store/redis/entry.ts'
import { newSubscriber } from '../store/builders.ts'
import type { Pod } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { CommandProxy } from '../support/redis/command-proxy.ts'
import { DrainWatch, listening, mailboxesOn, subscribed } from '../support/redis/drain-watch.ts'
import { openPods, type StorePods } from '../support/redis/store-pods.ts'
import { CALM_CLUSTER, type RedisServer, startCluster, startRedis } from '../support/redis.ts'

const PARTITIONS = 16

const killSubscribers = (server: RedisServer) =>
  ask(server, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))

describe('a pod with one server', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server.stop())

  const scene = async () => {
    await using parts = new AsyncDisposableStack()
    const proxy = parts.use(await CommandProxy.start(server.port))
    const stores = parts.use(await openPods({ urls: [proxy.url], partitions: PARTITIONS }))
    const [pod] = stores.pods
    assert.ok(pod)
    const mailboxes = (await listening([server], stores.keys, PARTITIONS)).get(server) ?? []
    const watch = parts.use(await DrainWatch.start([server]))
    const owned = parts.move()
    const close = () => owned.disposeAsync()
    return { proxy, stores, pod, mailboxes, watch, [Symbol.asyncDispose]: close }
  }

  const isReported = ({ faults }: StorePods): boolean =>
    faults.some(({ error }) => error instanceof Error && /no nudges arrive/.test(error.message))

  const NEVER = 'no answer has this'

  interface Case {
    readonly name: string
    readonly harm: (proxy: CommandProxy, mailboxes: readonly string[]) => unknown
    /** Only the watchdog can find it. */
    readonly isSilent?: boolean
  }

  const cases: readonly Case[] = [
    { name: 'is left alone', harm: () => {} },
    { name: 'is killed', harm: () => killSubscribers(server) },
    {
      name: 'brings nothing more, and stays open',
      harm: (proxy) => proxy.muteSubscribers(),
      isSilent: true,
    },
    {
      name: 'is reset by Redis, unnoticed',
      harm: (proxy) => proxy.behindItsBack(['RESET'], '+RESET'),
      isSilent: true,
    },
    {
      name: 'loses one of its channels, and is told',
      harm: (proxy, [first = '']) => proxy.behindItsBack(['SUNSUBSCRIBE', first], NEVER),
    },
    {
      name: 'loses one of its channels, unnoticed',
      harm: (proxy, mailboxes) =>
        proxy.behindItsBack(['SUNSUBSCRIBE', mailboxes.at(-1) ?? ''], 'sunsubscribe'),
      isSilent: true,
    },
  ]

  for (const { name, harm, isSilent = false } of cases)
    test(`hears every nudge after its connection ${name}`, async () => {
      await using at = await scene()
      const { proxy, stores, mailboxes, watch } = at
      await harm(proxy, mailboxes)
      await watch.nudged(server, mailboxes)
      await subscribed(server, mailboxes)
      assert.equal(isReported(stores), isSilent)
    })

  /** As a pod writes it whose nudge is lost. */
  const tellWithoutNudge = async ({ stores, pod }: { stores: StorePods; pod: Pod }) => {
    const subscriber = newSubscriber()
    const { tag, blind } = stores.keysOf(await pod.create({}, subscriber))
    const name = (await mailboxesOn(server, stores.keys))[0]?.split(':').at(-1) ?? ''
    const holder = { ...subscriber, pod: name, claimedAt: 0 }
    const mailbox = stores.keys.mailbox(tag, name)
    await ask(server, (redis) => redis.rpush(mailbox, entryText('available', holder, blind)))
    return subscriber
  }

  test('finds what it was not nudged about', async () => {
    await using at = await scene()
    const { connection } = await tellWithoutNudge(at)
    assert.equal((await at.pod.events.next(connection)).type, 'available')
  })

  test('finds it also while its subscriptions are dead', async () => {
    await using at = await scene()
    at.proxy.muteSubscribers()
    const { connection } = await tellWithoutNudge(at)
    assert.equal((await at.pod.events.next(connection)).type, 'available')
  })
})

describe('a pod with a Redis Cluster', () => {
  test('hears every nudge after one server killed its subscriptions, or all did', async () => {
    await using cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 0 })
    await using stores = await openPods({ urls: [cluster.url], partitions: PARTITIONS })
    const all = await listening(cluster.primaries, stores.keys, PARTITIONS)
    await using watch = await DrainWatch.start(cluster.primaries)
    const checkAll = async (): Promise<void> => {
      for (const [server, mailboxes] of all) {
        await watch.nudged(server, mailboxes)
        await subscribed(server, mailboxes)
      }
    }
    await checkAll()
    for (const harmed of [cluster.primaries.slice(0, 1), cluster.primaries]) {
      await Promise.all(harmed.map(killSubscribers))
      await checkAll()
    }
  })
})
