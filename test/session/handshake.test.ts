/** The hellos (protocol.md section 3): what is offered, what is accepted, and silence otherwise. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, concatBytes, latin1Text, utf8Bytes } from '../../src/protocol/bytes.ts'
import {
  type ClientHello,
  decodeSignedKey,
  encodeClientHello,
} from '../../src/protocol/handshake.ts'
import { pad } from '../../src/protocol/padding.ts'
import { turn } from '../support/clock.ts'
import type { MemoryConnection } from '../support/memory-transport.ts'
import { dhKey, signingKey, transmissionOf, unsigned } from '../support/wire.ts'
import { type ConnectOptions, identity, takeServerHello } from '../support/wire-hello.ts'
import { WireRelay, type WireRelayOptions } from '../support/wire-relay.ts'

const { keyHash } = identity
const sessionKey = dhKey().publicKey

const helloOf = (fields: Partial<ClientHello> = {}): Bytes =>
  encodeClientHello({ version: 18, keyHash, sessionKey, proxyServer: false, ...fields })

interface Scene extends AsyncDisposable {
  readonly relay: WireRelay
  readonly connection: MemoryConnection
}

/** A connection whose server hello has been taken. */
const scene = async (
  options: WireRelayOptions = {},
  connect: ConnectOptions = {},
): Promise<Scene> => {
  const relay = new WireRelay(options)
  const connection = relay.open(connect)
  await takeServerHello(connection)
  return { relay, connection, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

/** Says the hello and a PING after it, which only a session would answer. */
const says = async ({ connection }: Scene, block: Bytes): Promise<void> => {
  connection.send(block)
  const { sessionId } = connection.binding
  const ping = transmissionOf({ version: 18, sessionId }, [unsigned, 'ping', '', 'PING'])
  const content = concatBytes(Uint8Array.of(1, 0, ping.length), ping)
  connection.send(pad(content, BLOCK_BYTES))
  await turn()
}

const expectClosedSilently = ({ relay, connection }: Scene): void => {
  assert.equal(connection.fate, 'closed by relay')
  assert.equal(connection.take(), undefined)
  assert.equal(relay.hub.size, 0)
}

describe('the server hello', () => {
  test('has the versions, the session id, the chain and a key that its leaf signed', async () => {
    await using relay = new WireRelay()
    const connection = relay.open()
    const hello = await takeServerHello(connection)
    assert.deepEqual(hello.versions, { min: 6, max: 18 })
    assert.deepEqual(hello.sessionId, connection.binding.sessionId)
    assert.deepEqual(hello.authentication?.chain, identity.chain)
    const { key, content, signature } = decodeSignedKey(
      hello.authentication?.signedKey ?? new Uint8Array(0),
    )
    assert.equal(key.algorithm, 'X25519')
    const leaf = crypto.keyPairOf(identity.leafKey).publicKey
    assert.ok(crypto.verify(leaf, content, signature))
  })

  test('has another key for each connection', async () => {
    await using relay = new WireRelay()
    const [one, two] = [await relay.connect(), await relay.connect()]
    assert.notDeepEqual(one.session.serverKey, two.session.serverKey)
  })

  test('has the versions of the settings', async () => {
    await using relay = new WireRelay({ versions: { min: 9, max: 15 } })
    const { versions } = await takeServerHello(relay.open())
    assert.deepEqual(versions, { min: 9, max: 15 })
  })

  test('has v6 only, and no key, without ALPN', async () => {
    await using relay = new WireRelay()
    const hello = await takeServerHello(relay.open({ alpn: 'none' }))
    assert.deepEqual(hello.versions, { min: 6, max: 6 })
    assert.equal(hello.authentication, undefined)
  })

  test('is not sent without ALPN where v6 is not offered', async () => {
    await using relay = new WireRelay({ versions: { min: 7, max: 18 } })
    const connection = relay.open({ alpn: 'none' })
    await turn()
    expectClosedSilently({ relay, connection, [Symbol.asyncDispose]: async () => undefined })
  })
})

describe('a client hello that is accepted', () => {
  const accepted: readonly (readonly [string, Bytes])[] = [
    ['of v6', helloOf({ version: 6 })],
    ['of v18 without a key', encodeClientHello({ version: 18, keyHash, proxyServer: false })],
    ['with bytes of a later version after it', concatBytes(helloOf(), utf8Bytes('later'))],
    ['with a proxy’s flag', helloOf({ proxyServer: true })],
  ]
  for (const [name, hello] of accepted)
    test(name, async () => {
      await using at = await scene()
      at.connection.send(pad(hello, BLOCK_BYTES))
      await turn()
      assert.equal(at.connection.fate, 'open')
      assert.equal(at.relay.hub.size, 1)
      // nobody says that the hello was good
      assert.equal(at.connection.take(), undefined)
    })

  test('every version, and what is said at once after it', async () => {
    await using relay = new WireRelay()
    for (let version = 6; version <= 18; version++) {
      const client = await relay.connect({ version })
      await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    }
  })

  test('v6 without ALPN', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect({ version: 6, alpn: 'none' })
    const q = await client.creates()
    await client.asks([q.key, 'abcd', q.rid, 'SUB'], 'OK')
    // there is no key of the relay that an authenticator could be made with
    const authenticator = new Uint8Array(80)
    await client.asks([authenticator, 'bcda', q.rid, 'SUB'], 'ERR AUTH')
  })

  test('an X448 key before v14 counts as none: blocks are plain', async () => {
    await using relay = new WireRelay()
    const connection = relay.open()
    const { sessionId } = await takeServerHello(connection)
    const x448 = concatBytes(
      Uint8Array.from(Buffer.from('443042300506032b656f033900', 'hex')),
      new Uint8Array(56),
    )
    const bare = encodeClientHello({ version: 11, keyHash, proxyServer: false })
    connection.send(pad(concatBytes(bare, x448), BLOCK_BYTES))
    const ping = transmissionOf({ version: 11, sessionId }, [unsigned, 'ping', '', 'PING'])
    connection.send(pad(concatBytes(Uint8Array.of(1, 0, ping.length), ping), BLOCK_BYTES))
    await turn()
    assert.ok(latin1Text(connection.take() ?? new Uint8Array(0)).includes('PONG'))
  })
})

describe('a client hello that is not: the connection is closed without a word', () => {
  const padded = (content: Bytes): Bytes => pad(content, BLOCK_BYTES)
  const refused: readonly (readonly [string, Bytes])[] = [
    ['of another identity', padded(helloOf({ keyHash: crypto.randomBytes(32) }))],
    ['with a cut key hash', padded(helloOf({ keyHash: keyHash.subarray(1) }))],
    ['of v5', padded(helloOf({ version: 5 }))],
    ['of v19', padded(helloOf({ version: 19 }))],
    ['of v65535', padded(helloOf({ version: 0xffff }))],
    ['with a session key of low order', padded(helloOf({ sessionKey: lowOrder() }))],
    ['without a proxy flag in v14', padded(helloOf({ version: 13 }).with(1, 14))],
    ['with another letter for the proxy flag', padded(changedAt(-2, 0x58))],
    ['with another marker for the service', padded(changedAt(-1, 0x32))],
    [
      'with a service of unknown role',
      padded(concatBytes(helloOf().with(-1, 0x31), utf8Bytes('X'))),
    ],
    ['with half a service', padded(concatBytes(helloOf().with(-1, 0x31), utf8Bytes('M\x01\x00')))],
    ['of no bytes', padded(new Uint8Array(0))],
    ['of one byte', padded(new Uint8Array(1))],
    ['of zeros', new Uint8Array(BLOCK_BYTES)],
    ['with a length beyond the block', new Uint8Array(BLOCK_BYTES).fill(0xff)],
    ['of random bytes', crypto.randomBytes(BLOCK_BYTES).with(0, 0xff)],
    ['that is a server hello', padded(utf8Bytes('\x00\x06\x00\x12 '))],
  ]
  for (const [name, block] of refused)
    test(name, async () => {
      await using at = await scene()
      await says(at, block)
      expectClosedSilently(at)
    })

  test('of v7 or later where the client offered no ALPN', async () => {
    for (const version of [7, 18]) {
      await using at = await scene({}, { alpn: 'none' })
      await says(at, padded(helloOf({ version })))
      expectClosedSilently(at)
    }
  })

  test('of a version outside the settings', async () => {
    for (const version of [8, 16]) {
      await using at = await scene({ versions: { min: 9, max: 15 } })
      await says(at, padded(helloOf({ version })))
      expectClosedSilently(at)
    }
  })

  test('cut at any byte', async () => {
    await using relay = new WireRelay()
    const hello = helloOf()
    // up to the key hash it is cut within a field; a cut key counts as none, and then the flag is bad
    for (let length = 0; length < hello.length; length++) {
      const connection = relay.open()
      await takeServerHello(connection)
      connection.send(padded(hello.subarray(0, length)))
      await turn()
      assert.equal(connection.fate, 'closed by relay', `cut to ${length} bytes`)
      assert.equal(connection.take(), undefined)
    }
    assert.equal(relay.hub.size, 0)
  })
})

describe('a client that leaves', () => {
  test('before its hello', async () => {
    await using at = await scene()
    at.connection.leave()
    await turn()
    assert.equal(at.relay.hub.size, 0)
  })

  test('right after its hello', async () => {
    await using at = await scene()
    at.connection.send(pad(helloOf(), BLOCK_BYTES))
    at.connection.leave()
    await turn()
    assert.equal(at.relay.hub.size, 0)
  })

  test('with a NEW on its way', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const creating = client.creates({ key: signingKey(), subscribe: true })
    client.leaves()
    await assert.rejects(creating, assert.AssertionError)
    assert.equal(relay.hub.size, 0)
  })
})

function lowOrder() {
  return { algorithm: 'X25519', raw: new Uint8Array(32) } as const
}

function changedAt(index: number, byte: number): Bytes {
  return helloOf().with(index, byte)
}
