/** Destinations that cannot be had, or are not what they should be (protocol.md, 9.1). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import type { RelayServer } from '../../src/protocol/command.ts'
import { encodeServerHello } from '../../src/protocol/handshake.ts'
import { pad } from '../../src/protocol/padding.ts'
import { makeIdentity, type TestIdentity } from '../client/support/identity.ts'
import type { ServerEnd } from '../client/support/memory-transport.ts'
import { honestHello } from '../client/support/scripted-server.ts'
import { listenTls } from '../client/support/tls-server.ts'
import { PRXY, randomText, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { identity as ownIdentity } from '../support/wire-hello.ts'
import { type TlsConnection, TlsRelay } from '../support/wire-tls.ts'

type Client = WireClient<TlsConnection>

const destination = makeIdentity()
const other = makeIdentity()
const open = { proxyAllowPrivate: 'on' }
const NETWORK = 'ERR PROXY BROKER NETWORK'
const VERSION = 'ERR PROXY BROKER TRANSPORT VERSION'
const BAD_AUTH = 'ERR PROXY BROKER TRANSPORT HANDSHAKE BAD_AUTH'

const serverAt = (port: number, identity = destination, host = '127.0.0.1'): RelayServer => ({
  hosts: [host],
  port: String(port),
  keyHash: identity.keyHash,
})

const asks = async (client: Client, server: RelayServer, reply: string): Promise<void> =>
  client.asks([unsigned, randomText(24), '', PRXY(server)], reply)

/** A TCP server that is no relay. */
const listenTcp = async (
  accept: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number }> => {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const freePort = async (): Promise<number> => {
  await using listener = await listenTcp(() => undefined)
  return listener.port
}

/** Says what it likes to each connection in turn. */
const withPeer = async (
  say: (end: ServerEnd) => void,
  run: (port: number) => Promise<void>,
  identity: TestIdentity = destination,
): Promise<void> => {
  await using listener = await listenTls(identity)
  const talking = (async () => {
    for await (const peer of listener.peers) say(peer)
  })()
  await run(listener.port)
  void talking
}

const says =
  (content: Uint8Array) =>
  (end: ServerEnd): void =>
    end.send(pad(content, 16_384))

describe('a destination', () => {
  test('that nobody listens at, or that is no relay', async () => {
    await using relay = await TlsRelay.start(open)
    const client = await relay.connect()
    await asks(client, serverAt(await freePort()), NETWORK)
    await using closing = await listenTcp((socket) => socket.destroy())
    await asks(client, serverAt(closing.port), NETWORK)
    await using web = await listenTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await asks(client, serverAt(web.port), NETWORK)
    await asks(client, serverAt(5223, destination, 'no-such-host.invalid'), NETWORK)
  })

  test('with the certificates of another', async () => {
    await using relay = await TlsRelay.start(open)
    const client = await relay.connect()
    {
      await using listener = await listenTls(other)
      await asks(client, serverAt(listener.port), NETWORK)
      const { value: peer } = await listener.peers.next()
      // it is left at once, and told nothing
      assert.ok((await peer?.received.next())?.done)
    }
    for (const keyHash of [new Uint8Array(0), new Uint8Array(31)])
      await withPeer(says(utf8Bytes('hello')), (port) =>
        asks(client, { ...serverAt(port), keyHash }, NETWORK),
      )
  })

  test('that does not finish its handshake', async () => {
    await using relay = await TlsRelay.start({ ...open, proxyConnectSeconds: '1' })
    const client = await relay.connect()
    // reads, so that it sees the end
    await using silent = await listenTcp((socket) => socket.resume())
    await asks(client, serverAt(silent.port), NETWORK)
    await withPeer(
      () => undefined,
      (port) => asks(client, serverAt(port), NETWORK),
    )
    await withPeer(
      (end) => end.close(),
      (port) => asks(client, serverAt(port), NETWORK),
    )
    await relay.holds(1)
  })

  test('whose hello is not as it should be', async () => {
    await using relay = await TlsRelay.start(open)
    const client = await relay.connect()
    const hello = async (change: (end: ServerEnd) => Uint8Array, reply: string): Promise<void> =>
      withPeer(
        (end) => says(change(end))(end),
        (port) => asks(client, serverAt(port), reply),
      )
    const honest = (end: ServerEnd, versions = { min: 6, max: 18 }) =>
      honestHello(end, { identity: destination, versions })
    await hello(() => utf8Bytes('hello'), 'ERR PROXY BROKER TRANSPORT HANDSHAKE PARSE')
    const ofAnother = { sessionId: crypto.randomBytes(32) }
    await hello(
      (end) => encodeServerHello({ ...honest(end), ...ofAnother }),
      'ERR PROXY BROKER TRANSPORT SESSION',
    )
    for (const versions of [
      { min: 6, max: 6 },
      { min: 6, max: 7 },
      { min: 19, max: 20 },
      { min: 18, max: 18 },
      { min: 11, max: 13 },
    ])
      await hello((end) => encodeServerHello(honest(end, versions)), VERSION)
    const stranger = honestHello
    await hello((end) => encodeServerHello(stranger(end, { identity: other })), BAD_AUTH)
    await hello((end) => {
      const { authentication = assert.fail(), ...rest } = honest(end)
      const { signedKey } = honestHello(end, { identity: other }).authentication ?? assert.fail()
      return encodeServerHello({ ...rest, authentication: { ...authentication, signedKey } })
    }, BAD_AUTH)
  })

  test('with versions of its own', async () => {
    await using relay = await TlsRelay.start(open)
    const client = await relay.connect()
    const ranges = [
      [{ min: 6, max: 18 }, [8, 17]],
      [{ min: 6, max: 8 }, [8, 8]],
      [{ min: 9, max: 15 }, [9, 15]],
      // it would encrypt blocks, not knowing that a relay connects
      [{ min: 6, max: 13 }, [8, 10]],
    ] as const
    for (const [versions, [min, max]] of ranges)
      await withPeer(
        (end) =>
          says(encodeServerHello(honestHello(end, { identity: destination, versions })))(end),
        async (port) => {
          client.says([unsigned, 'c', '', PRXY(serverAt(port))])
          const [, , reply] = await client.next()
          assert.ok(reply.startsWith('PKEY '), reply)
          const at = 'PKEY '.length + 33
          assert.equal(reply.slice(at, at + 4), String.fromCharCode(0, min, 0, max))
        },
      )
  })
})

describe('a failure', () => {
  test('is remembered for a while, for all clients', async () => {
    let connections = 0
    let now = Date.now()
    await using relay = await TlsRelay.start(
      { ...open, proxyRetrySeconds: '30' },
      { now: () => now },
    )
    await using closing = await listenTcp((socket) => {
      connections += 1
      socket.destroy()
    })
    const clients = [await relay.connect(), await relay.connect()]
    for (const client of [...clients, ...clients])
      await asks(client, serverAt(closing.port), NETWORK)
    assert.equal(connections, 1)
    now += 29_999
    for (const client of clients) await asks(client, serverAt(closing.port), NETWORK)
    assert.equal(connections, 1)
    now += 1
    for (const client of clients) await asks(client, serverAt(closing.port), NETWORK)
    assert.equal(connections, 2)
    // another server value is another destination
    await asks(clients[0] ?? assert.fail(), serverAt(closing.port, other), NETWORK)
    assert.equal(connections, 3)
  })

  test('answers 1,000 requests at once, of one attempt', async () => {
    let connections = 0
    await using relay = await TlsRelay.start(open)
    await using closing = await listenTcp((socket) => {
      connections += 1
      socket.destroy()
    })
    const client = await relay.connect()
    const request = PRXY(serverAt(closing.port))
    for (let count = 0; count < 1000; count++) client.says([unsigned, `${count}`, '', request])
    const heard = new Set<string>()
    for (let count = 0; count < 1000; count++) {
      const [corrId, , reply] = await client.next()
      assert.equal(reply, NETWORK)
      heard.add(corrId)
    }
    assert.equal(heard.size, 1000)
    assert.equal(connections, 1)
  })
})

describe('PRXY', () => {
  test('is for those with the password, where there is one', async () => {
    await using relay = await TlsRelay.start({ ...open, createPassword: 'secret' })
    const client = await relay.connect()
    const server = serverAt(relay.port, ownIdentity)
    for (const password of [undefined, 'wrong', 'secret!'])
      await client.asks([unsigned, 'p', '', PRXY(server, password)], 'ERR PROXY BASIC_AUTH')
    client.says([unsigned, 'q', '', PRXY(server, 'secret')])
    assert.match((await client.next())[2], /^PKEY /)
  })

  test('takes any password where there is none', async () => {
    await using relay = await TlsRelay.start(open)
    const client = await relay.connect()
    client.says([unsigned, 'q', '', PRXY(serverAt(relay.port, ownIdentity), 'any')])
    assert.match((await client.next())[2], /^PKEY /)
  })

  test('is refused, and PFWD with it, where nothing is forwarded', async () => {
    await using relay = await TlsRelay.start({ ...open, proxy: 'off' })
    const client = await relay.connect()
    const server = serverAt(relay.port, ownIdentity)
    await client.asks([unsigned, 'p', '', PRXY(server)], 'ERR PROXY BASIC_AUTH')
  })

  test('does not hold up what else is in its block', async () => {
    await using relay = await TlsRelay.start({ ...open, proxyConnectSeconds: '1' })
    await using silent = await listenTcp(() => undefined)
    const client = await relay.connect()
    client.says([unsigned, 'slow', '', PRXY(serverAt(silent.port))], [unsigned, 'ping', '', 'PING'])
    await client.hears(['ping', '', 'PONG'], ['slow', '', NETWORK])
  })
})
