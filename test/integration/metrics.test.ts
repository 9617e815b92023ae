/** What a relay counts, over real sockets: each metric moves when what it is about happens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSmp } from '../../src/client/connect.ts'
import type { RelayServer } from '../../src/protocol/command.ts'
import { OpsRelay } from '../support/ops-relay.ts'
import { scrape, scrapeWith } from '../support/scrape.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'
import { KEY, PRXY, SEND, signingKey, unknownId, unsigned } from '../support/wire.ts'
import { PFWD } from '../support/wire-destination.ts'
import { envelopeOf } from '../support/wire-forward.ts'
import { identity } from '../support/wire-hello.ts'

test('a message from its queue’s making to its acknowledgement', async () => {
  await using relay = await OpsRelay.start({ notificationIntervalMs: '1' })
  const { relay: wire } = relay
  const [r, s, n] = [await wire.connect(), await wire.connect(), await wire.connect()]
  const [nKey, sKey] = [signingKey(), signingKey()]
  const q = await r.creates({ subscribe: true, notifierKey: nKey })
  const nid = q.notifier?.nid ?? ''
  await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
  await r.asks([q.key, 'key', q.rid, KEY(sKey)], 'OK')
  await s.asks([sKey, 'send', q.sid, SEND('one', 'T')], 'OK')
  await r.hears(['', q.rid, 'MSG T one'])
  await n.hears(['', nid, 'NMSG'])
  await s.asks([sKey, 'send', q.sid, SEND('two')], 'OK')
  await scrapeWith(relay, {
    simplex_smp_clients_total: 3,
    'sluice_connections{kind="smp"}': 3,
    'sluice_connections_opened_total{kind="smp"}': 3,
    'sluice_handshakes_total{layer="tls",outcome="done"}': 3,
    'sluice_handshakes_total{layer="smp",outcome="done"}': 3,
    'sluice_handshake_duration_seconds_count{layer="tls"}': 3,
    'sluice_handshake_duration_seconds_count{layer="smp"}': 3,
    [`simplex_smp_sockets_accepted{port="${wire.port}"}`]: 3,
    [`simplex_smp_sockets_active{port="${wire.port}"}`]: 3,
    simplex_smp_queues_created: 1,
    simplex_smp_queues_notify_new_created: 1,
    simplex_smp_queues_secured: 1,
    simplex_smp_subscription_ntf_requests: 1,
    simplex_smp_subscription_ntf_total: 1,
    simplex_smp_subscription_ntf_clients_total: 1,
    simplex_smp_subscribtion_total: 1,
    simplex_smp_subscribtion_clients_total: 1,
    simplex_smp_messages_sent: 2,
    simplex_smp_messages_notify_sent: 1,
    simplex_smp_messages_ntf_successes: 1,
    simplex_smp_messages_ntf_successes_batch: 1,
    simplex_smp_delivered_total: 1,
    simplex_smp_delivered_clients_total: 1,
    'sluice_messages_delivered_total{by="push"}': 1,
    'sluice_delivery_latency_seconds_count{path="local"}': 1,
    'sluice_delivery_latency_seconds_count{path="remote"}': 0,
    'sluice_commands_total{command="SEND",outcome="ok"}': 2,
    'sluice_command_duration_seconds_count{command="SEND"}': 2,
    sluice_blocks_received_total: 5,
    sluice_received_bytes_total: 5 * 16_384,
    // five answers, MSG and NMSG
    sluice_blocks_sent_total: 7,
    sluice_sent_bytes_total: 7 * 16_384,
    sluice_blocks_in_work: 0,
  })
  await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG F two')
  await r.asks([q.key, 'ack', q.rid, q.ack('two')], 'OK')
  const after = await scrapeWith(relay, {
    'sluice_messages_delivered_total{by="ack"}': 1,
    simplex_smp_messages_received: 2,
    simplex_smp_delivered_total: 0,
    simplex_smp_delivered_clients_total: 0,
    simplex_smp_delivery_ack_confirmed_time_count: 2,
    'simplex_smp_delivery_ack_confirmed_count{period="0-60"}': 2,
  })
  assert.ok(after.get('simplex_smp_delivery_ack_confirmed_time_sum') > 0)
  assert.ok(after.get('sluice_command_duration_seconds_sum{command="SEND"}') > 0)
  for (const client of [r, s, n]) client.leaves()
  await scrapeWith(relay, {
    simplex_smp_clients_total: 0,
    'sluice_connections{kind="smp"}': 0,
    'sluice_connections_opened_total{kind="smp"}': 3,
    [`simplex_smp_sockets_closed{port="${wire.port}"}`]: 3,
    [`simplex_smp_sockets_active{port="${wire.port}"}`]: 0,
    simplex_smp_subscribtion_total: 0,
    simplex_smp_subscription_ntf_total: 0,
  })
})

test('refusals, readers without a subscription, take-overs and deletions', async () => {
  await using relay = await OpsRelay.start({ queueQuota: '1' })
  const { relay: wire } = relay
  const [r, other, s] = [await wire.connect(), await wire.connect(), await wire.connect()]
  const fresh = await scrape(relay)
  const q = await r.creates({ subscribe: true })
  const g = await r.creates()
  await s.asks([unsigned, 'send', unknownId(), SEND('x')], 'ERR AUTH')
  await s.asks([unsigned, 'what', q.sid, 'WHAT'], 'ERR CMD UNKNOWN')
  await s.asks([unsigned, 'send', g.sid, SEND('x'.repeat(16_100))], 'ERR LARGE_MSG')
  await s.asks([unsigned, 'send', g.sid, SEND('hello')], 'OK')
  await s.asks([unsigned, 'send', g.sid, SEND('more')], 'ERR QUOTA')
  await r.asks([q.key, 'get', q.rid, 'GET'], 'ERR CMD PROHIBITED')
  await other.asks([g.key, 'get', g.rid, 'GET'], 'MSG F hello')
  await other.asks([g.key, 'ack', g.rid, g.ack('hello')], 'OK')
  await other.asks([g.key, 'sub', g.rid, 'SUB'], 'ERR CMD PROHIBITED')
  await other.asks([signingKey(), 'sub', q.rid, 'SUB'], 'ERR AUTH')
  await other.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
  await r.hears(['', q.rid, 'END'])
  await r.asks([g.key, 'get', g.rid, 'GET'], 'MSG QUOTA')
  await r.asks([g.key, 'ack', g.rid, g.ack('QUOTA')], 'OK')
  await r.asks([g.key, 'get', g.rid, 'GET'], 'OK')
  await r.asks([q.key, 'key', q.rid, KEY(signingKey())], 'OK')
  await r.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
  await other.hears(['', q.rid, 'DELD'])
  await r.asks([g.key, 'del', g.rid, 'DEL'], 'OK')
  const after = await scrapeWith(relay, {
    'simplex_smp_messages_sent_errors{type="auth"}': 1,
    'simplex_smp_messages_sent_errors{type="large"}': 1,
    'simplex_smp_messages_sent_errors{type="quota"}': 1,
    'simplex_smp_messages_sent_errors{type="block"}': 0,
    'simplex_smp_messages_notify_get_errors{type="prohibited"}': 1,
    'simplex_smp_messages_notify_get_errors{type="nomsg"}': 1,
    simplex_smp_messages_notify_get_sent: 2,
    simplex_smp_messages_notify_get_received: 2,
    'sluice_messages_delivered_total{by="get"}': 2,
    'simplex_smp_subscribtion_errors{type="auth"}': 1,
    'simplex_smp_subscribtion_errors{type="prohibited"}': 1,
    simplex_smp_subscribtion_end: 2,
    simplex_smp_subscribtion_end_batch: 2,
    'simplex_smp_queues_deleted{type="all"}': 2,
    'simplex_smp_queues_deleted{type="new"}': 1,
    'simplex_smp_queues_deleted{type="secured"}': 1,
    'sluice_commands_total{command="SEND",outcome="large_msg"}': 1,
    'sluice_commands_total{command="GET",outcome="cmd"}': 1,
    'sluice_commands_total{command="unreadable",outcome="cmd"}': 1,
  })
  // each was there at 0, or a rate would have missed the first of them
  assert.deepEqual(new Set(after.labelledCounters), new Set(fresh.labelledCounters))
})

test('totals of the cluster, as they were last asked for', async () => {
  await using relay = await OpsRelay.start()
  const client = await relay.relay.connect()
  const [q] = [await client.creates(), await client.creates()]
  await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
  await relay.ops.totals?.refresh()
  const scraped = await scrape(relay)
  scraped.check({
    simplex_smp_queues_total1: 2,
    simplex_smp_queues_total2: 2,
    simplex_smp_messages_total: 1,
    simplex_smp_queues_daily: 1,
    simplex_smp_queues_weekly: 1,
    simplex_smp_queues_monthly: 1,
    simplex_smp_queues_notify_daily: 0,
  })
  assert.ok(scraped.has('sluice_cluster_totals_age_seconds'))
  await client.creates()
  assert.equal((await scrape(relay)).get('simplex_smp_queues_total1'), 2)
})

test('handshakes that come to nothing', async () => {
  await using relay = await OpsRelay.start({ handshakeTimeoutSeconds: '1' })
  const { relay: wire } = relay
  const garbage = await wire.dial()
  garbage.write('GET / HTTP/1.1\r\n\r\n')
  const silent = await wire.dial()
  const speechless = await wire.dialTls()
  const wrong = await wire.dialTls()
  wrong.write(new Uint8Array(16_384))
  await scrapeWith(relay, {
    'sluice_handshakes_total{layer="tls",outcome="failed"}': 1,
    'sluice_handshakes_total{layer="tls",outcome="timeout"}': 1,
    'sluice_handshakes_total{layer="tls",outcome="done"}': 2,
    'sluice_handshakes_total{layer="smp",outcome="refused"}': 1,
    'sluice_handshakes_total{layer="smp",outcome="timeout"}': 1,
    'sluice_handshakes_total{layer="smp",outcome="done"}': 0,
  })
  for (const socket of [garbage, silent, speechless, wrong]) socket.destroy()
})

test('connections by kind, and certificates by expiry', async () => {
  const webCertificate = makeWebCertificate()
  await using relay = await OpsRelay.start({ wsPorts: '0' }, { webCertificate })
  const { relay: wire } = relay
  const { keyHash } = identity
  const address = { keyHash, hosts: ['127.0.0.1'] as const }
  const at = (webSocket: object) => connectSmp({ address, responseMs: 10_000, webSocket })
  const overTls = await at({ url: `wss://localhost:${wire.port}`, ca: webCertificate.chainPem })
  const plain = await at({ url: `ws://127.0.0.1:${wire.webPort('ws')}` })
  const smp = await wire.connect()
  const scraped = await scrapeWith(relay, {
    'sluice_connections{kind="smp"}': 1,
    'sluice_connections{kind="wss"}': 1,
    'sluice_connections{kind="ws"}': 1,
    simplex_smp_clients_total: 3,
  })
  const name = 'sluice_certificate_expiry_timestamp_seconds'
  assert.equal(scraped.get(`${name}{certificate="identity"}`), Date.UTC(2099, 0, 1) / 1000)
  const web = scraped.get(`${name}{certificate="web"}`)
  const days = (web - Date.now() / 1000) / 86_400
  assert.ok(days > 29 && days <= 30, `${days} days`)
  for (const client of [overTls, plain]) client.close()
  smp.leaves()
  await scrapeWith(relay, {
    'sluice_connections{kind="wss"}': 0,
    'sluice_connections{kind="ws"}': 0,
    'sluice_connections_opened_total{kind="wss"}': 1,
  })
})

test('what is forwarded, at either end', async () => {
  await using relay = await OpsRelay.start({
    proxyAllowPrivate: 'on',
    proxyOwnDomains: 'localhost',
  })
  const { relay: wire } = relay
  const client = await wire.connect()
  const q = await client.creates()
  const server = (host: string, port: string): RelayServer => ({
    hosts: [host],
    port,
    keyHash: identity.keyHash,
  })
  client.says([unsigned, 'prxy', '', PRXY(server('localhost', `${wire.port}`))])
  const [, , reply] = await client.next()
  assert.match(reply, /^PKEY /)
  const sessionId = reply.slice(6, 6 + reply.charCodeAt(5))
  client.says([unsigned, 'none', '', PRXY(server('127.0.0.1', '1'))])
  assert.match((await client.next())[2], /^ERR PROXY BROKER /)
  client.says([unsigned, 'p'.repeat(24), sessionId, PFWD('not what it expects')])
  assert.match((await client.next())[2], /^ERR PROXY PROTOCOL /)
  client.says([unsigned, 'p'.repeat(24), unknownId(), PFWD('to nobody')])
  assert.match((await client.next())[2], /^ERR PROXY NO_SESSION/)
  // as another relay would
  const other = await wire.connect({ proxyServer: true })
  const line = [unsigned, 'c'.repeat(24), q.sid, SEND('hello')] as const
  const envelope = envelopeOf(other.session, { corrId: 'r'.repeat(24) }, line)
  other.says([
    unsigned,
    'r'.repeat(24),
    '',
    `RFWD ${Buffer.from(envelope.content).toString('latin1')}`,
  ])
  assert.match((await other.next())[2], /^RRES /)
  await scrapeWith(relay, {
    'simplex_smp_relay_sessions_requests{source="all"}': 2,
    'simplex_smp_relay_sessions_requests{source="own"}': 1,
    'simplex_smp_relay_sessions_successes{source="all"}': 1,
    'simplex_smp_relay_sessions_errors{source="all",type="connect"}': 1,
    'simplex_smp_relay_messages_requests{source="all"}': 2,
    'simplex_smp_relay_messages_successes{source="all"}': 1,
    'simplex_smp_relay_messages_errors{source="all",type="connect"}': 1,
    sluice_proxy_sessions: 1,
    simplex_smp_relay_messages_received: 1,
    simplex_smp_messages_sent: 1,
    'sluice_commands_total{command="SEND",outcome="ok"}': 1,
  })
})

test('whether the pod serves', async () => {
  await using relay = await OpsRelay.start()
  const served = { sluice_ready: 1, sluice_draining: 0, 'sluice_part_ready{part="store"}': 1 }
  ;(await scrape(relay)).check({ ...served, 'sluice_part_ready{part="listeners"}': 1 })
  relay.ops.health.watchDraining(() => true)
  ;(await scrape(relay)).check({ ...served, sluice_ready: 0, sluice_draining: 1 })
})
