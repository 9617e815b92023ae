/** Floods from one address, and clients at another one that notice nothing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/redis/until.ts'
import { dhKey, NEW, SEND, signingKey, unsigned } from '../support/wire.ts'
import {
  connectFrom,
  converse,
  counting,
  dialFrom,
  proxyHeader6,
  triesFrom,
} from '../support/wire-limits.ts'
import { closed, TlsRelay } from '../support/wire-tls.ts'
import { WebSocketEnd } from '../support/wire-web-socket.ts'

const bad = { localAddress: '127.0.0.2' }
const good = { localAddress: '127.0.0.3' }

/** The most that a bucket can have given since then, with what is promised to those who wait. */
const mostOf = (perSecond: number, burst: number, startedAt: number): number =>
  burst + perSecond * ((performance.now() - startedAt) / 1000 + 5)

describe('a flood', { timeout: 120_000 }, () => {
  test('of connections is closed without a byte', async () => {
    await using relay = await TlsRelay.start({ limitConnectionRatePerAddress: '5/s:20' })
    const startedAt = performance.now()
    const flood = Array.from({ length: 300 }, () => dialFrom(relay, bad))
    for (let i = 0; i < 10; i++) {
      const client = await connectFrom(relay, good)
      await converse(client)
      client.leaves()
    }
    const sockets = await Promise.all(flood)
    const received = sockets.map(counting)
    const most = Math.floor(mostOf(5, 20, startedAt))
    const refused = Promise.withResolvers<void>()
    let ended = 0
    for (const socket of sockets)
      void closed(socket).then(() => {
        ended += 1
        if (ended === sockets.length - most) refused.resolve()
      })
    await refused.promise
    assert.ok(received.every((count) => count() === 0))
    for (const socket of sockets) socket.destroy()
  })

  test('of SENDs holds up nobody else, and stores what the rate allows', async () => {
    const [perSecond, burst] = [10, 50]
    await using relay = await TlsRelay.start({
      limitSendRatePerAddress: `${perSecond}/s:${burst}`,
      queueQuota: '100000',
    })
    const owner = await connectFrom(relay, { localAddress: '127.0.0.4' })
    const q = await owner.creates()
    const startedAt = performance.now()
    const flooders = await Promise.all(Array.from({ length: 4 }, () => connectFrom(relay, bad)))
    for (const flooder of flooders)
      for (let i = 0; i < 400; i++) flooder.says([unsigned, `${i}`, q.sid, SEND('spam')])
    const client = await connectFrom(relay, good)
    for (let i = 0; i < 30; i++) await converse(client)
    owner.says([q.key, 'que', q.rid, 'QUE'])
    const [, , info] = await owner.next()
    const { qiSize } = JSON.parse(info.slice('INFO '.length))
    assert.ok(qiSize >= 1 && qiSize <= mostOf(perSecond, burst, startedAt), `${qiSize}`)
    for (const one of flooders) one.leaves()
  })

  test('of NEWs holds up nobody else', async () => {
    await using relay = await TlsRelay.start({ limitNewRatePerAddress: '1/s:40' })
    const startedAt = performance.now()
    const flooder = await connectFrom(relay, bad)
    for (let i = 0; i < 400; i++) {
      const key = signingKey()
      const command = NEW({ authKey: key.publicKey, dhKey: dhKey().publicKey })
      flooder.says([key, `${i}`, '', command])
    }
    const client = await connectFrom(relay, good)
    for (let i = 0; i < 30; i++) await converse(client)
    const made = flooder.takeAll().filter(([, , reply]) => reply.startsWith('IDS ')).length
    assert.ok(made >= 1 && made <= mostOf(1, 40, startedAt), `${made}`)
    flooder.leaves()
  })

  test('is no flood where the network is exempt', async () => {
    await using relay = await TlsRelay.start({
      limitExempt: '127.0.0.2',
      limitConnectionRatePerAddress: '1/h',
      limitSendRatePerAddress: '1/h',
    })
    for (let i = 0; i < 5; i++) await converse(await connectFrom(relay, bad))
    await converse(await connectFrom(relay, good))
    assert.equal(await triesFrom(relay, good), undefined)
  })
})

describe('limits by address', { timeout: 60_000 }, () => {
  const given = { proxyProtocolFrom: '127.0.0.0/8', limitConnectionsPerAddress: '2' }
  const behind = (address: string) => ({ localAddress: '127.0.0.2', header: proxyHeader6(address) })

  test('see the client behind a load balancer, and a /64 as one', async () => {
    await using relay = await TlsRelay.start(given)
    const one = '20010db800010002'
    const hosts = ['0000000000000001', 'ffff000000000002', '00000000000000ff']
    const clients = []
    for (const host of hosts) clients.push(await triesFrom(relay, behind(`${one}${host}`)))
    assert.deepEqual(
      clients.map((client) => client !== undefined),
      [true, true, false],
    )
    const other = await triesFrom(relay, behind(`20010db800010003${hosts[0]}`))
    assert.ok(other)
    await converse(other)
    // whoever leaves makes room
    clients[0]?.leaves()
    const again = behind(`${one}${hosts[2]}`)
    await until('there is room', async () => (await triesFrom(relay, again)) !== undefined)
  })

  test('see IPv4 in both of its forms as one', async () => {
    await using relay = await TlsRelay.start(given)
    const mapped = behind('00000000000000000000ffffc0000201')
    const v4 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc00002010a000001d4311467', 'hex')
    assert.ok(await triesFrom(relay, mapped))
    assert.ok(await triesFrom(relay, { localAddress: '127.0.0.2', header: v4 }))
    assert.equal(await triesFrom(relay, mapped), undefined)
  })

  test('see the client that an ingress names', async () => {
    await using relay = await TlsRelay.start({ wsPorts: '0', limitConnectionsPerAddress: '1' })
    const open = (address: string) =>
      WebSocketEnd.open(`ws://localhost:${relay.webPort('ws')}/`, {
        headers: { 'x-forwarded-for': `192.0.2.200, ${address}` },
      })
    const first = await open('192.0.2.1')
    await assert.rejects(open('192.0.2.1'), /429/)
    const second = await open('192.0.2.2')
    first.leave()
    const isOpen = (end: WebSocketEnd): boolean => {
      end.leave()
      return true
    }
    await until('there is room', () => open('192.0.2.1').then(isOpen))
    second.leave()
  })

  test('do not concern the load balancer’s own connections', async () => {
    await using relay = await TlsRelay.start(given)
    const local = { localAddress: '127.0.0.2', header: Buffer.from('PROXY UNKNOWN\r\n') }
    for (let i = 0; i < 5; i++) assert.ok(await triesFrom(relay, local))
  })
})
