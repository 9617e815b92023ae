/** Other relays by way of a SOCKS5 server, such as the Tor daemon. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectSmp } from '../../src/client/connect.ts'
import { openProxySession } from '../../src/client/proxy-session.ts'
import { refusal } from '../../src/protocol/reply.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { startDns } from '../support/dns-server.ts'
import { type SocksOptions, type SocksServer, startSocks } from '../support/socks-server.ts'
import { PRXY, randomText, unsigned } from '../support/wire.ts'
import { identity } from '../support/wire-hello.ts'
import { TlsRelay } from '../support/wire-tls.ts'

const onion = `${'abcdefgh234567'.repeat(4)}.onion`
const NETWORK = 'ERR PROXY BROKER NETWORK'
const HOST = 'ERR PROXY BROKER HOST'

type Hosts = readonly [string, ...string[]]

/** A destination, and a relay that reaches it by SOCKS; `ask` gives the answer to PRXY. */
const scene = async (
  options: Partial<SocksOptions> = {},
  given: (socks: SocksServer) => Readonly<Record<string, string>> = () => ({}),
) => {
  const destination = await startTestRelay()
  const { port = 0, keyHash } = destination.address
  const socks = await startSocks({ route: () => port, ...options })
  const dns = await startDns(() => ['127.0.0.1'])
  const relay = await TlsRelay.start({
    socksProxy: `127.0.0.1:${socks.port}`,
    proxyDns: dns.address,
    proxyRetrySeconds: '0',
    ...given(socks),
  })
  const client = await relay.connect()
  const ask = async (hosts: Hosts, toPort = '443'): Promise<string> => {
    const request = PRXY({ hosts, port: toPort, keyHash })
    client.says([unsigned, randomText(24), '', request])
    const reply = (await client.next())[2]
    return reply.startsWith('PKEY ') ? 'PKEY' : reply
  }
  return {
    ...{ socks, dns, relay, ask, port, keyHash },
    async [Symbol.asyncDispose]() {
      await relay.close()
      await socks[Symbol.asyncDispose]()
      await dns[Symbol.asyncDispose]()
      await destination[Symbol.asyncDispose]()
    },
  }
}

describe('through SOCKS', () => {
  test('go .onion hosts, whose names only the SOCKS server resolves', async () => {
    await using all = await scene()
    assert.equal(await all.ask([onion]), 'PKEY')
    assert.deepEqual(all.socks.asked, [`name ${onion}:443`])
    assert.equal(all.dns.asked.length, 0)
    // others do not: this name stands for a loopback address
    assert.equal(await all.ask(['relay.example']), NETWORK)
    assert.equal(all.socks.asked.length, 1)
    assert.ok(all.dns.asked.includes('relay.example A'))
  })

  test('go all hosts where that is set, and nobody asks DNS', async () => {
    await using all = await scene({}, () => ({ socksMode: 'always' }))
    assert.equal(await all.ask(['relay.example'], ''), 'PKEY')
    assert.equal(await all.ask([onion]), 'PKEY')
    assert.equal(await all.ask(['8.8.8.8']), 'PKEY')
    assert.equal(await all.ask(['2a00:1450::8a']), 'PKEY')
    assert.deepEqual(all.socks.asked, [
      'name relay.example:5223',
      `name ${onion}:443`,
      'ipv4 8.8.8.8:443',
      'ipv6 2a00145000000000000000000000008a:443',
    ])
    assert.deepEqual(all.dns.asked, [])
  })

  test('go no private addresses, and no names that could be one', async () => {
    await using all = await scene({}, () => ({ socksMode: 'always' }))
    for (const host of [
      '127.0.0.1',
      '10.0.0.1',
      '::1',
      'localhost',
      'a.localhost.',
      '127.1',
      '0x7f.1',
    ])
      assert.equal(await all.ask([host]), HOST)
    assert.deepEqual(all.socks.asked, [])
  })

  test('goes the host of the kind that is set', async () => {
    await using usual = await scene()
    assert.equal(await usual.ask([onion, 'relay.example']), NETWORK)
    await using preferring = await scene({}, () => ({ proxyHostMode: 'onion' }))
    assert.equal(await preferring.ask(['relay.example', onion]), 'PKEY')
    await using strict = await scene({}, () => ({ proxyHostRequired: 'on' }))
    assert.equal(await strict.ask([onion]), HOST)
  })

  test('commands are forwarded as on any other way', async () => {
    await using all = await scene()
    await using sender = await connectSmp({
      address: {
        keyHash: identity.keyHash,
        hosts: ['127.0.0.1'],
        port: all.relay.port,
      },
    })
    const session = await openProxySession(sender, { keyHash: all.keyHash, hosts: [onion] })
    const body = new Uint8Array(16_048)
    const send = { tag: 'SEND', notification: false, body } as const
    const answers = Array.from({ length: 20 }, () =>
      session.exchange(send, { entityId: 'q'.repeat(24) }),
    )
    for (const answer of answers) assert.deepEqual(await answer, refusal({ code: 'AUTH' }))
  })
})

describe('a SOCKS server', () => {
  test('may ask for a password', async () => {
    const login = { user: 'sluice', password: 'p@ss:word' }
    const as = (text: string) => (socks: SocksServer) => ({
      socksProxy: `${text}127.0.0.1:${socks.port}`,
    })
    await using right = await scene(
      { user: 'sluice', password: 'p4ss:word' },
      as('sluice:p4ss:word@'),
    )
    assert.equal(await right.ask([onion]), 'PKEY')
    await using wrong = await scene(login, as('sluice:other@'))
    assert.equal(await wrong.ask([onion]), NETWORK)
    await using none = await scene(login)
    assert.equal(await none.ask([onion]), NETWORK)
  })

  test('may say where it is bound, in any form', async () => {
    for (const bound of [
      Buffer.from([1, 1, 2, 3, 4, 5, 6]),
      Buffer.from([4, ...new Uint8Array(18)]),
      Buffer.from([3, 3, 97, 98, 99, 1, 2]),
      Buffer.from([3, 0, 1, 2]),
    ]) {
      await using all = await scene({ bound })
      assert.equal(await all.ask([onion]), 'PKEY')
    }
  })

  test('that refuses, or speaks something else', async () => {
    const route = (): undefined => undefined
    const cases: Partial<SocksOptions>[] = [
      { route },
      { method: Buffer.from([5, 0xff]) },
      { method: Buffer.from([4, 0]) },
      { method: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
      { method: Buffer.from([5]), route },
      { reply: Buffer.from([5, 1, 0, 1]), route },
      { reply: Buffer.from([5, 0, 0, 3, 255]), route },
    ]
    for (const options of cases) {
      await using all = await scene(options, () => ({ proxyConnectSeconds: '1' }))
      assert.equal(await all.ask([onion]), NETWORK)
    }
    await using nowhere = await scene({}, () => ({ socksProxy: '127.0.0.1:1' }))
    assert.equal(await nowhere.ask([onion]), NETWORK)
  })
})
