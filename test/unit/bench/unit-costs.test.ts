import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costNames, ownCosts, readCosts, withFigures } from '../../../bench/unit-costs.ts'

const machine = { cpu: 'Some CPU', cores: 8, memoryGib: 64, node: 'v24' }
const spread = (median: number) => ({ median, min: median, max: median })

const figures = (parts: object): string => JSON.stringify({ machine, rounds: 5, ...parts })

const changed = (parts: object) => {
  const own = ownCosts()
  const { costs } = withFigures(own, figures(parts), '2030-01-02')
  const names = costNames.filter((name) => costs[name] !== own.costs[name])
  return Object.fromEntries(names.map((name) => [name, costs[name]]))
}

test('the costs that come with the sources are complete, with date and machine', () => {
  const { date, machine: where, costs } = ownCosts()
  assert.match(date, /^\d{4}-\d\d-\d\d$/)
  assert.match(where, /Node \d+/)
  assert.deepEqual(Object.keys(costs).sort(), [...costNames].sort())
})

test('a cost that is missing, unknown or 0 is refused', () => {
  const own = ownCosts()
  const read = (costs: object) => readCosts(JSON.stringify({ ...own, costs }))
  const { podPing: _, ...others } = own.costs
  assert.throws(() => read(others))
  assert.throws(() => read({ ...own.costs, podPong: 1 }))
  assert.throws(() => read({ ...own.costs, podPing: 0 }))
  assert.deepEqual(read(own.costs), own)
})

test('what a run measured replaces what it measured, and tells when and where', () => {
  const given = ownCosts()
  const text = figures({ handshakes: [{ groups: 'X448:X25519', cpuPerHandshake: spread(321) }] })
  const { date, machine: where, costs } = withFigures(given, text, '2030-01-02')
  assert.equal(date, '2030-01-02')
  assert.equal(where, 'Some CPU, 8 cores, 64 GiB, Node v24')
  assert.deepEqual(costs, { ...given.costs, podHandshake: 321 })
})

test('messages through Redis: both ways, and what pods take without clients', () => {
  const way = (name: string, pod: number, redis: unknown) => ({
    ...{ way: name, cpuPerMessage: spread(pod), redisCpuPerMessage: redis },
  })
  const ways = [
    way('in-memory store', 1, null),
    way('Redis, one pod', 11, spread(12)),
    way('Redis, across pods', 21, spread(22)),
  ]
  assert.deepEqual(changed({ messages: { ways, idle: { pod: 3, redis: 4 } } }), {
    podMessageSame: 11,
    podMessageAcross: 21,
    redisMessageSame: 12,
    redisMessageAcross: 22,
    podIdle: 3000,
    redisIdle: 2000,
  })
  // of the in-memory store alone nothing is known of a cluster
  assert.deepEqual(changed({ messages: { cpuPerMessage: spread(1) } }), {})
})

test('storage: what notifiers and subscriptions add to a queue', () => {
  const queues = [
    { what: 'idle queue, secured', bytes: 500 },
    { what: 'the same while subscribed', bytes: 510 },
    { what: 'idle queue with a notifier', bytes: 720 },
  ]
  const messages = [{ what: 'first message of a queue', bytes: 17_000 }]
  assert.deepEqual(changed({ storage: { queues, messages } }), {
    redisQueueBytes: 500,
    redisSubscribedBytes: 10,
    redisNotifierBytes: 220,
    redisMessageBytes: 17_000,
  })
})

test('resubscription: the largest population, and the dearer way for Redis', () => {
  const population = (factor: number) => ({
    costs: [
      {
        what: 'SUB, to a pod that never had the queue',
        cpu: spread(7 * factor),
        redisCpu: spread(2 * factor),
      },
      {
        what: 'SUB, to a pod that had it before',
        cpu: spread(5 * factor),
        redisCpu: spread(3 * factor),
      },
    ],
  })
  assert.deepEqual(changed({ resubscription: { populations: [population(1), population(10)] } }), {
    podSubscription: 70,
    redisSubscription: 30,
  })
})

test('scale on Redis tells memory of subscriptions and records, the in-memory store does not', () => {
  const scale = (store: string) => ({
    store,
    small: { rss: 1e9 },
    steps: [
      { what: 'subscription, the first fifth', heap: 5000 },
      { what: 'subscription, the others', heap: 2000 },
    ],
  })
  assert.deepEqual(changed({ scale: scale('Redis 7.0.15') }), {
    podBaseBytes: 1e9,
    podSubscriptionBytes: 2000,
    podRecordBytes: 3000,
  })
  assert.deepEqual(changed({ scale: scale('the in-memory store') }), {})
})

test('memory of connections in use', () => {
  const growth = [{ what: 'TLS connection after 10 commands', rss: 99_000 }]
  assert.deepEqual(changed({ memory: { growth } }), { podConnectionBytes: 99_000 })
})

test('what is not the output of the bench is refused', () => {
  assert.throws(() => withFigures(ownCosts(), '{}', '2030-01-02'))
  assert.throws(() => withFigures(ownCosts(), 'no JSON', '2030-01-02'))
})
