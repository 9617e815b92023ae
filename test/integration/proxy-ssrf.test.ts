/** Clients that would have a relay knock at doors of its own network (server-side request forgery). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { makeIdentity } from '../client/support/identity.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { startDns } from '../support/dns-server.ts'
import { PRXY, randomText, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { type TlsConnection, TlsRelay } from '../support/wire-tls.ts'

const { keyHash } = makeIdentity()
const HOST = 'ERR PROXY BROKER HOST'
const NETWORK = 'ERR PROXY BROKER NETWORK'

type Hosts = readonly [string, ...string[]]

const asks = async (
  client: WireClient<TlsConnection>,
  hosts: Hosts,
  port: number,
  reply: string,
): Promise<void> =>
  client.asks([unsigned, randomText(24), '', PRXY({ hosts, port: String(port), keyHash })], reply)

/** A service of the operator's own network, on each of the addresses that exist here. */
const startVictim = async (host: string, port = 0) => {
  let knocks = 0
  const server = createServer((socket) => {
    knocks += 1
    socket.destroy()
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get knocks() {
      return knocks
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a client', () => {
  test('that names an address of this machine or its network', async () => {
    await using relay = await TlsRelay.start()
    await using victim = await startVictim('::')
    const client = await relay.connect()
    const hosts = [
      ...['127.0.0.1', '127.8.9.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1'],
      ...[
        '10.0.0.1',
        '172.20.0.1',
        '192.168.1.1',
        '100.64.0.1',
        '169.254.169.254',
        '100.100.100.200',
      ],
      ...[
        'fe80::1',
        'fd00:ec2::254',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        '224.0.0.1',
        '255.255.255.255',
      ],
    ]
    for (const host of hosts) await asks(client, [host], victim.port, HOST)
    await asks(client, ['127.0.0.1', '::1', '10.1.1.1'], victim.port, HOST)
    // words that some resolvers take for an address
    for (const host of ['localhost', '127.1', '0x7f000001', '2130706433', '017700000001'])
      await asks(client, [host], victim.port, NETWORK)
    assert.equal(victim.knocks, 0)
  })

  test('that owns a name, whose address it chooses', async () => {
    await using victim = await startVictim('::')
    const inside = ['127.0.0.1', '::1', '0.0.0.0', '::ffff:7f00:1', '10.0.0.1', 'fe80::1']
    const names = new Map(inside.map((address, at) => [`n${at}.evil.test`, [address]]))
    names.set('all.evil.test', inside)
    await using dns = await startDns((name) => names.get(name) ?? [])
    await using relay = await TlsRelay.start({ proxyDns: dns.address })
    const client = await relay.connect()
    // the same answer as for a name that does not exist: nobody learns the names of our network
    for (const name of [...names.keys(), 'nothing.evil.test'])
      await asks(client, [name], victim.port, NETWORK)
    assert.equal(victim.knocks, 0)
    assert.ok(dns.asked.includes('all.evil.test A'))
  })

  test('whose name has another address by the time of the connection', async () => {
    await using allowed = await startVictim('127.0.0.1')
    await using victim = await startVictim('127.0.0.2', allowed.port)
    let questions = 0
    await using dns = await startDns(() => {
      questions += 1
      return questions === 1 ? ['127.0.0.1'] : ['127.0.0.2']
    })
    await using relay = await TlsRelay.start({
      ...{ proxyDns: dns.address, proxyAllowPrivate: 'on', proxyRetrySeconds: '0' },
      proxyDeny: '127.0.0.2',
    })
    const client = await relay.connect()
    await asks(client, ['rebinding.test'], allowed.port, NETWORK)
    assert.deepEqual([allowed.knocks, victim.knocks], [1, 0])
    assert.deepEqual(dns.asked.sort(), ['rebinding.test A', 'rebinding.test AAAA'])
    for (let count = 0; count < 5; count++)
      await asks(client, ['rebinding.test'], allowed.port, NETWORK)
    assert.deepEqual([allowed.knocks, victim.knocks], [1, 0])
  })

  test('whose name has allowed addresses among others', async () => {
    await using allowed = await startVictim('127.0.0.3')
    await using victim = await startVictim('127.0.0.2', allowed.port)
    await using dns = await startDns(() => ['127.0.0.2', '127.0.0.3', '::1'])
    const deny = '127.0.0.2, ::/0'
    const settings = { proxyDns: dns.address, proxyAllowPrivate: 'on', proxyDeny: deny }
    await using relay = await TlsRelay.start(settings)
    await asks(await relay.connect(), ['mixed.test'], allowed.port, NETWORK)
    assert.deepEqual([allowed.knocks, victim.knocks], [1, 0])
  })

  test('whose name server is slow', async () => {
    await using dns = await startDns(() => undefined)
    await using relay = await TlsRelay.start({ proxyDns: dns.address, proxyConnectSeconds: '1' })
    await asks(await relay.connect(), ['slow.test'], 5223, NETWORK)
  })
})

describe('lists of destinations', () => {
  test('are obeyed', async () => {
    await using destination = await startTestRelay()
    const { hosts, port = 0, keyHash: hash } = destination.address
    await using dns = await startDns(() => ['127.0.0.1'])
    await using relay = await TlsRelay.start({
      ...{ proxyAllowPrivate: 'on', proxyDns: dns.address },
      ...{ proxyAllow: 'good.test,bad.test', proxyDeny: 'bad.test' },
    })
    const client = await relay.connect()
    await asks(client, hosts, port, HOST)
    await asks(client, ['x.bad.test'], port, HOST)
    await asks(client, ['other.test'], port, NETWORK)
    const request = PRXY({ hosts: ['x.good.test'], port: String(port), keyHash: hash })
    client.says([unsigned, 'c', '', request])
    assert.match((await client.next())[2], /^PKEY /)
  })
})
