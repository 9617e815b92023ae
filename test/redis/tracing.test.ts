/** Traces of two pods of one cluster: scripts below the commands that ran them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpanKind } from '@opentelemetry/api'
import { latin1Text } from '../../src/protocol/bytes.ts'
import { Collector, checkSilent } from '../support/collector.ts'
import { clusterSettings, OpsRelay } from '../support/ops-relay.ts'
import { redisUrl } from '../support/redis.ts'
import { randomText, SEND, unsigned } from '../support/wire.ts'
import { within } from '../support/within.ts'

test('a message from one pod to another', { timeout: 60_000 }, async () => {
  await using collector = await Collector.start()
  const cluster = clusterSettings(await redisUrl())
  const settings = {
    ...cluster,
    otlpEndpoint: collector.endpoint,
    traceRatio: '1',
  }
  await using home = await OpsRelay.start(settings)
  await using away = await OpsRelay.start(settings)
  const [r, s] = [await home.relay.connect(), await away.relay.connect()]
  const body = randomText(40)
  const q = await r.creates({ subscribe: true })
  await s.asks([unsigned, 'send', q.sid, SEND(body)], 'OK')
  await within('the message', r.hears(['', q.rid, `MSG F ${body}`]))
  await r.asks([q.key, 'ack', q.rid, q.ack(body)], 'OK')
  await r.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
  const accept = 'application/openmetrics-text; version=1.0.0'
  const { body: metrics } = await away.get('/metrics', { accept })
  await home.relay.close()
  await away.relay.close()

  const paths = new Set(collector.paths)
  for (const path of [
    'NEW/create-queue',
    'SEND/append-message',
    'ACK/acknowledge',
    'SUB/subscribe',
  ])
    assert.ok(paths.has(path), `${path} in ${[...paths]}`)
  assert.ok(paths.has('SEND/GET') && paths.has('SEND/HGETALL'), 'the look-up of a queue not known')
  assert.ok(paths.has('MSG'), 'a message from another pod is no part of what happens here')
  for (const path of paths) assert.match(path, /^(handshake|MSG|[A-Z]+(\/[A-Za-z-]+)?)$/)
  for (const name of ['LPOP', 'SPUBLISH']) assert.deepEqual(collector.named(name), [])
  const script = collector.only('append-message')
  assert.equal(script.kind, SpanKind.CLIENT)
  assert.deepEqual(script.attributes, {
    'db.system.name': 'redis',
    'db.operation.name': 'EVALSHA',
    'db.stored_procedure.name': 'append-message',
    'sluice.outcome': 'ok',
  })
  assert.equal(collector.only('MSG').attributes['sluice.delivery.path'], 'remote')
  const pods = new Set(collector.spans.map(({ resource }) => resource['service.instance.id']))
  assert.equal(pods.size, 2)
  assert.match(
    metrics,
    new RegExp(`call="append-message".* # \\{trace_id="${script.traceId}"\\}`),
    'the histogram of the script names its trace',
  )
  checkSilent(collector, {
    'the recipient’s id': q.rid,
    'the sender’s id': q.sid,
    'a key': latin1Text(q.key.publicKey.raw),
    'a body': body,
    'a message id': q.idOf(body),
    'an address': '127.0.0.1',
    'the key in Redis': cluster.clusterKeys ?? assert.fail(),
    ...Object.fromEntries(
      [r, s].map((c, at) => [`session ${at}`, latin1Text(c.session.sessionId)]),
    ),
  })
})
