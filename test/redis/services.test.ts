/** Services of a cluster: the holder, its notifiers and their senders are on pods of their own. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { openRedisStore } from '../../src/store/redis/open.ts'
import type { ServiceCertificate } from '../../src/store/service-store.ts'
import type { QueueStore } from '../../src/store/store.ts'
import { StoreFull } from '../../src/store/store-error.ts'
import { newNotifier, newSubscriber } from '../store/builders.ts'
import { type Pod, startPods } from '../store/cluster.ts'
import { same } from '../store/same.ts'
import {
  countOf,
  given,
  held,
  newCertificate,
  notify,
  of,
  register,
  take,
  told,
  toldOften,
} from '../store/services.ts'
import { ask } from '../support/redis/ask.ts'
import { openPods, type StorePods } from '../support/redis/store-pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis, withPrefix } from '../support/redis.ts'
import { newClusterKey } from './store.ts'

let server: RedisServer
before(async () => {
  server = await startRedis()
})
after(() => server.stop())

/** Three pods; what breaks is no failure of the test. */
const threePods = async (partitions = 16) => {
  const urls = [server.url, server.url, server.url]
  const stores = await openPods({ urls, partitions })
  const [home, holder, sender] = stores.pods
  assert.ok(home && holder && sender)
  return {
    home,
    holder,
    sender,
    stores,
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}

const keysLike = async (stores: StorePods, kind: string): Promise<readonly string[]> => {
  const [tag = ''] = stores.keys.tags
  const prefix = stores.keys.counts(tag).split('{')[0]
  return ask(server, (redis) => redis.keys(`${prefix}{*}:${kind}:*`))
}

const breakConnections = (): Promise<unknown> =>
  ask(server, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'))

describe('three pods', () => {
  test('a notification reaches the holder, wherever the queue was made and whoever sends', async () => {
    await using at = await threePods()
    const scene = await held(at.holder)
    const { queue, notifier } = await given(at.home, scene.service)
    for (let count = 1; count <= 3; count++) {
      const notification = await notify(at.sender, await at.sender.load(queue))
      await toldOften(at.holder, scene, count)
      same((await take(at.holder, scene)).notifications, of(notifier, notification))
    }
  })

  test('the holder is told when another pod takes over, and the senders follow', async () => {
    await using at = await threePods()
    const first = await held(at.holder)
    const { queue, notifier } = await given(at.home, first.service)
    const theirs = await at.sender.load(queue)
    await notify(at.sender, theirs)
    await toldOften(at.holder, first, 1)
    await take(at.holder, first)
    const second = await held(at.home, first.service)
    await at.holder.events.hold(first.holder.connection, (events) =>
      events.some(({ type }) => type === 'service-ended'),
    )
    const ended = at.holder.events.unread(first.holder.connection).at(-1)
    assert.deepEqual(ended, told('service-ended', first.holder))
    const notification = await notify(at.sender, theirs)
    await toldOften(at.home, second, 1)
    same((await take(at.home, second)).notifications, of(notifier, notification))
  })

  test('a holder whose pod dies leaves nothing that its successor lacks', async () => {
    await using at = await threePods()
    const first = await held(at.holder)
    const { queue, notifier } = await given(at.home, first.service)
    // nobody says what its connections held
    await at.holder.store.close()
    const waiting = await notify(at.sender, await at.sender.load(queue))
    const second = await held(at.home, first.service)
    await toldOften(at.home, second, 1)
    same((await take(at.home, second)).notifications, of(notifier, waiting))
    const next = await notify(at.sender, await at.sender.load(queue))
    await toldOften(at.home, second, 2)
    same((await take(at.home, second)).notifications, of(notifier, next))
    assert.equal(await countOf(at.home, first.service), 1)
  })

  test('what a released service leaves behind is its count', async () => {
    await using at = await threePods()
    const scene = await held(at.holder)
    const { queue } = await given(at.home, scene.service)
    const { service } = scene
    assert.equal((await keysLike(at.stores, 's')).length, 16)
    await at.holder.store.release(scene.holder.connection, {
      recipients: [],
      notifiers: [],
      service,
    })
    const left = await keysLike(at.stores, 's')
    assert.equal(left.length, 1)
    const fields = await ask(server, (redis) => redis.hgetall(left[0] ?? ''))
    assert.deepEqual(fields, { c: '1' })
    await at.home.store.deleteQueue(queue, 0)
    assert.deepEqual(await keysLike(at.stores, 's'), [])
    assert.deepEqual(await keysLike(at.stores, 'w'), [])
  })
})

describe('after something was lost', () => {
  test('a claim that is gone is put back, and what waits is told', async () => {
    await using at = await threePods()
    const scene = await held(at.holder)
    const { queue, notifier } = await given(at.home, scene.service)
    // as a primary that took over without the last writes
    for (const key of await keysLike(at.stores, 's'))
      await ask(server, (redis) => redis.hdel(key, 'h'))
    const notification = await notify(at.sender, await at.sender.load(queue))
    await breakConnections()
    await toldOften(at.holder, scene, 1)
    same((await take(at.holder, scene)).notifications, of(notifier, notification))
    await until('the claim is everywhere', async () => {
      const claims = (await keysLike(at.stores, 's')).map((key) =>
        ask(server, (redis) => redis.hget(key, 'h')),
      )
      return (await Promise.all(claims)).filter((claim) => claim !== null).length === 16
    })
  })

  test('a holder that lost it to a newer claim is told', async () => {
    await using at = await threePods()
    const scene = await held(at.holder)
    const newer = `somebody:1:1:${(Date.now() * 2).toString(36)}`
    for (const key of await keysLike(at.stores, 's'))
      await ask(server, (redis) => redis.hset(key, 'h', newer))
    await breakConnections()
    await at.holder.events.hold(scene.holder.connection, (events) =>
      events.some(({ type }) => type === 'service-ended'),
    )
  })
})

test('while Redis is full, services are taken over and notifications given out', async () => {
  await using at = await threePods()
  const scene = await held(at.holder)
  const { queue, notifier } = await given(at.home, scene.service)
  const spare = await at.home.create({ notifier: newNotifier() })
  const notification = await notify(at.sender, await at.sender.load(queue))
  const allow = (bytes: number) => ask(server, (redis) => redis.config('SET', 'maxmemory', bytes))
  await allow(1)
  try {
    const second = await held(at.home, scene.service)
    await toldOften(at.home, second, 1)
    same((await take(at.home, second)).notifications, of(notifier, notification))
    const [refused] = await at.home.store.associateNotifiers([spare], scene.service)
    assert.ok(refused?.outcome === 'failed' && refused.cause instanceof StoreFull)
    const listener = newSubscriber()
    assert.deepEqual(await at.home.store.subscribeNotifiers([queue], listener), [
      { outcome: 'done' },
    ])
    await at.home.events.hold(second.holder.connection, (events) =>
      events.some(({ type }) => type === 'ended'),
    )
  } finally {
    await allow(0)
  }
  assert.equal(await countOf(at.home, scene.service), 0)
})

describe('while cluster keys rotate', () => {
  const podsWith = async (
    lists: readonly (readonly [Uint8Array, ...Uint8Array[]])[],
    prefix: string,
  ) => {
    const { pod, others, close } = await startPods(
      {
        isClustered: true,
        async start(pods) {
          const common = { partitions: 16, durability: 'memory', identity: 'test' } as const
          const url = withPrefix(server.url, prefix)
          const stores: QueueStore[] = []
          for (const [index, one] of pods.entries()) {
            const [first, ...rest] = lists[index] ?? assert.fail()
            const clusterKeys = [first, ...rest] as const
            const onFault = (error: unknown) => assert.fail(`${error}`)
            stores.push(await openRedisStore({ ...one, ...common, url, clusterKeys, onFault }))
          }
          return {
            stores,
            close: async () => void (await Promise.all(stores.map((s) => s.close()))),
          }
        },
      },
      { pods: lists.length },
    )
    return { pods: [pod, ...others] as const, [Symbol.asyncDispose]: close }
  }
  const newPrefix = () => `${randomBytes(6).toString('hex')}:`
  const registerAt = async (pod: Pod, certificate: ServiceCertificate): Promise<string> => {
    const registered = await pod.store.registerService(certificate)
    return registered.outcome === 'done' ? registered.service.serviceId : registered.outcome
  }

  test('a certificate keeps its id, and its notifiers', async () => {
    const [prefix, old, young] = [newPrefix(), newClusterKey(), newClusterKey()]
    const certificate = newCertificate()
    let serviceId = ''
    {
      await using at = await podsWith([[old]], prefix)
      const service = await register(at.pods[0], certificate)
      serviceId = service.serviceId
      await given(at.pods[0], service)
    }
    await using at = await podsWith(
      [
        [old, young],
        [young, old],
      ],
      prefix,
    )
    for (const pod of at.pods) {
      const service = await register(pod, certificate)
      assert.equal(service.serviceId, serviceId)
      assert.equal(await countOf(pod, service), 1)
    }
  })

  test('pods that register it at once, each under its newest key, agree', async () => {
    const [prefix, old, young] = [newPrefix(), newClusterKey(), newClusterKey()]
    await using at = await podsWith(
      [
        [old, young],
        [young, old],
      ],
      prefix,
    )
    const [first, second] = at.pods
    assert.ok(second)
    for (let round = 0; round < 20; round++) {
      const certificate = newCertificate()
      const ids: readonly string[] = await Promise.all([
        registerAt(first, certificate),
        registerAt(second, certificate),
        registerAt(first, certificate),
      ])
      assert.equal(new Set(ids).size, 1)
      assert.equal(ids[0]?.length, 24)
      assert.equal(await registerAt(second, { ...certificate, role: 'proxy' }), 'refused')
    }
  })

  test('a claim of a pod that died is waited for, and given up', async () => {
    const [prefix, key] = [newPrefix(), newClusterKey()]
    await using at = await podsWith([[key], [key]], prefix)
    const [pod] = at.pods
    const certificate = newCertificate()
    await register(pod, certificate)
    const [name = ''] = await ask(server, (redis) => redis.keys(`${prefix}{*}:v:*`))
    // as it stands between the claim and its keeping
    await ask(server, (redis) => redis.pexpire(name, 300))
    const service = await register(pod, certificate)
    const kept = await ask(server, (redis) => redis.pttl(name))
    assert.equal(kept, -1)
    same(await register(pod, certificate), service)
  })
})
