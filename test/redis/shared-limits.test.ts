/** Rates that the pods of a cluster share through Redis, which learns no address. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { LimitNumbers } from '../../src/limits/numbers.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import type { RedisStore } from '../../src/store/redis/redis-store.ts'
import { LONGEST_MS } from '../../src/store/redis/shared-buckets.ts'
import { limits as storeLimits } from '../store/cluster.ts'
import { LimitsUnderTest } from '../support/limits-under-test.ts'
import { ask } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { startRedis, withPrefix } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'
import { newClusterKey } from './store.ts'

const server = await startRedis({
  args: ['--slowlog-log-slower-than', '0', '--slowlog-max-len', '100000'],
})
after(() => server.stop())

const A = '203.0.113.77'
const B = '2001:db8:abcd:1234::77'
/** None comes back while a test runs. */
const slow = { perSecond: 1 / 50, burst: 10 }

interface Cluster extends AsyncDisposable {
  readonly prefix: string
  readonly pods: readonly LimitsUnderTest[]
  readonly stores: readonly RedisStore[]
}

const startPods = async (
  count: number,
  numbers: Partial<LimitNumbers>,
  { url = server.url, nowMs = Date.now }: { url?: string; nowMs?: () => number } = {},
): Promise<Cluster> => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  const clusterKeys = [newClusterKey()] as const
  const open = (): Promise<RedisStore> =>
    openRedisStore({
      ...{ url: withPrefix(url, prefix), clusterKeys, partitions: 64, durability: 'memory' },
      ...{
        identity: 'test',
        limits: storeLimits,
        deliver: () => {},
        onFault: () => {},
        now: nowMs,
      },
    })
  const stores = await Promise.all(Array.from({ length: count }, open))
  const pods = stores.map(
    ({ sharedBuckets }) =>
      new LimitsUnderTest(numbers, { shared: sharedBuckets, now: () => performance.now() }),
  )
  const close = async () => void (await Promise.all(stores.map((store) => store.close())))
  return { prefix, pods, stores, [Symbol.asyncDispose]: close }
}

const tickAll = (pods: readonly LimitsUnderTest[]): Promise<unknown> =>
  Promise.all(pods.map(({ limits }) => limits.tick()))

describe('shared rates', { timeout: 60_000 }, () => {
  test('what one pod gave is missing at the others', async () => {
    await using at = await startPods(3, { limitConnectionRatePerAddress: slow })
    const [first, ...others] = at.pods
    assert.ok(first)
    assert.equal(first.connects(A, 4), 4)
    await first.limits.tick()
    for (const pod of others) {
      assert.equal(pod.connects(A, 1), 1)
      await pod.limits.tick()
    }
    await tickAll(at.pods)
    // the first one learns of them with what it gives next
    assert.equal(first.connects(A, 1), 1)
    await first.limits.tick()
    assert.equal(first.connects(A, 20), 3)
    await first.limits.tick()
    for (const pod of others) {
      pod.connects(A, 1)
      await pod.limits.tick()
      assert.equal(pod.connects(A, 20), 0)
      assert.equal(pod.connects(B, 20), 10)
    }
  })

  test('three pods that are attacked at once give what one would, and a burst each at most', async () => {
    const rate = { perSecond: 1 / 10, burst: 10 }
    await using at = await startPods(3, { limitConnectionRatePerAddress: rate })
    let given = 0
    for (let round = 0; round < 20; round++) {
      for (const pod of at.pods) given += pod.connects(A, 5)
      await tickAll(at.pods)
    }
    assert.ok(given >= rate.burst && given <= 3 * rate.burst, `${given}`)
  })

  test('those in total are shared too', async () => {
    await using at = await startPods(2, { limitConnectionRate: slow })
    const [first, second] = at.pods
    assert.ok(first && second)
    assert.equal(first.connects(A, 9), 9)
    await first.limits.tick()
    second.connects(B, 1)
    await second.limits.tick()
    assert.equal(second.connects(B, 10), 0)
  })

  test('a pod of another cluster key, or prefix, shares nothing', async () => {
    await using one = await startPods(1, { limitConnectionRatePerAddress: slow })
    await using other = await startPods(1, { limitConnectionRatePerAddress: slow })
    for (const { pods } of [one, other]) {
      assert.equal(pods[0]?.connects(A, 20), 10)
      await tickAll(pods)
    }
  })

  test('very many clients are told of at once', async () => {
    await using at = await startPods(2, { limitConnectionRatePerAddress: slow })
    const [first, second] = at.pods
    assert.ok(first && second)
    const addresses = Array.from({ length: 3000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)
    for (const address of addresses) first.connects(address, 9)
    await first.limits.tick()
    for (const address of addresses) second.connects(address, 1)
    await second.limits.tick()
    for (const address of addresses) assert.equal(second.connects(address, 3), 0, address)
  })

  test('who stays far below its rate is not told of', async () => {
    await using at = await startPods(1, {
      limitConnectionRatePerAddress: { perSecond: 100, burst: 1000 },
    })
    at.pods[0]?.connects(A, 6)
    await tickAll(at.pods)
    assert.deepEqual(await bucketsOf(at.prefix), [])
    at.pods[0]?.connects(A, 700)
    await tickAll(at.pods)
    assert.equal((await bucketsOf(at.prefix)).length, 1)
  })
})

const bucketsOf = (prefix: string): Promise<readonly string[]> =>
  ask(server, (redis) => redis.keys(`${prefix}*:r:*`))

describe('without Redis', { timeout: 60_000 }, () => {
  test('each pod’s own buckets hold, at once; later they are shared again', async () => {
    await using network = await TcpProxy.start(server.port)
    await using at = await startPods(
      2,
      { limitConnectionRatePerAddress: slow },
      { url: network.url },
    )
    const [first, second] = at.pods
    assert.ok(first && second)
    network.reset()
    assert.equal(first.connects(A, 20), 10)
    await within('an exchange that fails', tickAll(at.pods))
    assert.equal(first.connects(A, 20), 0)
    assert.equal(second.connects(A, 2), 2)
    await within('an exchange that fails', tickAll(at.pods))
    network.heal()
    await until('the pods share again', async () => {
      first.connects(B, 1)
      await first.limits.tick()
      return (await bucketsOf(at.prefix)).length > 0
    })
    while (first.connects(B, 1) > 0);
    await first.limits.tick()
    await until('the other one learns', async () => {
      const given = second.connects(B, 1)
      await second.limits.tick()
      return given === 0
    })
  })
})

describe('Redis', { timeout: 60_000 }, () => {
  const numbers = {
    limitConnectionRatePerAddress: slow,
    limitSendRatePerAddress: { perSecond: 1 / 3600, burst: 100 },
    limitNewRate: slow,
  }

  test('holds no address, in no form, and nothing for longer than minutes', async () => {
    await using at = await startPods(2, numbers)
    const [first, second] = at.pods
    const [store] = at.stores
    assert.ok(first && second && store)
    for (const pod of [first, second, first]) {
      for (const address of [A, `::ffff:${A}`, B]) {
        pod.connects(address, 3)
        const session = pod.limits.session(address)
        for (let i = 0; i < 10; i++) session.reserve('SEND')
        session.reserve('NEW')
        session.close()
      }
      await pod.limits.tick()
    }
    const names = await bucketsOf(at.prefix)
    // two clients with two rates, and one rate in total
    assert.equal(names.length, 5)
    const held = await ask(server, async (redis) => {
      const texts: string[] = [...names]
      for (const name of names) {
        texts.push((await redis.dumpBuffer(name))?.toString('latin1') ?? '')
        assert.equal(await redis.get(name), '')
        const ms = await redis.pttl(name)
        assert.ok(ms > 0 && ms <= LONGEST_MS, `${ms}`)
      }
      const log: unknown = await redis.callBuffer('SLOWLOG', 'GET', '-1')
      return [...texts, flat(log)].join('\n')
    })
    const networks = [Uint8Array.of(203, 0, 113, 77), Buffer.from('20010db8abcd1234', 'hex')]
    const pseudonyms = networks.map((one) =>
      nativeCrypto.keyedHash(store.sharedBuckets.secret, one, 16),
    )
    for (const bytes of [...networks, ...pseudonyms, store.sharedBuckets.secret])
      for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const) {
        const trace = Buffer.from(bytes).toString(encoding)
        assert.ok(!held.includes(trace), `${encoding} of ${Buffer.from(bytes).toString('hex')}`)
      }
    for (const text of [A, '203.0', '2001:db8', 'abcd:1234']) assert.ok(!held.includes(text), text)
  })

  test('knows nobody by the same name on another day', async () => {
    let nowMs = Date.UTC(2026, 10, 22, 12)
    await using at = await startPods(1, numbers, { nowMs: () => nowMs })
    const [pod] = at.pods
    assert.ok(pod)
    pod.connects(A, 1)
    await pod.limits.tick()
    const before = await bucketsOf(at.prefix)
    nowMs += 86_400_000
    pod.connects(A, 1)
    await pod.limits.tick()
    const both = await bucketsOf(at.prefix)
    assert.deepEqual([before.length, both.length], [1, 2])
  })
})

const flat = (value: unknown): string => {
  if (Buffer.isBuffer(value)) return value.toString('latin1')
  return Array.isArray(value) ? value.map(flat).join('\n') : `${value}`
}
