import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Question, sizeOf, WIRE_BLOCK_BYTES } from '../../../bench/sizing-model.ts'
import { demandOf, planOf, pricesOf } from '../../../bench/sizing-options.ts'
import type { UnitCosts } from '../../../bench/unit-costs.ts'

/** Round numbers, so that sums can be done by hand. */
const costs: UnitCosts = {
  podMessageSame: 500,
  podMessageAcross: 500,
  podHandshake: 1000,
  podSubscription: 100,
  podPing: 100,
  podIdle: 0,
  podBaseBytes: 2 ** 28,
  podConnectionBytes: 2 ** 17,
  podSubscriptionBytes: 2 ** 10,
  podRecordBytes: 2 ** 11,
  redisMessageSame: 100,
  redisMessageAcross: 200,
  redisSubscription: 10,
  redisIdle: 0,
  redisQueueBytes: 400,
  redisSubscribedBytes: 100,
  redisNotifierBytes: 1000,
  redisMessageBytes: 16_500,
}

/** Nothing comes and goes, and there is room for everything that is not said. */
const calm = {
  'connection-hours': '1000000000',
  'ping-seconds': '1000000000',
  'pod-return-seconds': '1000000000',
  'region-return-minutes': '1000000000',
  'connections-per-pod': '1000000000',
  'pod-memory-gib': '1000000000',
  'shard-memory-gib': '1000000000',
  'messages-per-second': '0',
  'waiting-messages': '0',
  'notifier-share': '0',
}

const ask = (
  given: Readonly<Record<string, string>>,
  connections = 0,
  unit: Partial<UnitCosts> = {},
): Question => ({
  demand: demandOf(connections, { ...calm, ...given }),
  plan: planOf({ ...calm, ...given }),
  prices: pricesOf({ ...calm, ...given }),
  costs: { ...costs, ...unit },
})

const size = (...args: Parameters<typeof ask>) => sizeOf(ask(...args))

test('nothing takes three pods and a shard with its replica', () => {
  const { pods, shards, redisNodes, podCores, redisBytes, network } = size({})
  assert.deepEqual({ pods, shards, redisNodes }, { pods: 3, shards: 1, redisNodes: 2 })
  assert.deepEqual([podCores, redisBytes, network.toClients], [0, 0, 0])
})

test('messages: microseconds are cores, rounded up, and one pod may be away', () => {
  // 6,000 of 500 us are 3 cores: 5 pods at 0.6, and one more
  assert.equal(size({ 'messages-per-second': '6000' }).podsFor.load, 6)
  assert.equal(size({ 'messages-per-second': '6001' }).podsFor.load, 7)
  const full = size({ 'messages-per-second': '6000', 'pod-utilization': '1' })
  assert.equal(full.podsFor.load, 4)
  assert.ok(Math.abs(full.podCores - 3) < 1e-6)
})

test('the more pods, the more messages go across', () => {
  const { acrossShare, redisCores, pods } = size({ 'messages-per-second': '6000' })
  assert.equal(acrossShare, 1 - 1 / pods)
  assert.ok(Math.abs(redisCores - (6000 * (100 + 100 * acrossShare)) / 1e6) < 1e-9)
})

test('memory: base, connections, subscriptions and records of the pods that are left', () => {
  // 8 GiB of connections; of 1 GiB a pod three quarters are left for them
  const given = { queues: '0', 'pod-memory-gib': '1', 'pod-memory-share': '1' }
  assert.equal(size(given, 2 ** 16).podsFor.memory, Math.ceil(8 / 0.75) + 1)
  // each pod's full cache is 64 MiB
  const cached = { ...given, queues: '1000000000', 'cached-queues': `${2 ** 15}` }
  const bytes = size({ ...cached, 'subscribed-share': '0' }, 2 ** 16).podsFor.memory
  assert.equal(bytes, Math.ceil(8 / 0.75) + 1, 'no subscriptions, no records')
  const { podsFor } = size({ ...cached, queues: `${2 ** 22}` }, 2 ** 16)
  assert.equal(podsFor.memory, Math.ceil((8 + 4) / (1 - 0.25 - 0.0625)) + 1)
})

test('connections: the cap holds with a pod away', () => {
  const given = { 'connections-per-pod': '1000', queues: '0' }
  assert.equal(size(given, 10_000).podsFor.connections, 11)
  assert.equal(size(given, 10_001).podsFor.connections, 12)
})

test('the clients of a dead pod are back in time', () => {
  // 100,000 handshakes of 1 ms: of 100 core seconds each pod has its part; N (N - 1) >= 100 / 10
  const given = { queues: '0', 'pod-return-seconds': '10', 'return-utilization': '1' }
  assert.equal(size(given, 100_000).podsFor.deadPod, 4)
})

test('everybody is back in time, at the pods and in Redis', () => {
  const given = { 'region-return-minutes': `${1 / 6}`, 'return-utilization': '1' }
  // 100 core seconds of handshakes and 99 of subscriptions in ten seconds
  const some = size({ ...given, queues: '990000' }, 100_000)
  assert.equal(some.returnCoreSeconds, 199)
  assert.deepEqual([some.podsFor.region, some.shardsFor.region], [20, 1])
  const more = size({ ...given, queues: '1010000' }, 100_000)
  assert.deepEqual([more.podsFor.region, more.shardsFor.region], [21, 2])
})

test('Redis: queues, subscriptions, notifiers and waiting messages are bytes', () => {
  const given = {
    queues: '1000',
    'subscribed-share': '0.5',
    'notifier-share': '0.25',
    'waiting-messages': '10',
  }
  assert.equal(size(given).redisBytes, 400_000 + 50_000 + 250_000 + 165_000)
})

test('Redis: shards by memory are rounded up, and have replicas', () => {
  const given = { 'shard-memory-gib': '1', 'shard-memory-share': '0.5', replicas: '2' }
  const bytes = { redisQueueBytes: 2 ** 10 }
  const queues = { ...given, 'subscribed-share': '0' }
  const two = size({ ...queues, queues: `${2 ** 20}` }, 0, bytes)
  assert.deepEqual([two.shards, two.redisNodes], [2, 6])
  assert.equal(size({ ...queues, queues: `${2 ** 20 + 1}` }, 0, bytes).shards, 3)
})

test('network: two blocks in and three out for a message, and what Redis stores', () => {
  const { network, acrossShare } = size({ 'messages-per-second': '10', replicas: '2' })
  assert.equal(network.fromClients, 20 * WIRE_BLOCK_BYTES)
  assert.equal(network.toClients, 30 * WIRE_BLOCK_BYTES)
  assert.equal(network.toRedis, 165_000)
  assert.equal(network.fromRedis, 165_000 * acrossShare)
  assert.equal(network.toReplicas, 330_000)
})

test('network: PINGs, hellos and SUBs', () => {
  // 100 PINGs a second; 10 reconnects with two blocks of SUBs and a hello each
  const given = { 'ping-seconds': '360', 'connection-hours': '1', queues: '7200000' }
  const { network } = size(given, 36_000)
  assert.equal(network.fromClients, (100 + 10 * (1 + 2)) * WIRE_BLOCK_BYTES)
  assert.equal(network.toClients, network.fromClients)
})

test('cost: hours of a month, and the traffic of the average hour', () => {
  const prices = { 'price-vcpu-hour': '1', 'price-gib-hour': '0', 'price-egress-gb': '0' }
  assert.equal(size({ ...prices, 'shard-cores': '4' }).cost.pods, 3 * 730)
  assert.equal(size({ ...prices, 'shard-cores': '4' }).cost.redis, 2 * 4 * 730)
  const memory = { 'price-vcpu-hour': '0', 'price-gib-hour': '0.5', 'price-egress-gb': '0' }
  assert.equal(size({ ...memory, 'pod-memory-gib': '4' }).cost.pods, 3 * 4 * 0.5 * 730)
  const egress = { 'price-vcpu-hour': '0', 'price-gib-hour': '0', 'price-egress-gb': '2' }
  const { cost } = size({ ...egress, 'messages-per-second': '1', 'peak-factor': '4' })
  const gigabytes = (3 * WIRE_BLOCK_BYTES * 730 * 3600) / 4 / 1e9
  assert.ok(Math.abs(cost.egress - 2 * gigabytes) < 1e-6)
  assert.equal(cost.total, cost.egress)
})

test('more of anything never takes fewer pods, shards or money', () => {
  const grown = (option: string, value: number) => {
    const { demand, plan, prices } = {
      demand: demandOf(20_000, { [option]: `${value}` }),
      plan: planOf(),
      prices: pricesOf(),
    }
    return sizeOf({ demand, plan, prices, costs })
  }
  for (const option of ['queues', 'messages-per-second', 'waiting-messages'])
    for (let value = 1; value < 1e7; value *= 3) {
      const [less, more] = [grown(option, value), grown(option, value * 3)]
      assert.ok(more.pods >= less.pods, `${option} ${value}`)
      assert.ok(more.shards >= less.shards, `${option} ${value}`)
      assert.ok(more.cost.total >= less.cost.total, `${option} ${value}`)
    }
})

test('what no number of pods can do is said', () => {
  assert.equal(size({ 'pod-memory-gib': '0.1' }, 1000).pods, Number.POSITIVE_INFINITY)
})
