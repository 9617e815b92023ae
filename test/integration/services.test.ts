/** Services over TLS with real certificates, and clients that are none beside them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HandshakeError, UnsupportedOperation } from '../../src/client/errors.ts'
import {
  type ClientEvent,
  type ConnectOptions,
  connectSmp,
  nativeCrypto,
  openClient,
  type ServiceCertificate,
} from '../../src/client/index.ts'
import type { ServiceRole } from '../../src/protocol/handshake.ts'
import { expectRefusal } from '../client/support/failure.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { next } from '../client/support/next.ts'
import { unsigned } from '../support/wire.ts'
import { identity } from '../support/wire-hello.ts'
import { makeService } from '../support/wire-service.ts'
import { TlsRelay } from '../support/wire-tls.ts'
import { within } from '../support/within.ts'

let relay: TlsRelay
before(async () => {
  relay = await TlsRelay.start({ notificationIntervalMs: '10' })
})
after(() => relay.close())

const address = () => ({
  keyHash: identity.keyHash,
  hosts: ['127.0.0.1'] as const,
  port: relay.port,
})

const certificateOf = (
  role: ServiceRole,
  { chainPem, keyPem } = makeIdentity(),
): ServiceCertificate => ({ role, chainPem, keyPem })

const connect = (options: Omit<ConnectOptions, 'address'> = {}) =>
  connectSmp({ address: address(), ...options })

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof HandshakeError && error.reason === 'service' && error.message.endsWith(code)

const serviceEnded = (events: AsyncIterable<ClientEvent>): Promise<bigint> =>
  within(
    'the end of the service',
    (async () => {
      for await (const event of events) if (event.tag === 'serviceEnded') return event.count
      return assert.fail('there are no more events')
    })(),
  )

describe('a service over TLS', { timeout: 60_000 }, () => {
  for (const algorithm of ['Ed25519', 'Ed448'] as const)
    test(`with ${algorithm} certificates has one id for ever`, async () => {
      const service = certificateOf('notifier', makeIdentity(algorithm))
      await using first = await connect({ service })
      await using second = await connect({ service })
      assert.equal(first.serviceId?.length, 24)
      assert.equal(second.serviceId, first.serviceId)
      await first.request({ tag: 'PING' })
      const refused = connect({ service: { ...service, role: 'messaging' } })
      await assert.rejects(refused, refusedAs('BAD_SERVICE'))
    })

  test('before v16 is an ordinary client', async () => {
    const service = certificateOf('notifier')
    for (const version of [6, 11, 15]) {
      await using connection = await connect({
        service,
        versions: { min: version, max: version },
        ...(version === 6 && { alpn: false }),
      })
      assert.equal(connection.version, version)
      assert.equal(connection.serviceId, undefined)
      await connection.request({ tag: 'PING' })
    }
  })

  test('without ALPN too', async () => {
    await using connection = await connect({ service: certificateOf('proxy'), alpn: false })
    assert.equal(connection.version, 6)
    assert.equal(connection.serviceId, undefined)
  })

  test('whose certificates are not valid is refused', async () => {
    const expired = makeIdentity('Ed25519', { now: new Date('2020-01-01'), days: 2 })
    await assert.rejects(
      connect({ service: certificateOf('notifier', expired) }),
      refusedAs('BAD_AUTH'),
    )
    const { chainPem, keyPem } = makeIdentity()
    const strange = { chainPem: chainPem + makeIdentity().chainPem, keyPem }
    await assert.rejects(
      connect({ service: { role: 'notifier', ...strange } }),
      refusedAs('BAD_AUTH'),
    )
  })

  test('that shows one chain in TLS and says another, or shows none, is refused', async () => {
    const service = makeService('notifier')
    const { chainPem: cert, keyPem: key } = makeIdentity()
    for (const tls of [{}, { cert, key }])
      await assert.rejects(relay.connect({ service }, tls), /accepted/)
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`is bound to the session in ${maxVersion}, as everybody is`, async () => {
      const service = makeService('notifier')
      const { chainPem: cert, keyPem: key } = service.identity
      const client = await relay.connect({ service }, { cert, key, maxVersion })
      await client.asks([unsigned, 'abcd', '', 'PING'], 'PONG')
      client.leaves()
    })

  test('by WebSocket is not possible with our client', async () => {
    const options = { service: certificateOf('notifier'), webSocket: true }
    await assert.rejects(connect(options), UnsupportedOperation)
  })
})

test('without services, nobody is asked for certificates and none is served', async () => {
  await using off = await TlsRelay.start({ services: 'off' })
  const service = makeService('notifier')
  const { chainPem: cert, keyPem: key } = service.identity
  await assert.rejects(off.connect({ service }, { cert, key }), /accepted/)
  const client = await off.connect({}, { cert, key })
  await client.asks([unsigned, 'abcd', '', 'PING'], 'PONG')
  client.leaves()
})

describe('beside services', { timeout: 60_000 }, () => {
  test('a client that shows certificates, of whatever kind, and says nothing of them is ordinary', async () => {
    const { chainPem, keyPem } = makeIdentity('Ed25519', { now: new Date('2020-01-01'), days: 2 })
    const client = await relay.connect({}, { cert: chainPem, key: keyPem })
    await client.asks([unsigned, 'abcd', '', 'PING'], 'PONG')
    client.leaves()
  })

  test('clients without certificates are what they were', async () => {
    for (const version of [6, 10, 16, 18]) {
      const versions = { min: version, max: version }
      await using client = await openClient({
        ...{ address: address(), versions },
        ...(version === 6 && { alpn: false }),
      })
      const queue = await client.createQueue()
      const sender = client.openSender({ senderId: queue.credentials.senderId })
      await sender.send(new Uint8Array(10))
      const message = await next(queue.messages)
      await message.ack()
    }
  })
})

test('a notifier service from NSUB to ENDS', { timeout: 60_000 }, async () => {
  const service = certificateOf('notifier')
  await using recipient = await openClient({ address: address() })
  await using first = await openClient({ address: address(), service })
  await using second = await openClient({ address: address(), service })
  const events = first.events()
  const queue = await recipient.createQueue()
  const sender = recipient.openSender({ senderId: queue.credentials.senderId })
  const credentials = await queue.addNotifier()
  const watched = first.openNotifier(credentials)
  await watched.subscribe()
  const body = new Uint8Array(10)
  await sender.send(body, { notification: true })
  const message = await next(queue.messages)
  assert.equal((await next(watched.notifications)).messageId, message.id)
  await message.ack()

  const taken = second.openNotifier(credentials)
  assert.equal(await second.subscribeService([taken]), 1n)
  assert.equal(await serviceEnded(events), 1n)
  await sender.send(body, { notification: true })
  assert.equal((await next(taken.notifications)).messageId, (await next(queue.messages)).id)
  await assert.rejects(recipient.subscribeService(), UnsupportedOperation)

  const connection = await recipient.connection()
  const { privateKey: key } = nativeCrypto.generateKeyPair('Ed25519')
  const entityId = (await second.connection()).serviceId ?? ''
  await expectRefusal(connection.request({ tag: 'NSUBS' }, { entityId, key }), 'SERVICE')
})
