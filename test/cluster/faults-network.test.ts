/** Redis that does not answer, and networks that break, under load. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connectSmp, openClient } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { next } from '../client/support/next.ts'
import { Audit } from '../support/audit.ts'
import { Load, openAnywhere } from '../support/load.ts'
import { nextText } from '../support/next-text.ts'
import { type Pod, Pods } from '../support/pods.ts'
import { ask } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

/** Longer than a call may take, shorter than all that a command may take. */
const PAUSE_MS = 5000
const PING_MS = 250
const PING_LIMIT_MS = 3000
/** What a lost nudge may cost: seconds. */
const LATE_LIMIT_MS = 10_000
const env = { SLUICE_QUEUE_QUOTA: '100000' }

let redis: RedisServer
before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

/** A new client makes a queue there, sends and receives. */
const serves = async ({ address }: Pod): Promise<boolean> => {
  await using client = await openClient({ address })
  const queue = await client.createQueue()
  await client.openSender(queue).send(utf8Bytes('hello'))
  return (await nextText(queue)) === 'hello'
}

describe('a pod', { timeout: 120_000 }, () => {
  const ROUNDS = 5

  const subscribers = async (): Promise<number> =>
    ask(redis, async (client) => {
      const list = `${await client.call('CLIENT', 'LIST', 'TYPE', 'pubsub')}`
      return list.split('\n').filter((line) => line !== '').length
    })

  test('whose nudges are lost delivers within seconds', async () => {
    await using pods = await Pods.start({ url: `${redis.url}?prefix=nudges:`, count: 2, env })
    await using recipient = await openClient({ address: pods.at(0).address })
    await using sending = await openClient({ address: pods.at(1).address })
    const queues = await Promise.all(Array.from({ length: 5 }, () => recipient.createQueue()))
    const ends = recipient.events()
    for (let round = 0; round < ROUNDS; round += 1) {
      await until('both pods listen', async () => (await subscribers()) >= 2)
      await ask(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
      // at once: their mailboxes are told while nobody listens
      const text = `round ${round}`
      await Promise.all(queues.map((queue) => sending.openSender(queue).send(utf8Bytes(text))))
      for (const queue of queues) assert.equal(await nextText(queue, LATE_LIMIT_MS), text)
    }
    await until('both pods listen', async () => (await subscribers()) >= 2)
    await ask(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
    await sending.subscribe(queues.map(({ credentials }) => sending.openQueue(credentials)))
    for (const _ of queues) {
      const end = await within('END', next(ends), LATE_LIMIT_MS)
      assert.ok(end.tag === 'subscriptionEnded' && end.reason === 'taken over')
    }
  })
})

describe('Redis that stands still', { timeout: 120_000 }, () => {
  /** Asks one connection that does nothing else, until `signal`; the number of answers. */
  const ping = async ({ address }: Pod, signal: AbortSignal): Promise<number> => {
    await using connection = await connectSmp({ address, responseMs: PING_LIMIT_MS })
    let answers = 0
    while (!signal.aborted) {
      await connection.request({ tag: 'PING' })
      answers += 1
      await delay(PING_MS)
    }
    return answers
  }

  test('costs connections and no messages, and no OK is false', async (t) => {
    await using pods = await Pods.start({ url: `${redis.url}?prefix=paused:`, count: 2, env })
    const audit = new Audit()
    await using load = await Load.start({ pods, audit })
    await load.progress(20, 'before')
    const pings = new AbortController()
    const pinging = Promise.allSettled(pods.all.map((pod) => ping(pod, pings.signal)))
    await redis.pause()
    const pausedAt = performance.now()
    await delay(PAUSE_MS)
    const resumedAt = performance.now()
    await redis.resume()
    await load.progress(20, 'after')
    pings.abort()
    for (const result of await pinging) {
      assert.equal(result.status, 'fulfilled')
      assert.ok(result.value > 1)
    }
    await load.finish()
    t.diagnostic(audit.summary)
    const isFalse = ({ startedAt, endedAt }: { startedAt: number; endedAt: number }) =>
      startedAt > pausedAt && endedAt < resumedAt
    assert.deepEqual(audit.accepted.filter(isFalse), [])
    audit.check()
    audit.checkFailures()
    assert.notEqual(audit.failures.length, 0, 'calls have a bound')
  })
})

// each mostly waits for the other end of a silence
describe('a pod that loses Redis', { concurrency: true, timeout: 180_000 }, () => {
  /** One pod with a network of its own, and one without. */
  const scene = async (prefix: string) => {
    await using parts = new AsyncDisposableStack()
    const proxy = parts.use(await TcpProxy.start(redis.port))
    const path = `?prefix=${prefix}:`
    const pods = parts.use(await Pods.start({ url: `${redis.url}${path}`, count: 1, env }))
    const cut = await pods.add({ SLUICE_REDIS_URL: `${proxy.url}${path}` })
    const owned = parts.move()
    return { proxy, pods, cut, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }

  for (const fault of ['drop', 'reset'] as const)
    test(`(${fault}) loses its clients to the others, and serves again after`, async (t) => {
      await using at = await scene(fault)
      const { proxy, pods, cut } = at
      const audit = new Audit()
      await using load = await Load.start({ pods, audit })
      await load.progress(20, 'before')
      proxy[fault]()
      await load.progress(20, 'while a pod is cut off')
      proxy.heal()
      await until('the pod serves again', () => serves(cut))
      await load.progress(20, 'after')
      await load.finish()
      t.diagnostic(audit.summary)
      audit.check()
      audit.checkFailures()
      assert.notEqual(audit.failures.length, 0, 'clients are told')
    })

  for (const fault of ['drop', 'reset'] as const)
    test(`(${fault}) does not keep those who only wait for messages`, async () => {
      await using at = await scene(`idle-${fault}`)
      const { proxy, pods, cut } = at
      await using recipient = await openAnywhere(pods, pods.all.indexOf(cut))
      await using sending = await openClient({ address: pods.at(0).address })
      const queue = await recipient.createQueue()
      await sending.openSender(queue).send(utf8Bytes('before'))
      assert.equal(await nextText(queue), 'before')
      proxy[fault]()
      await sending.openSender(queue).send(utf8Bytes('while it is cut off'))
      assert.equal(await nextText(queue), 'while it is cut off')
    })
})
