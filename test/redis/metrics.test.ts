/** What pods of one cluster count, and that nobody waits for Redis to say it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSmp } from '../../src/client/connect.ts'
import { clusterSettings, OpsRelay } from '../support/ops-relay.ts'
import { ask } from '../support/redis/ask.ts'
import type { RedisServer } from '../support/redis/server.ts'
import { until } from '../support/redis/until.ts'
import { redisUrl, startRedis } from '../support/redis.ts'
import { scrape } from '../support/scrape.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'
import { identity } from '../support/wire-hello.ts'
import { within } from '../support/within.ts'

const reaches = (relay: OpsRelay, sample: string, value = 1): Promise<void> =>
  until(`${sample} is ${value}`, async () => (await scrape(relay)).get(sample) >= value)

test('a message from one pod to another', async () => {
  const settings = { ...clusterSettings(await redisUrl()), notificationIntervalMs: '1' }
  await using home = await OpsRelay.start(settings)
  await using away = await OpsRelay.start(settings)
  for (const sample of [
    'sluice_mailbox_entries_total{type="available"}',
    'sluice_redis_call_errors_total{call="append-message",error="full"}',
    'sluice_redis_reconnections_total{connection="nudges"}',
  ])
    assert.ok((await scrape(home)).has(sample), `${sample} is there before it is counted`)
  const [r, s] = [await home.relay.connect(), await away.relay.connect()]
  const nKey = signingKey()
  const q = await r.creates({ subscribe: true, notifierKey: nKey })
  await s.asks([unsigned, 'send', q.sid, SEND('hello', 'T')], 'OK')
  await within('the message', r.hears(['', q.rid, 'MSG T hello']))
  await r.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
  await s.asks([unsigned, 'send', q.sid, SEND('more')], 'OK')
  await within('the next message', r.hears(['', q.rid, 'MSG F more']))
  await reaches(home, 'sluice_nudge_lag_seconds_count')
  const [at, from] = [await scrape(home), await scrape(away)]
  at.check({
    'sluice_delivery_latency_seconds_count{path="remote"}': 2,
    'sluice_delivery_latency_seconds_count{path="local"}': 0,
    'sluice_mailbox_entries_total{type="available"}': 2,
    sluice_mailbox_drained_entries_sum: 2,
    'sluice_messages_delivered_total{by="push"}': 2,
    simplex_smp_messages_received: 1,
    simplex_smp_messages_sent: 0,
    'sluice_redis_call_duration_seconds_count{call="create-queue"}': 1,
    'sluice_redis_call_duration_seconds_count{call="acknowledge"}': 1,
    'sluice_redis_call_duration_seconds_count{call="append-message"}': 0,
  })
  from.check({
    'sluice_delivery_latency_seconds_count{path="remote"}': 0,
    simplex_smp_messages_sent: 2,
    'sluice_redis_call_duration_seconds_count{call="append-message"}': 2,
    'sluice_record_cache_requests_total{result="miss"}': 1,
    'sluice_record_cache_requests_total{result="hit"}': 1,
  })
  assert.ok(at.get('sluice_delivery_latency_seconds_sum{path="remote"}') >= 0)
  // a pod writes what it noted before it asks
  for (const relay of [away, home, away]) await relay.ops.totals?.refresh()
  for (const relay of [home, away])
    (await scrape(relay)).check({
      simplex_smp_queues_total1: 1,
      simplex_smp_messages_total: 1,
      simplex_smp_queues_daily: 1,
      simplex_smp_queues_monthly: 1,
      simplex_smp_queues_notify_weekly: 1,
    })
})

test('a Redis that is lost and comes back', async () => {
  await using server = await startRedis()
  await using relay = await OpsRelay.start(clusterSettings(server.url))
  await reaches(relay, 'sluice_ready')
  const before = await scrape(relay)
  assert.equal(before.get('sluice_redis_reconnections_total{connection="commands"}'), 0)
  await server.kill()
  await reaches(relay, 'sluice_redis_call_errors_total{call="LPOP",error="unavailable"}')
  const lost = await scrape(relay)
  lost.check({ sluice_ready: 0, 'sluice_part_ready{part="store"}': 0 })
  await server.restart()
  await reaches(relay, 'sluice_redis_reconnections_total{connection="commands"}')
  await reaches(relay, 'sluice_redis_reconnections_total{connection="nudges"}')
  await reaches(relay, 'sluice_ready')
})

const CONNECTIONS = 1000
const AT_ONCE = 50

const connectMany = async (relay: OpsRelay, count: number): Promise<void> => {
  const address = { keyHash: identity.keyHash, hosts: ['127.0.0.1'] as const }
  const webSocket = { url: `ws://127.0.0.1:${relay.relay.webPort('ws')}` }
  const connect = () => connectSmp({ address, webSocket, responseMs: 60_000 })
  for (let left = count; left > 0; left -= AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, connect))
}

/** Mailboxes are looked at and probed all the time, and these ask. */
const upkeep = new Set(['lpop', 'spublish', 'info', 'hello', 'client|setinfo', 'config|get'])

/** How often each other command was called, since the server was started. */
const callsOf = (server: RedisServer): Promise<Readonly<Record<string, number>>> =>
  ask(server, async (redis) => {
    const stats = await redis.info('commandstats')
    const calls = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)]
    return Object.fromEntries(
      calls.flatMap(([, name = '', count]) => (upkeep.has(name) ? [] : [[name, Number(count)]])),
    )
  })

/** Garbage is collected when it is. */
const isSteady = (sample: string): boolean => !sample.startsWith('nodejs_gc_')

test('a scrape asks Redis nothing and shows no connection, however many there are', async () => {
  await using server = await startRedis()
  await using relay = await OpsRelay.start({ ...clusterSettings(server.url), wsPorts: '0' })
  await reaches(relay, 'sluice_nudge_lag_seconds_count')
  await reaches(relay, 'sluice_redis_call_duration_seconds_count{call="LPOP"}')
  await reaches(relay, 'sluice_cluster_totals_age_seconds', 0)
  await connectMany(relay, 1)
  const few = (await scrape(relay)).samples.filter(isSteady)
  await connectMany(relay, CONNECTIONS)
  // totals have a rhythm of their own
  relay.ops.stop()
  await relay.ops.totals?.refresh()
  const before = await callsOf(server)
  for (let count = 0; count < 100; count++) await scrape(relay)
  assert.deepEqual(await callsOf(server), before)
  const many = await scrape(relay)
  assert.equal(many.get('sluice_connections{kind="ws"}'), CONNECTIONS + 1)
  assert.deepEqual(many.samples.filter(isSteady), few)
  // nobody answers there any more
  await server.pause()
  const paused = await within('a scrape while Redis is silent', scrape(relay))
  assert.equal(paused.get('sluice_connections{kind="ws"}'), CONNECTIONS + 1)
  assert.equal(paused.get('simplex_smp_queues_total1'), 0)
  assert.equal((await relay.get('/livez')).status, 200)
  await server.resume()
})
