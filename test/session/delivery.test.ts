/** Who gets a message, when, and what ACK, GET and QUE say about it (protocol.md 6.2, 8.2, 8.4). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turn } from '../support/clock.ts'
import { ACK, SEND, signingKey, unknownId, unsigned } from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'

const scene = async (options: ConstructorParameters<typeof WireRelay>[0] = {}) => {
  const relay = new WireRelay(options)
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates({ subscribe: true })
  const sends = (body: string): Promise<void> => s.asks([unsigned, 'send', q.sid, SEND(body)], 'OK')
  return { relay, r, s, q, sends, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

describe('a subscriber', () => {
  test('has one unacknowledged message of each queue', async () => {
    await using at = await scene()
    const { r, s, q } = at
    const p = await r.creates({ subscribe: true })
    for (const body of ['one', 'two', 'three'])
      for (const { sid } of [q, p]) await s.asks([unsigned, 'send', sid, SEND(body)], 'OK')
    await r.hears(['', q.rid, 'MSG F one'], ['', p.rid, 'MSG F one'])
    await r.hearsNothing()
    await r.table(
      [q.key, 'ack', q.rid, q.ack('one'), 'MSG F two'],
      [q.key, 'ack', q.rid, q.ack('two'), 'MSG F three'],
      [q.key, 'ack', q.rid, q.ack('three'), 'OK'],
      [p.key, 'ack', p.rid, p.ack('one'), 'MSG F two'],
    )
  })

  test('gets the unacknowledged one again with each SUB, and the mark goes with it', async () => {
    await using at = await scene()
    const { r, q } = at
    await at.sends('one')
    await at.sends('two')
    await r.hears(['', q.rid, 'MSG F one'])
    const first = q.idOf('one')
    for (let count = 0; count < 3; count++) {
      r.says([q.key, 'sub', q.rid, 'SUB'])
      await r.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F one'])
      assert.equal(q.idOf('one'), first)
    }
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG F two')
  })

  test('that was taken over has nothing to acknowledge', async () => {
    await using at = await scene()
    const { relay, r, q } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const other = await relay.connect()
    other.says([q.key, 'sub', q.rid, 'SUB'])
    await r.hears(['', q.rid, 'END'])
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'ERR NO_MSG')
    await other.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F one'])
    await other.asks([q.key, 'ack', q.rid, q.ack('one')], 'OK')
  })

  test('that was taken over may GET', async () => {
    await using at = await scene()
    const { relay, r, q } = at
    const other = await relay.connect()
    await other.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    await r.hears(['', q.rid, 'END'])
    await r.table(
      [q.key, 'get', q.rid, 'GET', 'OK'],
      [q.key, 'sub', q.rid, 'SUB', 'ERR CMD PROHIBITED'],
    )
    await at.sends('one')
    await other.hears(['', q.rid, 'MSG F one'])
    await r.hearsNothing()
  })

  test('holds the queue by its key, not by its connection', async () => {
    await using at = await scene()
    const { relay, r, q } = at
    const other = await relay.connect()
    await other.asks([signingKey(), 'sub', q.rid, 'SUB'], 'ERR AUTH')
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    await other.hearsNothing()
  })

  test('is also who created the queue with S, and not who created it with C', async () => {
    await using at = await scene()
    const { r, s } = at
    const silent = await r.creates({ subscribe: false })
    await s.asks([unsigned, 'send', silent.sid, SEND('one')], 'OK')
    await r.hearsNothing()
    await r.asks([silent.key, 'ack', silent.rid, ACK(unknownId())], 'ERR NO_MSG')
  })
})

describe('a connection counts as subscribed', () => {
  const isSubscribed = (relay: WireRelay): boolean =>
    [...relay.hub.listeners].some(({ hasSubscriptions }) => hasSubscriptions)
  const endings: readonly (readonly [
    string,
    (at: Awaited<ReturnType<typeof scene>>) => unknown,
  ])[] = [
    ['its own DEL', ({ r, q }) => r.asks([q.key, 'del', q.rid, 'DEL'], 'OK')],
    ['a DEL of another', ({ s, q }) => s.asks([q.key, 'del', q.rid, 'DEL'], 'OK')],
    ['a take-over', ({ s, q }) => s.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')],
  ]
  for (const [name, end] of endings)
    test(`until ${name}`, async () => {
      await using at = await scene()
      const { relay, r } = at
      assert.equal(isSubscribed(relay), true)
      await end(at)
      await turn()
      const [recipient] = relay.hub.listeners
      assert.equal(recipient?.hasSubscriptions, false)
      r.takeAll()
    })

  test('by NSUB too, until NDEL; and not by GET, nor by a SUB that was refused', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const nKey = signingKey()
    const q = await client.creates({ notifierKey: nKey })
    await client.asks([q.key, 'get', q.rid, 'GET'], 'OK')
    await client.asks([q.key, 'sub', q.rid, 'SUB'], 'ERR CMD PROHIBITED')
    await client.asks([nKey, 'sub', q.rid, 'SUB'], 'ERR AUTH')
    assert.equal(isSubscribed(relay), false)
    await client.asks([nKey, 'nsub', q.notifier?.nid ?? '', 'NSUB'], 'SOK 0')
    assert.equal(isSubscribed(relay), true)
    await client.asks([q.key, 'ndel', q.rid, 'NDEL'], 'OK')
    assert.equal(isSubscribed(relay), false)
  })
})

describe('ACK', () => {
  test('with an empty id removes nothing, and gives the same message again', async () => {
    await using at = await scene()
    const { r, q } = at
    await at.sends('one')
    await at.sends('two')
    await r.hears(['', q.rid, 'MSG F one'])
    await r.table(
      [q.key, 'ack', q.rid, ACK(''), 'MSG F one'],
      [q.key, 'ack', q.rid, ACK(''), 'MSG F one'],
      [q.key, 'ack', q.rid, q.ack('one'), 'MSG F two'],
      [q.key, 'ack', q.rid, q.ack('two'), 'OK'],
      [q.key, 'ack', q.rid, ACK(''), 'ERR NO_MSG'],
    )
  })

  test('with an empty id of a getter removes nothing', async () => {
    await using at = await scene()
    const { relay, q } = at
    const getter = await relay.connect()
    await at.sends('one')
    await getter.table(
      [q.key, 'ack', q.rid, ACK(''), 'ERR NO_MSG'],
      [q.key, 'get', q.rid, 'GET', 'MSG F one'],
      [q.key, 'ack', q.rid, ACK(''), 'OK'],
      [q.key, 'ack', q.rid, ACK(''), 'ERR NO_MSG'],
      [q.key, 'get', q.rid, 'GET', 'MSG F one'],
    )
  })

  test('of a message that expired meanwhile gives the next one', async () => {
    await using at = await scene({ messageTtlSeconds: 60, expiryIntervalSeconds: 1 })
    const { relay, r, q } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    relay.clock.advance(62)
    await at.sends('two')
    // until its ACK the expired one counts as delivered
    await r.hearsNothing()
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG F two')
    await r.asks([q.key, 'ack', q.rid, q.ack('two')], 'OK')
  })
})

describe('QUE', () => {
  const info = (json: object): string => `INFO ${JSON.stringify(json)}`
  const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

  test('tells of this connection only', async () => {
    await using at = await scene()
    const { relay, r, q } = at
    const [getter, other] = [await relay.connect(), await relay.connect()]
    const common = { qiSnd: false, qiNtf: false }
    const msgTs = new Date(relay.clock.now()).toISOString().replace('.000Z', 'Z')
    await r.asks(
      [q.key, 'que', q.rid, 'QUE'],
      info({ ...common, qiSub: { qSubThread: 'noSub' }, qiSize: 0 }),
    )
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const qDelivered = base64(q.idOf('one'))
    const qiMsg = { msgId: qDelivered, msgTs, msgType: 'message' }
    const rest = { qiSize: 1, qiMsg }
    await r.asks(
      [q.key, 'que', q.rid, 'QUE'],
      info({ ...common, qiSub: { qSubThread: 'noSub', qDelivered }, ...rest }),
    )
    await other.asks([q.key, 'que', q.rid, 'QUE'], info({ ...common, ...rest }))
    await getter.table(
      [q.key, 'get', q.rid, 'GET', 'MSG F one'],
      [
        ...([q.key, 'que', q.rid, 'QUE'] as const),
        info({ ...common, qiSub: { qSubThread: 'prohibitSub', qDelivered }, ...rest }),
      ],
    )
  })

  test('counts the quota marker', async () => {
    await using at = await scene({ queueQuota: 1 })
    const { r, s, q } = at
    await at.sends('one')
    await s.asks([unsigned, 'send', q.sid, SEND('two')], 'ERR QUOTA')
    await r.hears(['', q.rid, 'MSG F one'])
    r.says([q.key, 'que', q.rid, 'QUE'])
    const [, , reply] = await r.next()
    assert.match(reply, /"qiSize":2,.*"msgType":"message"/)
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG QUOTA')
    r.says([q.key, 'que', q.rid, 'QUE'])
    const [, , last] = await r.next()
    assert.match(last, /"qiSize":1,.*"msgType":"quota"/)
  })
})

describe('the quota', () => {
  test('opens again only when the queue is empty; the marker never expires', async () => {
    const limits = { queueQuota: 2, messageTtlSeconds: 60, expiryIntervalSeconds: 1 }
    await using at = await scene(limits)
    const { relay, r, s, q } = at
    await at.sends('one')
    await at.sends('two')
    await r.hears(['', q.rid, 'MSG F one'])
    for (let count = 0; count < 3; count++)
      await s.asks([unsigned, 'send', q.sid, SEND('three')], 'ERR QUOTA')
    relay.clock.advance(1000)
    // both messages are gone, the marker is not
    await s.asks([unsigned, 'send', q.sid, SEND('three')], 'ERR QUOTA')
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG QUOTA')
    await r.asks([q.key, 'ack', q.rid, q.ack('QUOTA')], 'OK')
    await at.sends('three')
    await r.hears(['', q.rid, 'MSG F three'])
  })

  test('is told to the recipient with the time of the refused message', async () => {
    await using at = await scene({ queueQuota: 1 })
    const { relay, r, s, q } = at
    await at.sends('one')
    relay.clock.advance(5)
    await s.asks([unsigned, 'send', q.sid, SEND('two')], 'ERR QUOTA')
    relay.clock.advance(5)
    await r.hears(['', q.rid, 'MSG F one'])
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'MSG QUOTA')
    assert.equal(q.heard('QUOTA').timestamp - q.heard('one').timestamp, 5)
  })

  test('of one queue is nothing to another', async () => {
    await using at = await scene({ queueQuota: 1 })
    const { r, s, q } = at
    const p = await r.creates()
    await at.sends('one')
    await s.table(
      [unsigned, 'send', q.sid, SEND('two'), 'ERR QUOTA'],
      [unsigned, 'send', p.sid, SEND('two'), 'OK'],
    )
  })
})

describe('messages', () => {
  test('carry the second of their SEND and their flag', async () => {
    await using at = await scene()
    const { relay, r, s, q } = at
    relay.clock.advance(17)
    await s.asks([unsigned, 'send', q.sid, SEND('one', 'T')], 'OK')
    await r.hears(['', q.rid, 'MSG T one'])
    assert.equal(q.heard('one').timestamp, relay.clock.seconds)
  })

  test('of one body have ids of their own', async () => {
    await using at = await scene()
    const { r, q } = at
    await at.sends('same')
    await r.hears(['', q.rid, 'MSG F same'])
    const first = q.idOf('same')
    await at.sends('same')
    await r.asks([q.key, 'ack', q.rid, q.ack('same')], 'MSG F same')
    assert.notEqual(q.idOf('same'), first)
    assert.equal(first.length, 24)
  })

  test('are kept in their order, whoever sends', async () => {
    await using at = await scene()
    const { relay, r, s, q } = at
    const other = await relay.connect({ version: 9 })
    const bodies = Array.from({ length: 20 }, (_, index) => `${index}`)
    for (const [index, body] of bodies.entries())
      await (index % 2 ? s : other).asks([unsigned, 'send', q.sid, SEND(body)], 'OK')
    await r.hears(['', q.rid, 'MSG F 0'])
    for (const [index, body] of bodies.entries()) {
      const next = bodies[index + 1]
      await r.asks([q.key, 'ack', q.rid, q.ack(body)], next === undefined ? 'OK' : `MSG F ${next}`)
    }
  })
})
