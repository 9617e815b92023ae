/** Peers that misbehave, over real sockets: the relay drops them and goes on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { concatBytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import { encodeClientHello } from '../../src/protocol/handshake.ts'
import { pad } from '../../src/protocol/padding.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { identity, takeServerHello } from '../support/wire-hello.ts'
import { closed, type TlsConnection, TlsRelay } from '../support/wire-tls.ts'

const MEGABYTE = 1024 * 1024
const clientHello = pad(
  encodeClientHello({ version: 18, keyHash: identity.keyHash, proxyServer: false }),
  BLOCK_BYTES,
)
/** As a session without a key of the client sends it. */
const pingBlock = pad(utf8Bytes('\x01\x00\x0b\x00\x04ping\x00PING'), BLOCK_BYTES)
/** A TLS record that promises a ClientHello of 512 bytes and has 100. */
const halfTlsHello = concatBytes(
  Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
  crypto.randomBytes(100),
)

/** What a peer does; resolves when its socket is closed. */
type Misbehaviour = (relay: TlsRelay) => Promise<void>

const overTcp =
  (act: (socket: Socket) => void): Misbehaviour =>
  async (relay) => {
    const socket = await relay.dial()
    act(socket)
    await closed(socket)
  }

const overTls =
  (act: (connection: TlsConnection) => Promise<void> | void): Misbehaviour =>
  async (relay) => {
    const connection = await relay.dialSmp()
    await act(connection)
    await closed(connection.socket)
  }

const inSession =
  (act: (client: WireClient<TlsConnection>) => Promise<void> | void): Misbehaviour =>
  async (relay) => {
    const client = await relay.connect()
    await act(client)
    await closed(client.connection.socket)
  }

const byReset =
  (act: (tcp: Socket, client: WireClient<TlsConnection>) => Promise<void> | void): Misbehaviour =>
  async (relay) => {
    const tcp = await relay.dial()
    const client = await relay.connectOver(tcp)
    await act(tcp, client)
    await closed(client.connection.socket)
  }

/** Closed by the relay at once, or when the time for the handshake is over. */
const droppedByRelay: Readonly<Record<string, Misbehaviour>> = {
  'garbage instead of TLS': overTcp((socket) => socket.write(crypto.randomBytes(4096))),
  'HTTP instead of TLS': overTcp((socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
  'TCP and nothing': overTcp(() => undefined),
  'half a TLS hello': overTcp((socket) => socket.write(halfTlsHello)),
  'TLS and nothing': overTls(() => undefined),
  'TLS, and half a client hello': overTls(({ socket }) => {
    socket.write(clientHello.subarray(0, 8000))
  }),
  'TLS, and a block of garbage': overTls(({ socket }) => {
    socket.write(new Uint8Array(BLOCK_BYTES).fill(0xff))
  }),
  'TLS, and 16 MB of garbage': overTls(({ socket }) => {
    socket.write(Buffer.alloc(16 * MEGABYTE, 0xff))
  }),
  'the hello of another identity': overTls((connection) => {
    const keyHash = crypto.randomBytes(32)
    const hello = encodeClientHello({ version: 18, keyHash, proxyServer: false })
    connection.send(pad(hello, BLOCK_BYTES))
  }),
}

/** Closed by the peer, in the middle of something. */
const leaving: Readonly<Record<string, Misbehaviour>> = {
  'after TCP': overTcp((socket) => socket.destroy()),
  'after TCP, by a reset': overTcp((socket) => socket.resetAndDestroy()),
  'after half a TLS hello': overTcp((socket) => {
    socket.write(halfTlsHello, () => socket.destroy())
  }),
  'after TLS': overTls(({ socket }) => {
    socket.destroy()
  }),
  'after TLS, by a reset': byReset((tcp) => {
    tcp.resetAndDestroy()
  }),
  'after the server hello': overTls(async (connection) => {
    await takeServerHello(connection)
    connection.leave()
  }),
  'after half a client hello': overTls(({ socket }) => {
    socket.write(clientHello.subarray(0, 9000), () => socket.destroy())
  }),
  'after the client hello': inSession(({ connection: { socket } }) => {
    socket.destroySoon()
  }),
  'after half a block': inSession(({ connection: { socket } }) => {
    socket.write(crypto.randomBytes(5000), () => socket.destroy())
  }),
  'with a command on its way': inSession((client) => {
    const key = signingKey()
    client.says([key, 'sub', 'nobody', 'SUB'], [unsigned, 'ping', '', 'PING'])
    client.connection.socket.destroySoon()
  }),
  'with a subscription and messages in its buffers': byReset(async (tcp, client) => {
    const q = await client.creates({ subscribe: true })
    for (let count = 0; count < 20; count++) client.says([unsigned, 'send', q.sid, SEND('hello')])
    await client.next()
    tcp.resetAndDestroy()
  }),
  'without close_notify': byReset(async (tcp, client) => {
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    tcp.destroy()
  }),
}

describe('hostile peers', { timeout: 60_000 }, () => {
  let relay: TlsRelay
  let bystander: WireClient<TlsConnection>

  before(async () => {
    relay = await TlsRelay.start({ handshakeTimeoutSeconds: '1' })
    bystander = await relay.connect()
  })
  after(async () => {
    bystander.leaves()
    await relay.holds(0)
    await relay.close()
  })

  const expectServing = async (): Promise<void> => {
    await bystander.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    await relay.holds(1)
    const client = await relay.connect()
    const q = await client.creates({ subscribe: true })
    await bystander.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    await client.hears(['', q.rid, 'MSG F hello'])
    client.leaves()
    await relay.holds(1)
  }

  describe('are dropped', () => {
    for (const [name, misbehave] of Object.entries(droppedByRelay))
      test(name, async () => {
        await misbehave(relay)
        await expectServing()
      })
  })

  describe('may leave', () => {
    for (const [name, misbehave] of Object.entries(leaving))
      test(name, async () => {
        await misbehave(relay)
        await expectServing()
      })
  })

  test('200 of them at once', async () => {
    const kinds = [...Object.values(droppedByRelay), ...Object.values(leaving)].filter(
      (one) => one !== droppedByRelay['TLS, and 16 MB of garbage'],
    )
    const all = Array.from({ length: 200 }, (_, index) => kinds[index % kinds.length]?.(relay))
    await bystander.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    await Promise.all(all)
    await expectServing()
  })

  test('16 MB of garbage in a session are answered block by block', async () => {
    const client = await relay.connect()
    const { socket } = client.connection
    const blocks = (16 * MEGABYTE) / BLOCK_BYTES
    socket.write(crypto.randomBytes(16 * MEGABYTE))
    for (let count = 0; count < blocks; count++) await client.hears(['', '', 'ERR BLOCK'])
    client.leaves()
    await expectServing()
  })

  test('16 MB of garbage from one who does not read stop at its own buffers', async () => {
    const client = await relay.connect()
    const { socket } = client.connection
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    socket.pause()
    socket.write(crypto.randomBytes(16 * MEGABYTE))
    // others are served meanwhile
    for (let count = 0; count < 50; count++)
      await bystander.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    assert.ok(socket.writableLength > 0, 'the relay does not read all of it')
    client.leaves()
    await expectServing()
  })

  test('a hello by single bytes is a hello', async () => {
    const connection = await relay.dialSmp()
    await takeServerHello(connection)
    for (const byte of clientHello) connection.socket.write(Uint8Array.of(byte))
    for (const byte of pingBlock) connection.socket.write(Uint8Array.of(byte))
    assert.ok(Buffer.from(await connection.nextBlock()).includes('PONG'))
    connection.leave()
    await expectServing()
  })

  test('a hello and commands in one write', async () => {
    const connection = await relay.dialSmp()
    connection.socket.write(concatBytes(clientHello, pingBlock, pingBlock, pingBlock))
    await takeServerHello(connection)
    for (let count = 0; count < 3; count++)
      assert.ok(Buffer.from(await connection.nextBlock()).includes('PONG'))
    connection.leave()
    await expectServing()
  })
})

describe('a relay that stops', { timeout: 30_000 }, () => {
  test('closes connections in every stage', async () => {
    const relay = await TlsRelay.start({ handshakeTimeoutSeconds: '600' })
    const { port } = relay
    const half = await relay.dial()
    half.write(halfTlsHello)
    const stalled = await relay.connect()
    const q = await stalled.creates({ subscribe: true })
    stalled.connection.socket.pause()
    for (let count = 0; count < 60; count++) stalled.says([q.key, 'get', q.rid, 'SUB'])
    const idle = await relay.connect()
    await idle.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    const sockets: Socket[] = [
      await relay.dial(),
      half,
      await relay.dialTls(),
      stalled.connection.socket,
      idle.connection.socket,
    ]
    await relay.close()
    await Promise.all(sockets.map(closed))
    await relay.holds(0)
    const [error] = await once(connect(port, '127.0.0.1'), 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })
})
