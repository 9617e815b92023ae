/** SMP over WebSocket on real sockets, on every kind of port that has it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'
import { SEND, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { type ConnectOptions, sayHello, takeServerHello } from '../support/wire-hello.ts'
import { closed, TlsRelay } from '../support/wire-tls.ts'
import { WebSocketEnd } from '../support/wire-web-socket.ts'

const MEGABYTE = 1024 * 1024
const ALLOWED = 'https://chat.example'

let relay: TlsRelay
before(async () => {
  relay = await TlsRelay.start(
    { wsPorts: '0', wssPorts: '0', wsOrigins: ALLOWED, handshakeTimeoutSeconds: '1' },
    { webCertificate: makeWebCertificate() },
  )
})
after(async () => {
  await relay.holds(0)
  await relay.close()
})

/** By name a client sends SNI, by address it cannot. */
const urls: Readonly<Record<string, () => string>> = {
  'the TLS port': () => `wss://localhost:${relay.port}/`,
  'a port of its own': () => `wss://localhost:${relay.webPort('wss')}/smp`,
  'a port of its own, without a server name': () => `wss://127.0.0.1:${relay.webPort('wss')}/`,
  'a port behind an ingress': () => `ws://127.0.0.1:${relay.webPort('ws')}/`,
}
const plain = (): string => `ws://127.0.0.1:${relay.webPort('ws')}/`

const connectTo = async (
  url: string,
  options: ConnectOptions = {},
): Promise<WireClient<WebSocketEnd>> => {
  const end = await WebSocketEnd.open(url)
  if (url.startsWith('ws:')) await end.learnSession()
  return sayHello(end, relay.directory, options)
}

/** What a plain HTTP connection is answered until it is closed. */
const answerTo = async (request: string): Promise<string> => {
  const socket = connect(relay.webPort('ws'), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(request)
  await closed(socket)
  return answer
}

const upgrade = (...changes: readonly (readonly [string, string])[]): string => {
  const headers = new Map([
    ['Host', 'relay'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ...changes,
  ])
  return ['GET / HTTP/1.1', ...[...headers].map((one) => one.join(': ')), '', ''].join('\r\n')
}

describe('a session', { timeout: 30_000 }, () => {
  for (const [name, url] of Object.entries(urls)) {
    test(`is served in every version on ${name}`, async () => {
      for (const version of [6, 7, 11, 18]) {
        const client = await connectTo(url(), { version })
        const q = await client.creates({ subscribe: true })
        client.says([unsigned, 'send', q.sid, SEND('hello')])
        await client.hears(['', q.rid, 'MSG F hello'], ['send', q.sid, 'OK'])
        client.leaves()
      }
      await relay.holds(0)
    })

    test(`has an id of its own on ${name}`, async () => {
      const ids = new Set<string>()
      for (let count = 0; count < 2; count++) {
        const end = await WebSocketEnd.open(url())
        const { sessionId, versions } = await takeServerHello(end)
        assert.deepEqual(versions, { min: 6, max: 18 })
        assert.ok([32, 48].includes(sessionId.length))
        if (url().startsWith('wss:'))
          assert.deepEqual(Buffer.from(sessionId), Buffer.from(end.binding.sessionId))
        ids.add(Buffer.from(sessionId).toString('hex'))
        end.leave()
      }
      assert.equal(ids.size, 2)
      await relay.holds(0)
    })
  }

  test('takes blocks in fragments, with pings in between', async () => {
    const client = await connectTo(plain())
    const { socket } = client.connection
    const send = client.connection.send.bind(client.connection)
    client.connection.send = (block) => {
      socket.send(block.subarray(0, 1), { fin: false, binary: true })
      socket.ping('between')
      socket.send(block.subarray(1, 9000), { fin: false })
      socket.send(block.subarray(9000, 9000), { fin: false })
      socket.send(block.subarray(9000), { fin: true })
    }
    const pong = once(socket, 'pong')
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    assert.equal(String((await pong)[0]), 'between')
    client.connection.send = send
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    client.leaves()
    await relay.holds(0)
  })

  test('agrees on no compression and no subprotocol', async () => {
    const end = await WebSocketEnd.open(plain(), { perMessageDeflate: true })
    assert.deepEqual([end.socket.extensions, end.socket.protocol], ['', ''])
    end.leave()
    const answer = answerTo(upgrade(['Sec-WebSocket-Protocol', 'smp']))
    assert.doesNotMatch(await answer, /Sec-WebSocket-(Protocol|Extensions)/i)
    await relay.holds(0)
  })
})

describe('anything but a block ends the connection', { timeout: 30_000 }, () => {
  const wrong: readonly (readonly [string, Uint8Array | string, number])[] = [
    ['text', 'hello', 1003],
    ['a block of text', 'x'.repeat(BLOCK_BYTES), 1003],
    ['an empty message', new Uint8Array(0), 1008],
    ['a byte too few', new Uint8Array(BLOCK_BYTES - 1), 1008],
    ['a byte too many', new Uint8Array(BLOCK_BYTES + 1), 1009],
    ['a megabyte', new Uint8Array(MEGABYTE), 1009],
  ]
  for (const [name, message, code] of wrong)
    test(name, async () => {
      const early = await WebSocketEnd.open(plain())
      early.socket.send(message)
      assert.equal(await early.closeCode(), code)
      const client = await connectTo(plain())
      await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
      client.connection.socket.send(message)
      assert.equal(await client.connection.closeCode(), code)
      await relay.holds(0)
    })

  const frames: readonly (readonly [string, readonly number[]])[] = [
    ['an unmasked frame', [0x82, 0]],
    ['a reserved opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['a compressed frame', [0xc2, 0x80, 0, 0, 0, 0]],
    ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0]],
    ['a long ping', [0x89, 0xfe, 0, 126, 0, 0, 0, 0]],
  ]
  for (const [name, bytes] of frames)
    test(name, async () => {
      const socket = connect(relay.webPort('ws'), '127.0.0.1')
      socket.write(upgrade())
      await once(socket, 'data')
      socket.write(Uint8Array.from(bytes))
      await closed(socket)
      await relay.holds(0)
    })

  test('a block of garbage', async () => {
    const end = await WebSocketEnd.open(plain())
    end.send(new Uint8Array(BLOCK_BYTES).fill(0xff))
    assert.equal(await end.closeCode(), 1000)
    await relay.holds(0)
  })
})

describe('a request', { timeout: 30_000 }, () => {
  test('of a page elsewhere is refused', async () => {
    assert.match(await answerTo(upgrade(['Origin', 'https://evil.example'])), /^HTTP\/1.1 403 /)
    assert.match(await answerTo(upgrade(['Origin', 'null'])), /^HTTP\/1.1 403 /)
    await assert.rejects(WebSocketEnd.open(plain(), { origin: 'https://evil.example' }), /403/)
    const end = await WebSocketEnd.open(plain(), { origin: ALLOWED })
    await takeServerHello(end)
    end.leave()
    await relay.holds(0)
  })

  const refused: readonly (readonly [string, string])[] = [
    ['of another version', upgrade(['Sec-WebSocket-Version', '12'])],
    ['without a key', upgrade(['Sec-WebSocket-Key', ''])],
    ['for another protocol', upgrade(['Upgrade', 'h2c'])],
  ]
  for (const [name, request] of refused)
    test(`${name} is refused`, async () => {
      assert.match(await answerTo(request), /^HTTP\/1.1 4\d\d /)
      await relay.holds(0)
    })

  const dropped: readonly (readonly [string, string])[] = [
    ['without an end', 'GET / HTTP/1.1\r\nHost: rel'],
    ['that never comes', ''],
    ['with too large a head', upgrade(['X', 'x'.repeat(9000)])],
    ['of garbage', 'smp\r\n\r\n'],
    ['without the hello that has to follow', upgrade()],
  ]
  for (const [name, request] of dropped)
    test(`${name} is dropped`, async () => {
      await answerTo(request)
      await relay.holds(0)
    })
})

describe('who does not read', { timeout: 30_000 }, () => {
  const pauseBoth = async (url: string): Promise<readonly [WireClient<WebSocketEnd>, Socket]> => {
    const client = await connectTo(url)
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    const { socket } = client.connection
    socket.pause()
    const below = Reflect.get(socket, '_socket') as Socket
    return [client, below]
  }

  for (const name of ['the TLS port', 'a port behind an ingress'])
    test(`is not read from on ${name}, and others are served`, async () => {
      const url = urls[name]?.() ?? ''
      const bystander = await connectTo(url)
      const [client, below] = await pauseBoth(url)
      const garbage = crypto.randomBytes(BLOCK_BYTES)
      for (let count = 0; count < 1024; count++) client.connection.send(garbage)
      for (let count = 0; count < 50; count++)
        await bystander.asks([unsigned, 'ping', '', 'PING'], 'PONG')
      assert.ok(below.writableLength > MEGABYTE, 'the relay does not read all of it')
      client.connection.socket.resume()
      for (let count = 0; count < 1024; count++) await client.hears(['', '', 'ERR BLOCK'])
      for (const one of [client, bystander]) one.leaves()
      await relay.holds(0)
    })

  test('is not answered more pings than it reads', async () => {
    const [client] = await pauseBoth(plain())
    for (let count = 0; count < 100_000; count++) client.connection.socket.ping('x'.repeat(100))
    const bystander = await connectTo(plain())
    await bystander.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    for (const one of [client, bystander]) one.leaves()
    await relay.holds(0)
  })
})

test('a relay that stops says goodbye', { timeout: 30_000 }, async () => {
  const own = await TlsRelay.start({ wsPorts: '0', drainSeconds: '10' })
  const end = await WebSocketEnd.open(`ws://127.0.0.1:${own.webPort('ws')}/`)
  const code = end.closeCode()
  await own.close()
  assert.equal(await code, 1000)
})
