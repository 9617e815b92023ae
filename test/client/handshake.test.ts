import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConnectionOptions, openConnection } from '../../src/client/connection.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import {
  encodeServerHello,
  encodeSignedKey,
  type ServerHello,
  signedKeyContent,
} from '../../src/protocol/handshake.ts'
import { pad } from '../../src/protocol/padding.ts'
import { PONG } from '../../src/protocol/reply.ts'
import { connect, connectionOptions, identity, makeBoundPair } from './support/connected.ts'
import { expectHandshakeError } from './support/failure.ts'
import { makeIdentity } from './support/identity.ts'
import { makeTransportPair, type TransportPair } from './support/memory-transport.ts'
import { honestHello, ScriptedServer } from './support/scripted-server.ts'

type Change = (hello: ServerHello, pair: TransportPair) => ServerHello

/** What the client makes of a hello. */
const refusedHello = async (
  change: Change,
  reason: string,
  options: Partial<ConnectionOptions> = {},
  pair: TransportPair = makeBoundPair(),
): Promise<void> => {
  const connecting = expectHandshakeError(
    openConnection(pair.client, connectionOptions(options)),
    reason,
  )
  const hello = change(honestHello(pair.server, { identity }), pair)
  pair.server.send(pad(encodeServerHello(hello), BLOCK_BYTES))
  await connecting
  assert.equal((await pair.server.received.next()).done, true, 'the client sent a hello')
}

const withAuthentication = (
  hello: ServerHello,
  change: (parts: NonNullable<ServerHello['authentication']>) => {
    readonly chain?: readonly [Bytes, ...Bytes[]]
    readonly signedKey?: Bytes
  },
): ServerHello => {
  assert.ok(hello.authentication)
  return { ...hello, authentication: { ...hello.authentication, ...change(hello.authentication) } }
}

const signed = (
  key: ReturnType<typeof crypto.generateKeyPair>['publicKey'],
  by = identity,
): Bytes => encodeSignedKey(key, crypto.sign(by.leafKey, signedKeyContent(key)))

describe('the client refuses', () => {
  const other = makeIdentity()

  it('a hello of another TLS session', () =>
    refusedHello((hello) => ({ ...hello, sessionId: crypto.randomBytes(32) }), 'session'))

  it('a hello of a part of the session id', () =>
    refusedHello((hello) => ({ ...hello, sessionId: hello.sessionId.subarray(1) }), 'session'))

  for (const [min, max] of [
    [1, 5],
    [19, 20],
  ] as const)
    it(`a server of versions ${min} to ${max}`, () =>
      refusedHello((hello) => ({ ...hello, versions: { min, max } }), 'version'))

  it('a server without the versions it asks for', () =>
    refusedHello((hello) => ({ ...hello, versions: { min: 6, max: 14 } }), 'version', {
      versions: { min: 15, max: 18 },
    }))

  it('a server of another identity', () => {
    const pair = makeBoundPair(other)
    return refusedHello((hello) => hello, 'identity', {}, pair)
  })

  it('a hello with the certificates of another server', () =>
    refusedHello((hello) => withAuthentication(hello, () => ({ chain: other.chain })), 'identity'))

  it('a chain of one or five certificates', async () => {
    const [leaf, authority] = identity.chain
    const chains: readonly (readonly [Bytes, ...Bytes[]])[] = [
      [authority],
      [leaf, authority, authority, authority, authority],
    ]
    for (const chain of chains)
      await refusedHello((hello) => withAuthentication(hello, () => ({ chain })), 'identity')
  })

  it('certificates out of date', async () => {
    const old = makeIdentity('Ed25519', { now: new Date('2020-01-01'), days: 30 })
    const pair = makeBoundPair(old)
    await refusedHello((hello) => hello, 'identity', { keyHash: old.keyHash }, pair)
  })

  it('a TLS chain without certificates', () => {
    const pair = makeTransportPair({ sessionId: crypto.randomBytes(32), chain: [] })
    return refusedHello((hello) => hello, 'identity', {}, pair)
  })

  it('a v6 server that nothing identifies', () => {
    const pair = makeTransportPair()
    const hello = ({ sessionId }: ServerHello): ServerHello => ({
      versions: { min: 6, max: 6 },
      sessionId,
    })
    return refusedHello(hello, 'version', {}, pair)
  })

  // whoever ends the TLS could read and change them
  const unbound: readonly (readonly [string, Partial<ConnectionOptions>, number])[] = [
    ['of a server up to v10', {}, 10],
    ['with a client up to v10', { versions: { min: 6, max: 10 } }, 18],
    ['without a key', { sendSessionKey: false }, 18],
    ['of a relay that forwards', { proxyServer: true }, 18],
  ]
  for (const [name, options, max] of unbound)
    it(`plain blocks ${name} where TLS does not show the relay`, async () => {
      for (const binding of [undefined, { sessionId: crypto.randomBytes(32) }])
        await refusedHello(
          (hello) => ({ ...hello, versions: { min: 6, max } }),
          'version',
          options,
          makeTransportPair(binding),
        )
    })

  it('a hello of another TLS session where only its Finished is known', () =>
    refusedHello(
      (hello) => ({ ...hello, sessionId: crypto.randomBytes(32) }),
      'session',
      {},
      makeTransportPair({ sessionId: crypto.randomBytes(32) }),
    ))

  const keys: readonly (readonly [string, () => Bytes])[] = [
    ['signed by another server', () => signed(crypto.generateKeyPair('X25519').publicKey, other)],
    ['of another kind', () => signed(crypto.generateKeyPair('Ed25519').publicKey)],
    ['of low order', () => signed({ algorithm: 'X25519', raw: new Uint8Array(32) })],
    ['that does not parse', () => utf8Bytes('no key')],
    [
      'with a damaged signature',
      () =>
        signed(crypto.generateKeyPair('X25519').publicKey).map((b, i) => (i === 100 ? b ^ 1 : b)),
    ],
    [
      'other than the one signed',
      () => {
        const [one, two] = [crypto.generateKeyPair('X25519'), crypto.generateKeyPair('X25519')]
        const signature = crypto.sign(identity.leafKey, signedKeyContent(one.publicKey))
        return encodeSignedKey(two.publicKey, signature)
      },
    ],
  ]
  for (const [name, makeKey] of keys)
    it(`a session key ${name}`, () =>
      refusedHello(
        (hello) => withAuthentication(hello, () => ({ signedKey: makeKey() })),
        'session-key',
      ))

  const unreadable: readonly (readonly [string, Bytes])[] = [
    ['a block of filler', new Uint8Array(BLOCK_BYTES).fill(0x23)],
    ['an empty hello', pad(new Uint8Array(0), BLOCK_BYTES)],
    ['versions upside down', pad(Uint8Array.of(0, 18, 0, 6, 0), BLOCK_BYTES)],
    ['a hello cut short', pad(Uint8Array.of(0, 6, 0, 18, 32, 1), BLOCK_BYTES)],
  ]
  for (const [name, block] of unreadable)
    it(name, async () => {
      const pair = makeBoundPair()
      pair.server.send(block)
      await expectHandshakeError(openConnection(pair.client, connectionOptions()), 'unreadable')
    })

  it('silence that ends', async () => {
    const closed = makeBoundPair()
    closed.server.close()
    await expectHandshakeError(openConnection(closed.client, connectionOptions()), 'closed')
    const broken = makeBoundPair()
    broken.server.fail(new Error('wires cut'))
    await expectHandshakeError(openConnection(broken.client, connectionOptions()), 'closed')
  })
})

describe('the client hello', () => {
  it('names the highest common version, the key hash and a key', async () => {
    const { server } = await connect({ versions: { min: 8, max: 30 } })
    assert.equal(server.hello.version, 18)
    assert.deepEqual(server.hello.keyHash, identity.keyHash)
    assert.ok(server.hello.sessionKey)
    assert.equal(server.hello.proxyServer, false)
  })

  it('has no key at v6 and where none is wanted', async () => {
    const old = await connect({ versions: { min: 6, max: 6 } })
    assert.equal(old.server.hello.sessionKey, undefined)
    const plain = await connect({ sendSessionKey: false })
    assert.equal(plain.server.hello.sessionKey, undefined)
    assert.equal(plain.connection.session.isEncrypted, false)
    const answer = plain.connection.request({ tag: 'PING' })
    plain.server.answer(await plain.server.expect('PING'), PONG)
    await answer
  })

  it('of a proxy asks for plain blocks, from old relays by a lower version', async () => {
    const proxy = await connect({ proxyServer: true })
    assert.equal(proxy.server.hello.proxyServer, true)
    assert.equal(proxy.connection.session.isEncrypted, false)
    assert.ok(proxy.connection.session.secret)
    const old = await connect({ proxyServer: true }, { min: 6, max: 13 })
    assert.equal(old.server.version, 10)
  })

  it('follows from the server hello alone where TLS ends at a proxy', async () => {
    const pair = makeTransportPair()
    const [connection, server] = await Promise.all([
      openConnection(pair.client, connectionOptions()),
      ScriptedServer.accept(pair.server, { identity }),
    ])
    assert.deepEqual(connection.session.sessionId, server.sessionId)
    const answer = connection.request({ tag: 'PING' })
    server.answer(await server.expect('PING'), PONG)
    await answer
  })
})
