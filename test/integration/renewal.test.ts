/** A server certificate and settings that change while the relay runs. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { settingsSchema } from '../../src/config/settings.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { decodeSignedKey } from '../../src/protocol/handshake.ts'
import { makeIdentity, type TestIdentity } from '../client/support/identity.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { identity, sayHello, takeServerHello } from '../support/wire-hello.ts'
import { borrowed, type TlsConnection, TlsRelay } from '../support/wire-tls.ts'
import { WebSocketEnd } from '../support/wire-web-socket.ts'

const asIdentity = ({ keyHash, chain, ...keys }: TestIdentity): Identity => ({
  ...{ fingerprint: keyHash, chainDer: chain, notAfter: new Date('2099-01-01') },
  ...keys,
})

/** Which of the identities TLS showed, and that the hello is signed by the same. */
const shownOn = async (
  connection: TlsConnection,
  ...identities: readonly TestIdentity[]
): Promise<TestIdentity | undefined> => {
  const leaf = connection.socket.getPeerX509Certificate()
  const { authentication } = await takeServerHello(connection)
  assert.ok(leaf && authentication)
  assert.deepEqual(authentication.chain[0], new Uint8Array(leaf.raw))
  const { content, signature } = decodeSignedKey(authentication.signedKey)
  const raw = Buffer.from(String(leaf.publicKey.export({ format: 'jwk' }).x), 'base64url')
  const publicKey = { algorithm: 'Ed25519', raw: new Uint8Array(raw) } as const
  assert.ok(nativeCrypto.verify(publicKey, content, signature), 'signed by the key of the chain')
  return identities.find(({ chain }) => Buffer.from(chain[0]).equals(leaf.raw))
}

describe('a renewed server certificate', { timeout: 30_000 }, () => {
  test('is shown to new connections, while the others go on', async () => {
    await using relay = await TlsRelay.start({ wsPorts: '0' })
    const old = await relay.connect()
    const q = await old.creates({ subscribe: true })
    const renewed = identity.renewed()
    relay.itself.renewIdentity(asIdentity(renewed))
    const seen = await relay.dialSmp()
    assert.equal(await shownOn(seen, identity, renewed), renewed)
    seen.leave()
    const fresh = await relay.connect()
    await fresh.asks([unsigned, 's', q.sid, SEND('hello')], 'OK')
    await old.hears(['', q.rid, 'MSG F hello'])
    const web = await WebSocketEnd.open(`ws://127.0.0.1:${relay.webPort('ws')}/`)
    await web.learnSession()
    const client = await sayHello(web, relay.directory)
    await client.asks([unsigned, 'p', '', 'PING'], 'PONG')
    for (const one of [old, fresh, client]) one.leaves()
    await relay.holds(0)
  })

  test('is not mixed with the old one in a handshake that has begun', async () => {
    await using relay = await TlsRelay.start()
    const renewed = identity.renewed()
    const tcp = await relay.dial()
    // the relay has shown its certificate, and the client has not seen it yet
    tcp.once('data', () => relay.itself.renewIdentity(asIdentity(renewed)))
    const early = await relay.dialSmp({ socket: borrowed(tcp) })
    assert.equal(await shownOn(early, identity, renewed), identity)
    early.leave()
    const late = await relay.dialSmp()
    assert.equal(await shownOn(late, identity, renewed), renewed)
    late.leave()
  })

  test('of another identity is refused', async () => {
    await using relay = await TlsRelay.start()
    assert.throws(() => relay.itself.renewIdentity(asIdentity(makeIdentity())), {
      name: 'IdentityError',
    })
    const connection = await relay.dialSmp()
    assert.equal(await shownOn(connection, identity), identity)
    connection.leave()
  })
})

describe('changed settings', { timeout: 30_000 }, () => {
  const configured = (relay: TlsRelay, given: Readonly<Record<string, string>>) =>
    relay.itself.configure(
      settingsSchema.parse({ ports: '0', bind: '127.0.0.1', drainSeconds: '0', ...given }),
    )

  test('are those of open connections too', async () => {
    await using relay = await TlsRelay.start({ queueQuota: '1' })
    const client = await relay.connect()
    const q = await client.creates()
    await client.asks([unsigned, 'a', q.sid, SEND('one')], 'OK')
    await client.asks([unsigned, 'b', q.sid, SEND('two')], 'ERR QUOTA')
    const { applied, waiting } = configured(relay, { queueQuota: '9', createPassword: 'secret' })
    assert.deepEqual([applied, waiting], [['createPassword', 'queueQuota'], []])
    const p = await client.creates({ password: 'secret' })
    for (const corrId of ['c', 'd', 'e'])
      await client.asks([unsigned, corrId, p.sid, SEND('x')], 'OK')
    await assert.rejects(client.creates(), /ERR/)
    assert.deepEqual(configured(relay, { queueQuota: '9' }).applied, ['createPassword'])
    await client.creates()
    client.leaves()
    await relay.holds(0)
  })

  test('of limits count from then on', async () => {
    await using relay = await TlsRelay.start()
    const client = await relay.connect()
    await client.creates()
    const { applied } = configured(relay, { limitQueuesPerConnection: '1' })
    assert.deepEqual(applied, ['limitQueuesPerConnection'])
    await assert.rejects(client.creates(), /ERR/)
    client.leaves()
    await relay.holds(0)
  })

  test('that need a restart are named, and change nothing', async () => {
    await using relay = await TlsRelay.start()
    const changes = configured(relay, {
      hosts: 'smp.example.org',
      versions: '6-7',
      newQueues: 'off',
    })
    assert.deepEqual(changes, { applied: ['newQueues'], waiting: ['hosts', 'versions'] })
    const client = await relay.connect()
    assert.equal(client.version, 18)
    await assert.rejects(client.creates(), /ERR/)
    client.leaves()
    await relay.holds(0)
  })
})
