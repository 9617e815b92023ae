/** SMP, page and WebSocket on one TLS port, with and without load balancers before it. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { type RequestOptions, request } from 'node:https'
import { describe, test } from 'node:test'
import { type ConnectionOptions, TLSSocket } from 'node:tls'
import { makeWebCertificate, type WebKeyKind } from '../support/web-certificate.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { sayHello, takeServerHello } from '../support/wire-hello.ts'
import { closed, TlsRelay } from '../support/wire-tls.ts'
import { WebSocketEnd } from '../support/wire-web-socket.ts'

interface Answer {
  readonly status: number | undefined
  readonly issuer: string | undefined
}

/** A GET as a browser sends it. */
const get = (port: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options: RequestOptions & Pick<ConnectionOptions, 'ALPNProtocols'> = {
      ...{ port, host: '127.0.0.1', servername: 'localhost', path: '/nowhere' },
      ...{ ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, agent: false },
    }
    const asked = request(options, (answer) => {
      const { socket } = answer
      assert.ok(socket instanceof TLSSocket)
      const issuer = new X509Certificate(socket.getPeerCertificate().raw).issuer
      answer.resume().on('close', () => socket.destroy())
      resolve({ status: answer.statusCode, issuer })
    })
    asked.on('error', reject).end()
  })

describe('one port', { timeout: 30_000 }, () => {
  for (const kind of ['RSA', 'ECDSA', 'Ed25519'] as const satisfies readonly WebKeyKind[])
    test(`serves SMP, pages and WebSockets at once, with an ${kind} certificate`, async () => {
      await using relay = await TlsRelay.start({}, { webCertificate: makeWebCertificate(kind) })
      const smp = await relay.connect()
      const web = await sayHello(
        await WebSocketEnd.open(`wss://localhost:${relay.port}/`),
        relay.directory,
      )
      const q = await web.creates({ subscribe: true })
      const pages = Promise.all(Array.from({ length: 5 }, () => get(relay.port)))
      await smp.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
      await web.hears(['', q.rid, 'MSG F hello'])
      for (const { status, issuer } of await pages)
        assert.deepEqual([status, issuer], [404, 'CN=localhost'])
      for (const client of [smp, web]) client.leaves()
      await relay.holds(0)
    })

  test('tells SMP clients by what they offer', async () => {
    await using relay = await TlsRelay.start({}, { webCertificate: makeWebCertificate() })
    const cases = [
      { ALPNProtocols: ['smp/1'] },
      { ALPNProtocols: ['smp/1'], servername: 'localhost' },
      { ALPNProtocols: ['http/1.1'] },
      { ALPNProtocols: [] },
      { ALPNProtocols: ['smp/1'], maxVersion: 'TLSv1.2' },
    ] as const
    for (const options of cases) {
      const connection = await relay.dialSmp({
        ...options,
        ALPNProtocols: [...options.ALPNProtocols],
      })
      const { versions } = await takeServerHello(connection)
      assert.equal(versions.max, options.ALPNProtocols.length > 0 ? 18 : 6)
      connection.leave()
    }
    await relay.holds(0)
  })

  test('speaks SMP only without a certificate of the web, whatever a client names', async () => {
    await using relay = await TlsRelay.start({ wssPorts: '0' })
    const connection = await relay.dialSmp({ servername: 'localhost' })
    await takeServerHello(connection)
    connection.leave()
    await assert.rejects(get(relay.port))
    // there a program can still connect that knows the relay by its identity
    const end = await WebSocketEnd.open(`wss://localhost:${relay.webPort('wss')}/`)
    await takeServerHello(end)
    end.leave()
    await relay.holds(0)
  })

  test('shows a renewed certificate to new connections', async () => {
    await using relay = await TlsRelay.start({}, { webCertificate: makeWebCertificate('RSA') })
    const before = await sayHello(
      await WebSocketEnd.open(`wss://localhost:${relay.port}/`),
      relay.directory,
    )
    relay.renewWebCertificate(makeWebCertificate('ECDSA', 'renewed'))
    assert.equal((await get(relay.port)).issuer, 'CN=renewed')
    await before.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    before.leaves()
    await relay.holds(0)
  })

  test('drops who says no whole ClientHello in time', async () => {
    await using relay = await TlsRelay.start(
      { handshakeTimeoutSeconds: '1' },
      { webCertificate: makeWebCertificate() },
    )
    for (const bytes of [[], [22, 3, 1, 1, 0, 1, 0], [0x47, 0x45, 0x54]]) {
      const socket = await relay.dial()
      socket.write(Uint8Array.from(bytes))
      await closed(socket)
    }
    const gone = await relay.dial()
    gone.end(Uint8Array.of(22, 3))
    await closed(gone)
    await relay.holds(0)
  })

  test('closes in every stage when the relay stops', async () => {
    const relay = await TlsRelay.start(
      { proxyProtocolFrom: '127.0.0.1' },
      { webCertificate: makeWebCertificate() },
    )
    const silent = await relay.dial()
    const named = await relay.dial()
    named.write('PROXY UNKNOWN\r\n')
    await relay.holds(2)
    await relay.close()
    await Promise.all([silent, named].map(closed))
    await relay.holds(0)
  })
})

describe('a PROXY header', { timeout: 30_000 }, () => {
  const v1 = 'PROXY TCP4 203.0.113.7 10.0.0.1 54321 5223\r\n'
  const v2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb0071070a000001d4311467', 'hex')
  const given = { proxyProtocolFrom: '127.0.0.0/8,::1', handshakeTimeoutSeconds: '1' }

  for (const [name, header] of [
    ['v1', v1],
    ['v2', v2],
  ] as const)
    for (const webCertificate of [undefined, makeWebCertificate()])
      test(`${name} from a balancer comes before TLS, ${webCertificate ? 'with' : 'without'} a web server`, async () => {
        await using relay = await TlsRelay.start(given, { webCertificate })
        const tcp = await relay.dial()
        tcp.write(header)
        const client = await sayHello(await relay.dialSmp({ socket: tcp }), relay.directory)
        await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
        client.leaves()
        await relay.holds(0)
      })

  test('is asked of balancers', async () => {
    await using relay = await TlsRelay.start(given)
    await assert.rejects(relay.dialTls())
    for (const bytes of ['', 'PROXY TCP4 203.0', 'PROXY TCP4 x y 1 2\r\n', 'GET / HTTP/1.1\r\n']) {
      const socket = await relay.dial()
      socket.write(bytes)
      await closed(socket)
    }
    await relay.holds(0)
  })

  test('is refused from anybody else', async () => {
    await using relay = await TlsRelay.start({ ...given, proxyProtocolFrom: '10.0.0.0/8' })
    for (const header of [v1, v2]) {
      const tcp = await relay.dial()
      tcp.write(header)
      await assert.rejects(relay.dialTls({ socket: tcp }))
    }
    const client = await relay.connect()
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    client.leaves()
    await relay.holds(0)
  })
})
