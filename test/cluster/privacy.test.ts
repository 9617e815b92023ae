/**
 * Nothing that identifies a client is logged or shown (I6): under all traffic that there is, no id,
 * key, session or address that passed is found in what relays say at their lowest log level.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openClient, SmpRefusal } from '../../src/client/index.ts'
import type { ServerAddress } from '../../src/protocol/address.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { expectGood, idsOf, run } from '../conformance/support/run.ts'
import { adminToken, idText } from '../support/admin.ts'
import { nextText } from '../support/next-text.ts'
import type { Pod } from '../support/pods.ts'
import { Front } from '../support/privacy/front.ts'
import { Seen } from '../support/privacy/seen.ts'
import { disturb, exchange, operate, type Place, route, serve } from '../support/privacy/traffic.ts'
import { Leaks, WatchedPods } from '../support/privacy/watched.ts'
import { until } from '../support/redis/until.ts'
import { startRedis } from '../support/redis.ts'
import { within } from '../support/within.ts'

/** Where clients come from: no pod listens there. */
const CLIENT = '127.9.8.7'
const BEHIND = '203.0.113.77'
/** Where commands are to be forwarded to, in vain. */
const NOWHERE = '127.6.5.43'
/** A part of what strangers say. */
const MARK = 'word-of-a-stranger'
/** Also the whole networks of IPv6, which limits count by. */
const BEHIND_V6 = '2001:db8:77:88::99'

const hidden = {
  addresses: [CLIENT, BEHIND, NOWHERE],
  words: [MARK, adminToken, '2001:db8', '20010db8', 'zebras'],
}

const nowhereOf = (address: ServerAddress): ServerAddress => ({
  ...address,
  hosts: [NOWHERE],
  port: 1,
})

const fronted = async (pods: readonly Pod[], seen: Seen) => {
  await using parts = new AsyncDisposableStack()
  const places: Place[] = []
  for (const pod of pods) {
    const front = parts.use(await Front.start({ port: pod.port, localAddress: CLIENT }))
    places.push({ address: front.at(pod.address), seen })
  }
  const [first, ...others] = places
  assert.ok(first)
  const owned = parts.move()
  const [address, ...more] = [first, ...others].map((place) => place.address)
  assert.ok(address)
  return {
    first,
    last: others.at(-1) ?? first,
    addresses: [address, ...more] as const,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** All kinds of traffic, at the first and the last of the pods. */
const everything = async (watched: WatchedPods, seen: Seen): Promise<void> => {
  const { pods } = watched
  await using places = await fronted(pods.all, seen)
  const { first, last, addresses } = places
  const report = await run(addresses, {
    told: { quota: 5, proxy: true },
    onSession: seen.watch,
    timing: { jobs: 8, quietMs: 20 },
  })
  expectGood(report)
  assert.ok(idsOf(report, 'passed').length > 240)
  await exchange(first)
  const { webPorts } = await watched.ready(pods.at(0))
  await exchange(first, { webSocket: { url: `ws://127.0.0.1:${webPorts.ws[0]}/` } })
  await route(last, { from: first.address, nowhere: nowhereOf(first.address) })
  await serve(last)
  await operate(last, await watched.admin(pods.at(0)))
  for (const pod of pods.living) await disturb(pod.port, MARK)
}

const publishedBy = ({ pods }: WatchedPods) => new Seen([pods.at(0).address.keyHash])

const refused = (error: unknown): true => {
  assert.ok(error instanceof SmpRefusal)
  return true
}

/** A pod behind a load balancer that grants hardly anything. */
const limit = async ({ pods }: WatchedPods, seen: Seen): Promise<void> => {
  const pod = await pods.add({
    SLUICE_PROXY_PROTOCOL_FROM: '127.0.0.0/8',
    SLUICE_LIMIT_CONNECTIONS_PER_ADDRESS: '1',
    SLUICE_LIMIT_QUEUES_PER_CONNECTION: '1',
    SLUICE_LIMIT_HANDSHAKES_PER_ADDRESS: '1',
  })
  for (const [family, source] of [
    ['TCP4', BEHIND],
    ['TCP6', BEHIND_V6],
  ] as const) {
    const destination = family === 'TCP4' ? '127.0.0.1' : '::1'
    const header = `PROXY ${family} ${source} ${destination} 45678 443\r\n`
    await using front = await Front.start({ port: pod.port, localAddress: CLIENT, header })
    const place = { address: front.at(pod.address), seen }
    await using client = await openClient({ address: place.address })
    const queue = await client.createQueue({ subscribe: false })
    seen.addAll(queue.credentials, 'limited')
    await assert.rejects(client.createQueue(), refused)
    await assert.rejects(openClient({ address: place.address }))
    await disturb(front.port, MARK)
  }
  await disturb(pod.port, MARK)
}

/** The search itself, for more than it found, and how many lines it went through. */
const check = (watched: WatchedPods, seen: Seen) => {
  watched.checkLines()
  const leaks = new Leaks({ seen, ...hidden })
  assert.deepEqual(leaks.in(watched.texts), [])
  return { leaks, lines: watched.lines.length }
}

describe('no id, key or address is logged or shown', {
  timeout: 240_000,
  concurrency: true,
}, () => {
  test('by a pod that keeps all in memory', async (t) => {
    await using watched = await WatchedPods.start({ count: 1 })
    const seen = publishedBy(watched)
    await everything(watched, seen)
    await watched.look()
    assert.equal(await watched.pods.at(0).stop(), 0)
    const { lines } = check(watched, seen)
    t.diagnostic(`${seen.values.size} values, ${lines} lines`)
    assert.ok(seen.values.size > 5000)
  })

  test('by pods that share Redis, which they lose, and that are stopped', async (t) => {
    await using redis = await startRedis()
    await using watched = await WatchedPods.start({ url: redis.url, count: 3 })
    const { pods } = watched
    const seen = publishedBy(watched)
    await everything(watched, seen)
    await limit(watched, seen)
    await using places = await fronted([pods.at(1)], seen)
    const { address } = places.first
    await using client = await openClient({ address, backoff: { firstMs: 50 }, waitMs: 1000 })
    const queue = await client.createQueue()
    seen.addAll(queue.credentials, 'when Redis is lost')
    await redis.kill()
    await assert.rejects(client.openSender(queue).send(utf8Bytes('to nobody')))
    await until('it is logged', () => pods.at(1).log.includes('the store is not available'))
    await watched.look()
    await redis.restart()
    await until('there are queues again', async () => {
      const later = await client.createQueue()
      seen.addAll(later.credentials, 'when Redis is back')
      await client.openSender(later).send(utf8Bytes('and back'))
      return (await nextText(later)) === 'and back'
    })
    await watched.look()
    const codes = await within('the end of all', Promise.all(pods.all.map((pod) => pod.stop())))
    assert.deepEqual(new Set(codes), new Set([0]))
    const { leaks, lines } = check(watched, seen)
    t.diagnostic(`${seen.values.size} values, ${lines} lines`)
    // and it would be found
    const id = queue.credentials.recipientId
    const bytes = Buffer.from(id, 'latin1')
    const [line = ''] = watched.lines
    for (const value of [
      ...[
        idText(id),
        bytes.toString('base64'),
        bytes.toString('hex'),
        bytes.toString('hex').slice(0, 14),
      ],
      ...[id, bytes, Uint8Array.from(bytes), [...bytes], bytes.toString('utf8')],
      ...[`queue of ${bytes.toString('base64').slice(12)}`, { [idText(id)]: 1 }, `${CLIENT}:4711`],
      ...[`::ffff:${CLIENT}`, '::ffff:7f09:0807', MARK, adminToken, BEHIND],
    ]) {
      const planted = JSON.stringify({ ...JSON.parse(line), planted: value })
      assert.ok(leaks.in([planted]).length > 0, planted)
    }
    assert.deepEqual(leaks.in([line]), [])
  })
})
