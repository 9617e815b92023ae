/** Metrics of the reference that need more than a conversation: time, an operator, services. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admin, adminToken } from '../support/admin.ts'
import { FakeClock } from '../support/clock.ts'
import { OpsRelay } from '../support/ops-relay.ts'
import { scrape, scrapeWith } from '../support/scrape.ts'
import { asService, NSUBS, service, sok, soks } from '../support/service-scene.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'

test('messages and notifications that expire', async () => {
  const clock = new FakeClock()
  const settings = {
    messageTtlSeconds: '1000',
    expiryIntervalSeconds: '100',
    notificationTtlSeconds: '600',
    notificationIntervalMs: '1',
  }
  await using relay = await OpsRelay.start(settings, { now: clock.now })
  const client = await relay.relay.connect()
  const nKey = signingKey()
  const q = await client.creates({ notifierKey: nKey })
  for (const body of ['one', 'two'])
    await client.asks([unsigned, 'send', q.sid, SEND(body, 'T')], 'OK')
  ;(await scrape(relay)).check({
    simplex_smp_messages_expired: 0,
    'simplex_smp_messages_ntf_errors{type="expired"}': 0,
  })
  clock.advance(1100)
  await client.asks([q.key, 'get', q.rid, 'GET'], 'OK')
  await client.asks([nKey, 'nsub', q.notifier?.nid ?? '', 'NSUB'], 'SOK 0')
  await scrapeWith(relay, {
    simplex_smp_messages_expired: 2,
    'simplex_smp_messages_ntf_errors{type="expired"}': 2,
    simplex_smp_messages_ntf_successes: 0,
  })
})

test('what a client asks for again, and what it does not acknowledge', async () => {
  await using relay = await OpsRelay.start()
  const [client, reader] = [await relay.relay.connect(), await relay.relay.connect()]
  const nKey = signingKey()
  const q = await client.creates({ subscribe: true, notifierKey: nKey })
  for (const corrId of ['one', 'two']) {
    await client.asks([q.key, corrId, q.rid, 'SUB'], 'SOK 0')
    await client.asks([nKey, corrId, q.notifier?.nid ?? '', 'NSUB'], 'SOK 0')
  }
  client.says([unsigned, 'send', q.sid, SEND('hello')])
  await client.hearsAll(['send', q.sid, 'OK'], ['', q.rid, 'MSG F hello'])
  for (const corrId of ['one', 'two', 'three'])
    await reader.asks([q.key, corrId, q.rid, 'GET'], 'MSG F hello')
  const pending = 'simplex_smp_delivery_ack_pending_count'
  const waiting = await scrapeWith(relay, {
    'simplex_smp_subscribtion_errors{type="duplicate"}': 2,
    'simplex_smp_subscribtion_ntf_errors{type="duplicate"}': 1,
    'simplex_smp_messages_notify_get_errors{type="duplicate"}': 2,
    [`${pending}{period="0-60"}`]: 2,
    [`${pending}{period="3600+"}`]: 0,
  })
  assert.ok(waiting.get('simplex_smp_delivery_ack_time_max') > 0)
  await client.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
  reader.leaves()
  await scrapeWith(relay, {
    [`${pending}{period="0-60"}`]: 0,
    simplex_smp_delivery_ack_time_max: 0,
    simplex_smp_delivered_total: 0,
  })
})

test('queues that an operator blocks', async () => {
  await using relay = await OpsRelay.start({ adminPort: '0', adminToken, hosts: 'smp.example.org' })
  const client = await relay.relay.connect()
  const q = await client.creates()
  await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
  await scrapeWith(relay, { simplex_smp_queues_blocked: 0 })
  const admin = new Admin(relay.relay.adminPort)
  for (const reason of ['spam', 'content'])
    assert.equal((await admin.queue('block', q.sid, { reason })).status, 200)
  await scrapeWith(relay, { simplex_smp_queues_blocked: 1 })
})

test('services, and the notifiers that are theirs', async () => {
  await using relay = await OpsRelay.start()
  const { relay: wire } = relay
  const { chainPem: cert, keyPem: tlsKey } = service.identity
  const [r, n] = [await wire.connect(), await wire.connect({ service }, { cert, key: tlsKey })]
  const nKey = signingKey()
  const made = [await r.creates({ notifierKey: nKey }), await r.creates({ notifierKey: nKey })]
  const [own] = made
  assert.ok(own)
  await n.asks([n.both(nKey), 'nsub', own.notifier?.nid ?? '', 'NSUB'], sok(asService(n).id))
  await n.asks(NSUBS(n), soks(1))
  await n.asks(NSUBS(n, 'again'), soks(1))
  await relay.ops.totals?.refresh()
  await scrapeWith(relay, {
    'sluice_service_sessions{role="notifier"}': 1,
    'sluice_service_hellos_total{role="notifier",outcome="done"}': 1,
    'sluice_service_hellos_total{role="messaging",outcome="bad_service"}': 0,
    simplex_smp_queues_notify_total2: 2,
    simplex_smp_ntf_services_count: 1,
    simplex_smp_rcv_services_count: 0,
    simplex_smp_ntf_services_queues_count: 1,
    simplex_smp_ntf_services_sub_queues: 1,
    simplex_smp_ntf_services_assoc_new: 1,
    simplex_smp_ntf_services_sub_count: 1,
    simplex_smp_ntf_services_sub_duplicate: 1,
    simplex_smp_subscribtion_nts_services_total: 1,
  })
  n.leaves()
  await scrapeWith(relay, {
    'sluice_service_sessions{role="notifier"}': 0,
    simplex_smp_ntf_services_sub_queues: 0,
  })
})
