/** The client over WebSocket: from Node, which sees its TLS, and as a page does it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AsyncQueue } from '../../src/client/async-queue.ts'
import { connectSmp } from '../../src/client/connect.ts'
import { connectNodeWebSocket, type WebSocketOptions } from '../../src/client/node-web-socket.ts'
import { connectWeb } from '../../src/client/web.ts'
import { connectWebSocket } from '../../src/client/web-socket.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'
import { expectHandshakeError, failure } from './support/failure.ts'
import { makeIdentity } from './support/identity.ts'
import { next } from './support/next.ts'
import { startTestRelay, type TestRelay } from './support/relay.ts'
import { until } from './support/until.ts'

const certificate = makeWebCertificate()
const ca = certificate.chainPem

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const listening = async <S extends Server>(server: S): Promise<S> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Ends TLS as an ingress does, and passes everything on. */
const startIngress = (port: number): Promise<Server> =>
  listening(
    createTlsServer({ cert: certificate.chainPem, key: certificate.keyPem }, (outside) => {
      const inside = connect(port, '127.0.0.1')
      outside.pipe(inside).pipe(outside)
      outside.on('error', () => inside.destroy())
      inside.on('error', () => outside.destroy())
    }),
  )

describe('a client in Node over WebSocket', () => {
  let relay: TestRelay
  let ingress: Server
  before(async () => {
    relay = await startTestRelay({ wsPorts: '0', wssPorts: '0' }, certificate)
    ingress = await startIngress(relay.webPort('ws'))
  })
  after(async () => {
    ingress.close()
    await relay[Symbol.asyncDispose]()
  })

  const local = () => ({ ...relay.address, hosts: ['localhost'] as const })
  const ping = async (webSocket: boolean | WebSocketOptions, versions = { min: 6, max: 18 }) => {
    const connection = await connectSmp({ address: local(), webSocket, versions })
    assert.deepEqual(await connection.request({ tag: 'PING' }), { tag: 'PONG' })
    connection.close()
    await connection.closed
    return connection.version
  }
  const own = () => `wss://127.0.0.1:${relay.webPort('wss')}/`
  const behind = () => `wss://localhost:${portOf(ingress)}/`

  it('knows the relay by its hello where the certificate is of the web', async () => {
    assert.equal(await ping({ ca }), 18)
    assert.equal(await ping({ ca }, { min: 6, max: 11 }), 11)
  })

  it('knows the relay by TLS where it shows its own certificate, at any version', async () => {
    assert.equal(await ping({ url: own() }), 18)
    assert.equal(await ping({ url: own() }, { min: 6, max: 6 }), 6)
  })

  it('refuses versions that leave blocks to the TLS of others', async () => {
    for (const options of [{ ca }, { ca, behindProxy: true, url: behind() }])
      await expectHandshakeError(ping(options, { min: 6, max: 10 }), 'version')
  })

  it('refuses a certificate that is neither the relay’s nor valid on the web', async () => {
    await expectHandshakeError(ping(true), 'identity')
    const url = `wss://127.0.0.1:${portOf(ingress)}/`
    await expectHandshakeError(ping({ ca, url, behindProxy: true }), 'identity')
  })

  it('accepts somebody in between only if told to', async () => {
    await expectHandshakeError(ping({ ca, url: behind() }), 'session')
    assert.equal(await ping({ ca, url: behind(), behindProxy: true }), 18)
    assert.equal(await ping({ url: `ws://127.0.0.1:${relay.webPort('ws')}/` }), 18)
  })

  it('refuses a relay of another identity', async () => {
    const address = { ...local(), keyHash: makeIdentity().keyHash }
    for (const webSocket of [{ ca }, { url: `ws://127.0.0.1:${relay.webPort('ws')}/` }])
      await expectHandshakeError(connectSmp({ address, webSocket }), 'identity')
  })

  it('says that there is no WebSocket', async () => {
    const silent = await listening(createServer((socket) => socket.destroy()))
    const url = `ws://127.0.0.1:${portOf(silent)}/`
    await expectHandshakeError(ping({ url }), 'unreachable')
    await expectHandshakeError(connectWeb({ address: local(), url }), 'unreachable')
    silent.close()
  })

  it('works as in a page, with nothing of Node', async () => {
    const url = `ws://127.0.0.1:${relay.webPort('ws')}/`
    const connection = await connectWeb({ address: local(), url })
    assert.equal(connection.options.crypto.name, 'noble')
    assert.deepEqual(await connection.request({ tag: 'PING' }), { tag: 'PONG' })
    connection.close()
    const wrong = { ...local(), keyHash: makeIdentity().keyHash }
    await expectHandshakeError(connectWeb({ address: wrong, url }), 'identity')
    const versions = { min: 6, max: 10 }
    await expectHandshakeError(connectWeb({ address: local(), url, versions }), 'version')
  })

  it('gives up when told to', async () => {
    const silent = await listening(createServer((socket) => socket.resume()))
    const url = `ws://127.0.0.1:${portOf(silent)}/`
    for (const open of [
      (signal: AbortSignal) => connectSmp({ address: local(), webSocket: { url }, signal }),
      (signal: AbortSignal) => connectWeb({ address: local(), url, signal }),
    ]) {
      const controller = new AbortController()
      const aborted = failure(open(controller.signal))
      await once(silent, 'connection')
      controller.abort('enough')
      assert.equal(await aborted, 'enough')
      assert.equal(await failure(open(controller.signal)), 'enough')
    }
    silent.close()
  })
})

describe('a server that', () => {
  let server: WebSocketServer
  let url: string
  before(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    await once(server, 'listening')
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  after(() => server.close())

  const verifyChain = () => assert.fail('no chain is looked at')
  const kinds = [
    ['Node', () => connectNodeWebSocket({ url, keyHash: new Uint8Array(32), verifyChain })],
    ['a page', () => connectWebSocket({ url })],
  ] as const

  const connected = async (open: (typeof kinds)[number][1]) => {
    const accepted = once(server, 'connection')
    const transport = await open()
    const [socket] = (await accepted) as [WebSocket]
    return { transport, socket, blocks: transport.blocks as AsyncQueue<Uint8Array> }
  }

  for (const [name, open] of kinds) {
    for (const wrong of ['text', new Uint8Array(BLOCK_BYTES - 1), new Uint8Array(BLOCK_BYTES + 1)])
      it(`sends ${wrong.length} bytes that are no block ends the connection of ${name}`, async () => {
        const { socket, blocks } = await connected(open)
        const closed = once(socket, 'close')
        socket.send(new Uint8Array(BLOCK_BYTES))
        socket.send(wrong)
        await next(blocks)
        const error = await failure(next(blocks))
        assert.ok(error instanceof Error && error.name === 'ConnectionClosed')
        await closed
      })

    it(`closes is told apart from one that goes away, by ${name}`, async () => {
      const orderly = await connected(open)
      orderly.socket.close(1000)
      assert.equal((await orderly.blocks.next()).done, true)
      const broken = await connected(open)
      broken.socket.terminate()
      assert.match(String(await failure(broken.blocks.next())), /closed \(1006\)/)
    })
  }

  it('sends faster than Node takes is not read from', async () => {
    const { socket, blocks, transport } = await connected(kinds[0][1])
    const count = 2_000
    for (let i = 0; i < count; i++) socket.send(new Uint8Array(BLOCK_BYTES).fill(i))
    await until(() => blocks.size >= 64)
    let largest = 0
    for (let i = 0; i < count; i++) {
      largest = Math.max(largest, blocks.size)
      assert.equal((await next(blocks))[0], i % 256)
    }
    assert.ok(largest < 80, `${largest} blocks waited`)
    transport.close()
  })

  it('sends faster than a page takes loses the connection', async () => {
    const { socket, blocks } = await connected(kinds[1][1])
    for (let i = 0; i < 1_100; i++) socket.send(new Uint8Array(BLOCK_BYTES))
    await once(socket, 'close')
    for (let i = 0; i < 1_025; i++) await next(blocks)
    const error = await failure(next(blocks))
    assert.ok(error instanceof Error && 'reason' in error)
    assert.equal(error.reason, 'overflow')
  })
})
