/** Traces as a collector receives them from relays that serve clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpanKind } from '@opentelemetry/api'
import { latin1Text } from '../../src/protocol/bytes.ts'
import { encodeSpki } from '../../src/protocol/keys.ts'
import { Collector, checkSilent } from '../support/collector.ts'
import { OpsRelay } from '../support/ops-relay.ts'
import {
  KEY,
  PRXY,
  randomText,
  SEND,
  signingKey,
  unknownId,
  unsigned,
  type WireSession,
} from '../support/wire.ts'
import { DestinationListener, PFWD } from '../support/wire-destination.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { envelopeOf } from '../support/wire-forward.ts'
import { TlsRelay } from '../support/wire-tls.ts'

const traced = ({ endpoint }: Collector, ratio = '1') => ({
  otlpEndpoint: endpoint,
  traceRatio: ratio,
})

const secretsOf = (queue: WireQueue, ...clients: readonly { readonly session: WireSession }[]) => ({
  'the recipient’s id': queue.rid,
  'the sender’s id': queue.sid,
  'a key': latin1Text(encodeSpki(queue.key.publicKey)),
  'the raw key': latin1Text(queue.key.publicKey.raw),
  'a secret': latin1Text(queue.secret),
  'an address': '127.0.0.1',
  ...Object.fromEntries(
    clients.map(({ session }, at) => [`session ${at}`, latin1Text(session.sessionId)]),
  ),
})

test('handshake, commands and the message that one of them leads to', async () => {
  await using collector = await Collector.start()
  await using relay = await TlsRelay.start(traced(collector))
  const [r, s] = [await relay.connect(), await relay.connect({ version: 9 })]
  const sKey = signingKey()
  const q = await r.creates({ subscribe: true })
  const [corrId, body, unknown] = [randomText(24), randomText(40), unknownId()]
  await r.asks([q.key, 'key', q.rid, KEY(sKey)], 'OK')
  await s.asks([sKey, corrId, q.sid, SEND(body)], 'OK')
  await r.hears(['', q.rid, `MSG F ${body}`])
  await s.asks([sKey, 'refused', unknown, SEND(body)], 'ERR AUTH')
  await r.asks([q.key, 'ack', q.rid, q.ack(body)], 'OK')
  await relay.close()

  assert.deepEqual(collector.paths, [
    ...['ACK', 'KEY', 'NEW', 'SEND', 'SEND', 'SEND/MSG', 'handshake', 'handshake'],
  ])
  const [sent, refused] = collector.named('SEND')
  assert.deepEqual(sent?.attributes, {
    'network.protocol.name': 'smp',
    'network.protocol.version': '9',
    'messaging.system': 'smp',
    'messaging.operation.name': 'SEND',
    'messaging.operation.type': 'send',
    'sluice.command': 'SEND',
    'sluice.outcome': 'ok',
  })
  assert.equal(sent.kind, SpanKind.SERVER)
  assert.ok(sent.milliseconds > 0)
  assert.equal(refused?.attributes['sluice.outcome'], 'auth')
  assert.equal(refused?.attributes['error.type'], 'auth')
  assert.equal(refused?.status, 0, 'a refusal is no fault of the relay')
  assert.deepEqual(collector.only('MSG').attributes, {
    'messaging.system': 'smp',
    'messaging.operation.name': 'MSG',
    'messaging.operation.type': 'receive',
    'sluice.delivery.path': 'local',
    'sluice.outcome': 'done',
  })
  assert.equal(collector.only('ACK').attributes['messaging.operation.type'], 'settle')
  const versions = collector
    .named('handshake')
    .map(({ attributes }) => [
      attributes['network.protocol.version'],
      attributes['sluice.transport'],
      attributes['sluice.outcome'],
    ])
  assert.deepEqual(versions.sort(), [
    ['18', 'smp', 'done'],
    ['9', 'smp', 'done'],
  ])
  const { resource } = collector.only('NEW')
  assert.equal(resource['service.name'], 'sluice')
  assert.ok(resource['service.version'])
  assert.ok(resource['service.instance.id'])
  for (const { path } of collector.requests) assert.equal(path, '/v1/traces')
  checkSilent(collector, {
    ...secretsOf(q, r, s),
    'the sender’s key': latin1Text(sKey.publicKey.raw),
    'a correlation id': corrId,
    'a body': body,
    'an unknown id': unknown,
    'a message id': q.idOf(body),
  })
})

test('several commands of one block are parts of it', async () => {
  await using collector = await Collector.start()
  await using relay = await TlsRelay.start(traced(collector))
  const client = await relay.connect()
  const q = await client.creates()
  client.says([q.key, '1', q.rid, 'SUB'], [q.key, '2', q.rid, 'OFF'], [unsigned, '3', '', 'NONE'])
  await client.hears(['1', q.rid, 'SOK 0'], ['2', q.rid, 'OK'], ['3', '', 'ERR CMD UNKNOWN'])
  await relay.close()
  assert.deepEqual(collector.paths, [
    ...['NEW', 'block', 'block/OFF', 'block/SUB', 'block/unreadable', 'handshake'],
  ])
  assert.equal(collector.only('block').attributes['sluice.block.commands'], '3')
  assert.equal(collector.only('unreadable').attributes['sluice.outcome'], 'cmd')
})

test('what is forwarded: at the pod that forwards, and at its destination', async () => {
  await using collector = await Collector.start()
  await using relay = await TlsRelay.start({ ...traced(collector), proxyAllowPrivate: 'on' })
  await using listener = await DestinationListener.start()
  const client = await relay.connect()
  const accepting = listener.accept()
  const sessionId = await listener.sessionOf(client)
  const destination = await accepting
  const [corrId, sealed, response] = [randomText(24), randomText(200), randomText(200)]
  client.says([unsigned, corrId, sessionId, PFWD(sealed)])
  const arrived = await destination.next()
  destination.answers(arrived, response)
  await client.hears([corrId, sessionId, `PRES ${response}`])
  const nowhere = { hosts: ['localhost'], port: '1', keyHash: new Uint8Array(32).fill(7) } as const
  client.says([unsigned, 'prxy', '', PRXY(nowhere)])
  await client.next()

  const q = await client.creates({ subscribe: true })
  const other = await relay.connect({ proxyServer: true })
  const outer = randomText(24)
  const inner = randomText(24)
  const line = [unsigned, inner, q.sid, SEND('hi')] as const
  const { content, read } = envelopeOf(other.session, { corrId: outer }, line)
  other.says([unsigned, outer, '', `RFWD ${latin1Text(content)}`])
  const [, , reply] = await other.next()
  const answer = read(Buffer.from(reply.slice('RRES '.length), 'latin1'))
  assert.deepEqual(answer, [[inner, q.sid, 'OK']])
  await client.hears(['', q.rid, 'MSG F hi'])
  await relay.close()

  const forwarding = collector.paths.filter((path) => /PRXY|PFWD|RFWD/.test(path))
  assert.deepEqual(forwarding, [
    ...['PFWD', 'PFWD/forward', 'PRXY', 'PRXY', 'PRXY/connect', 'PRXY/connect'],
    ...['RFWD', 'RFWD/SEND', 'RFWD/SEND/MSG'],
  ])
  const { attributes, kind } = collector.only('forward')
  assert.equal(kind, SpanKind.CLIENT)
  assert.deepEqual(attributes, { 'network.protocol.name': 'smp', 'sluice.outcome': 'ok' })
  const connects = collector.named('connect').map((span) => span.attributes['sluice.outcome'])
  assert.deepEqual(connects.sort(), ['ok', 'proxy'])
  assert.equal(collector.only('SEND').attributes['network.protocol.version'], '17')
  const arrivedText = latin1Text(arrived.transmission)
  for (const id of collector.spans.flatMap((span) => [span.traceId, span.spanId]))
    assert.ok(!arrivedText.includes(id), 'no trace context goes to other relays')
  checkSilent(collector, {
    ...secretsOf(q, client, other),
    'a session’s id': sessionId,
    'a correlation id': corrId,
    'another one': inner,
    'what was sealed': sealed,
    'a host': 'localhost',
    'a key hash': latin1Text(nowhere.keyHash),
  })
})

test('a handshake that comes to nothing', async () => {
  await using collector = await Collector.start()
  await using relay = await TlsRelay.start(traced(collector))
  const wrong = await relay.dialTls()
  const closed = new Promise((resolve) => wrong.on('close', resolve))
  wrong.write(new Uint8Array(16_384))
  wrong.resume()
  await closed
  await relay.close()
  const { attributes, status } = collector.only('handshake')
  assert.equal(attributes['sluice.outcome'], 'refused')
  assert.equal(status, 0)
})

test('a share of 0 traces nothing', async () => {
  await using collector = await Collector.start()
  await using relay = await TlsRelay.start(traced(collector, '0'))
  const client = await relay.connect()
  await client.creates()
  await relay.close()
  assert.deepEqual(collector.requests, [])
})

test('histograms bring traces as exemplars, in OpenMetrics only', async () => {
  await using collector = await Collector.start()
  const relay = await OpsRelay.start(traced(collector))
  const client = await relay.relay.connect()
  await client.creates()
  const accept = 'application/openmetrics-text; version=1.0.0'
  const { body } = await relay.get('/metrics', { accept })
  const plain = await relay.get('/metrics')
  await relay[Symbol.asyncDispose]()
  const exemplarOf = (family: string): string =>
    new RegExp(`^${family}_bucket\\{.*\\} \\d+ # \\{trace_id="([0-9a-f]{32})"\\}`, 'm').exec(
      body,
    )?.[1] ?? assert.fail(`${family} has an exemplar`)
  const command = exemplarOf('sluice_command_duration_seconds')
  assert.equal(command, collector.only('NEW').traceId)
  const handshakes = exemplarOf('sluice_handshake_duration_seconds')
  assert.equal(handshakes, collector.only('handshake').traceId)
  assert.doesNotMatch(plain.body, /trace_id/)
})
