import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import type { TlsOptions } from 'node:tls'
import type { AsyncQueue } from '../../src/client/async-queue.ts'
import { type ConnectOptions, connectSmp } from '../../src/client/connect.ts'
import type { SmpConnection } from '../../src/client/connection.ts'
import { HandshakeError } from '../../src/client/errors.ts'
import { connectTls } from '../../src/client/tls-transport.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { PONG } from '../../src/protocol/reply.ts'
import { expectClosed, expectHandshakeError, failure } from './support/failure.ts'
import { makeIdentity, type TestIdentity } from './support/identity.ts'
import { ManualTimers } from './support/manual-timers.ts'
import { next } from './support/next.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { listenTls, type TlsListener, type TlsPeer } from './support/tls-server.ts'
import { until } from './support/until.ts'

const identity = makeIdentity()

const addressOf = ({ port }: TlsListener, { keyHash }: TestIdentity = identity) => ({
  keyHash,
  hosts: ['127.0.0.1'] as const,
  port,
})

interface Connected {
  readonly connection: SmpConnection
  readonly server: ScriptedServer
  readonly peer: TlsPeer
}

const connectTo = async (
  listener: TlsListener,
  options: Partial<ConnectOptions> = {},
  server: TestIdentity = identity,
): Promise<Connected> => {
  const address = addressOf(listener, server)
  const accept = async () => {
    const { value: peer } = await listener.peers.next()
    assert.ok(peer)
    const versions = { min: 6, max: peer.socket.alpnProtocol ? 18 : 6 }
    return { peer, server: await ScriptedServer.accept(peer, { identity: server, versions }) }
  }
  const [connection, accepted] = await Promise.all([connectSmp({ address, ...options }), accept()])
  return { connection, ...accepted }
}

const ping = async ({ connection, server }: Connected): Promise<void> => {
  const answer = connection.request({ tag: 'PING' })
  server.answer(await server.expect('PING'), PONG)
  assert.deepEqual(await answer, PONG)
}

describe('TLS', () => {
  it('offers smp/1, TLS 1.3 with ChaCha20 and never a server name', async () => {
    await using listener = await listenTls(identity)
    const connected = await connectTo(listener)
    const { socket } = connected.peer
    assert.equal(socket.alpnProtocol, 'smp/1')
    assert.equal(socket.getProtocol(), 'TLSv1.3')
    assert.equal(socket.getCipher().name, 'TLS_CHACHA20_POLY1305_SHA256')
    assert.ok(!('servername' in socket) || !socket.servername)
    assert.equal(connected.connection.session.sessionId.length, 32)
    await ping(connected)
    connected.connection.close()
  })

  it('speaks v6 without ALPN', async () => {
    await using listener = await listenTls(identity)
    const connected = await connectTo(listener, { alpn: false })
    assert.equal(connected.connection.version, 6)
    await ping(connected)
    connected.connection.close()
  })

  const servers: readonly (readonly [string, TlsOptions, 'Ed25519' | 'Ed448', number])[] = [
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, 'Ed25519', 12],
    ['Ed448 certificates', {}, 'Ed448', 32],
    ['X448 only', { ecdhCurve: 'X448' }, 'Ed25519', 32],
  ]
  for (const [name, options, algorithm, sessionIdBytes] of servers)
    it(`connects to a server with ${name}`, async () => {
      const other = makeIdentity(algorithm)
      await using listener = await listenTls(other, options)
      const connected = await connectTo(listener, {}, other)
      assert.equal(connected.connection.session.sessionId.length, sessionIdBytes)
      await ping(connected)
      connected.connection.close()
    })

  it('refuses a server of another identity', async () => {
    await using listener = await listenTls(identity)
    const address = addressOf(listener, makeIdentity())
    const connecting = expectHandshakeError(connectSmp({ address }), 'identity')
    const { value: peer } = await listener.peers.next()
    assert.ok(peer)
    await Promise.allSettled([connecting, ScriptedServer.accept(peer, { identity })])
    await connecting
  })

  it('names the session by its own Finished message', async () => {
    await using listener = await listenTls(identity)
    const connecting = expectHandshakeError(connectSmp({ address: addressOf(listener) }), 'session')
    const { value: peer } = await listener.peers.next()
    assert.ok(peer)
    const other = { ...peer, binding: { sessionId: new Uint8Array(32), chain: [] } }
    await Promise.allSettled([connecting, ScriptedServer.accept(other, { identity })])
    await connecting
  })

  it('tries the hosts in turn', async () => {
    await using listener = await listenTls(identity)
    const address = { ...addressOf(listener), hosts: ['127.0.0.2', '127.0.0.1'] as const }
    const connected = await connectTo(listener, { address })
    await ping(connected)
    connected.connection.close()
  })

  it('says that no host is reachable', async () => {
    const listener = await listenTls(identity)
    const address = { ...addressOf(listener), hosts: ['127.0.0.2', '127.0.0.1'] as const }
    await listener[Symbol.asyncDispose]()
    const error = await failure(connectSmp({ address }))
    assert.ok(error instanceof HandshakeError && error.reason === 'unreachable')
    assert.ok(error.cause instanceof AggregateError && error.cause.errors.length === 2)
    await expectHandshakeError(
      connectSmp({ address: { ...address, hosts: ['127.0.0.1'] } }),
      'unreachable',
    )
  })

  it('refuses an address that is none', async () => {
    await assert.rejects(connectSmp({ address: 'smp://x@y' }), { name: 'ProtocolError' })
  })

  it('gives up on a server that says nothing', async () => {
    const silent = createServer((socket) => socket.resume())
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const timers = new ManualTimers()
    const connecting = expectHandshakeError(
      connectSmp({
        address: { ...identity, hosts: ['127.0.0.1'], port },
        timers,
        connectMs: 5_000,
      }),
      'timeout',
    )
    await once(silent, 'connection')
    timers.advance(5_000)
    await connecting
    assert.equal(timers.count, 0)
    silent.close()
  })

  it('gives up on a server without a hello, and when told to', async () => {
    await using listener = await listenTls(identity)
    const timers = new ManualTimers()
    const address = addressOf(listener)
    const connecting = expectHandshakeError(connectSmp({ address, timers }), 'timeout')
    await listener.peers.next()
    timers.advance(45_000)
    await connecting
    const controller = new AbortController()
    const aborted = failure(connectSmp({ address, signal: controller.signal }))
    await listener.peers.next()
    controller.abort('enough')
    assert.equal(await aborted, 'enough')
    assert.equal(await failure(connectSmp({ address, signal: controller.signal })), 'enough')
  })

  it('reports how a connection ended', async () => {
    await using listener = await listenTls(identity)
    const orderly = await connectTo(listener)
    orderly.peer.close()
    assert.equal((await orderly.connection.closed).reason, 'remote')
    const broken = await connectTo(listener)
    broken.peer.send(new Uint8Array(BLOCK_BYTES / 2))
    broken.peer.close()
    const closed = await broken.connection.closed
    assert.match(closed.message, /inside a block/)
    const local = await connectTo(listener)
    const answer = expectClosed(local.connection.request({ tag: 'PING' }), 'local')
    local.connection.close()
    await answer
    assert.equal((await local.connection.closed).reason, 'local')
  })

  it('stops reading from the network when nobody reads its blocks', async () => {
    await using listener = await listenTls(identity)
    const { port } = listener
    const [transport, { value: peer }] = await Promise.all([
      connectTls({ host: '127.0.0.1', port, alpn: 'smp/1' }),
      listener.peers.next(),
    ])
    const blocks = transport.blocks as AsyncQueue<Uint8Array>
    const count = 2_000
    for (let i = 0; i < count; i++) peer?.send(new Uint8Array(BLOCK_BYTES).fill(i))
    await until(() => blocks.size >= 64)
    let largest = 0
    for (let i = 0; i < count; i++) {
      largest = Math.max(largest, blocks.size)
      assert.equal((await next(blocks))[0], i % 256)
    }
    assert.ok(largest < 80, `${largest} blocks waited`)
    transport.close()
  })
})
