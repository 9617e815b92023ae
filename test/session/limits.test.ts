/** What a session hears when it asks for more than it may. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LimitNumbers } from '../../src/limits/numbers.ts'
import { MESSAGE_BYTES } from '../../src/limits/stored-bytes.ts'
import { latin1Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { LimitsUnderTest } from '../support/limits-under-test.ts'
import {
  dhKey,
  type Heard,
  type Line,
  NEW,
  randomText,
  SEND,
  signingKey,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { envelopeOf } from '../support/wire-forward.ts'
import { WireRelay } from '../support/wire-relay.ts'

const once = { perSecond: 1, burst: 1 }

const start = (numbers: Partial<LimitNumbers>) => {
  const under = new LimitsUnderTest(numbers)
  const relay = new WireRelay({ limits: under.limits })
  return { under, relay, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const newLine = (corrId: string, { subscribe = false } = {}): Line => {
  const key = signingKey()
  const text = NEW({ authKey: key.publicKey, dhKey: dhKey().publicKey, subscribe })
  return [key, corrId, '', text]
}

const sends = (sid: string, count: number): readonly Line[] =>
  Array.from({ length: count }, (_, i): Line => [unsigned, `${i}`, sid, SEND(`message ${i}`)])

const repliesOf = async (client: WireClient, count: number): Promise<readonly string[]> => {
  const replies: string[] = []
  for (let i = 0; i < count; i++) {
    const [, , reply] = await client.next()
    replies.push(reply.startsWith('IDS') ? 'IDS' : reply)
  }
  return replies
}

/** The answer that another relay passes on to its client. */
const forwards = async (relay: WireClient, line: Line): Promise<Heard | undefined> => {
  const corrId = randomText(24)
  const envelope = envelopeOf(relay.session, { corrId }, line)
  relay.says([unsigned, corrId, '', `RFWD ${latin1Text(envelope.content)}`])
  const [, , reply] = await relay.next()
  assert.equal(reply.slice(0, 5), 'RRES ')
  return envelope.read(latin1Bytes(reply.slice(5)))[0]
}

describe('SEND', () => {
  test('over the rate waits, and what would wait too long gets QUOTA', async () => {
    await using at = start({ limitSendRatePerAddress: once })
    const client = await at.relay.connect()
    const q = await client.creates()
    client.says(...sends(q.sid, 9))
    const replies = await repliesOf(client, 9)
    assert.deepEqual(replies, [...Array(6).fill('OK'), ...Array(3).fill('ERR QUOTA')])
    assert.deepEqual(at.under.waits, [5000])
    const { refusals } = at.under.limits.statistics
    assert.equal(refusals.sendRatePerAddress, 3)
    // what was accepted is there, in its order, and nothing else
    client.says([q.key, 'sub', q.rid, 'SUB'])
    await client.hears(['sub', q.rid, 'SOK 0'])
    for (let i = 0; i < 6; i++) {
      await client.hears([i === 0 ? '' : 'ack', q.rid, `MSG F message ${i}`])
      client.says([q.key, 'ack', q.rid, q.ack(`message ${i}`)])
    }
    await client.hears(['ack', q.rid, 'OK'])
  })

  test('holds up its own connection only', async () => {
    const held = Promise.withResolvers<void>()
    const under = new LimitsUnderTest({ limitSendRate: once }, { delay: () => held.promise })
    await using relay = new WireRelay({ limits: under.limits })
    const [fast, other] = [await relay.connect(), await relay.connect()]
    const q = await other.creates()
    fast.says(...sends(q.sid, 2))
    fast.says([unsigned, 'ping', '', 'PING'])
    await other.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    await fast.hearsNothing()
    held.resolve()
    await fast.hears(['0', q.sid, 'OK'])
    await fast.hears(['1', q.sid, 'OK'])
    await fast.hears(['ping', '', 'PONG'])
  })

  test('is not verified while it waits: a flood of bad signatures costs as little', async () => {
    await using at = start({ limitSendRate: { perSecond: 1, burst: 1 } })
    const client = await at.relay.connect()
    const q = await client.creates()
    client.says(...Array.from({ length: 8 }, (): Line => [signingKey(), 's', q.sid, SEND('no')]))
    const replies = await repliesOf(client, 8)
    assert.deepEqual(replies, [...Array(6).fill('ERR AUTH'), 'ERR QUOTA', 'ERR QUOTA'])
  })

  test('gets QUOTA when the cluster holds as much as it may; recipients go on', async () => {
    await using at = start({ limitStoredBytes: 2 * MESSAGE_BYTES })
    const client = await at.relay.connect()
    const q = await client.creates({ subscribe: true })
    const refresh = async () => {
      at.under.messages = (await at.relay.store.count()).messages
      for (let i = 0; i < 5; i++) await at.under.limits.tick()
    }
    await refresh()
    client.says(...sends(q.sid, 3))
    const heard = await repliesOf(client, 4)
    assert.deepEqual(heard.filter((reply) => reply === 'ERR QUOTA').length, 1)
    client.says([unsigned, 'gone', 'nobody', SEND('x')])
    await client.hears(['gone', 'nobody', 'ERR AUTH'])
    client.says([q.key, 'ack', q.rid, q.ack('message 0')])
    await client.hears(['ack', q.rid, 'MSG F message 1'])
    await refresh()
    await client.asks([unsigned, 'again', q.sid, SEND('again')], 'OK')
    assert.equal(at.under.limits.statistics.refusals.storedBytes, 1)
  })

  test('that a relay forwards counts for the relay, and its refusal is for the sender', async () => {
    await using at = start({ limitSendRatePerAddress: once })
    const client = await at.relay.connect()
    const q = await client.creates()
    const other = await at.relay.connect({ proxyServer: true })
    assert.deepEqual(await forwards(other, [unsigned, 'f1', q.sid, SEND('1')]), ['f1', q.sid, 'OK'])
    assert.deepEqual(await forwards(other, [unsigned, 'f2', q.sid, SEND('2')]), ['f2', q.sid, 'OK'])
    assert.deepEqual(at.under.waits, [1000])
    const session = at.under.limits.session('192.0.2.1')
    while (Number.isFinite(session.reserve('SEND')));
    session.close()
    const refused = await forwards(other, [unsigned, 'f3', q.sid, SEND('3')])
    assert.deepEqual(refused, ['f3', q.sid, 'ERR QUOTA'])
    // what else senders ask for is not held up by it
    const link = await forwards(other, [unsigned, 'f4', 'nobody', 'LGET'])
    assert.deepEqual(link, ['f4', 'nobody', 'ERR AUTH'])
    assert.equal(at.under.waits.length, 2)
  })
})

describe('NEW', () => {
  test('over the rate waits, and what would wait too long gets QUOTA', async () => {
    await using at = start({ limitNewRatePerAddress: once })
    const client = await at.relay.connect()
    client.says(...Array.from({ length: 8 }, (_, i) => newLine(`${i}`)))
    const replies = await repliesOf(client, 8)
    assert.deepEqual(replies, [...Array(6).fill('IDS'), 'ERR QUOTA', 'ERR QUOTA'])
    assert.equal((await at.relay.store.count()).queues, 6)
  })

  test('is for so many queues on one connection', async () => {
    await using at = start({ limitQueuesPerConnection: 3 })
    const client = await at.relay.connect()
    client.says(...Array.from({ length: 5 }, (_, i) => newLine(`${i}`)))
    assert.deepEqual(await repliesOf(client, 5), ['IDS', 'IDS', 'IDS', 'ERR QUOTA', 'ERR QUOTA'])
    const other = await at.relay.connect()
    await other.creates()
    assert.equal(at.under.limits.statistics.refusals.queuesPerConnection, 2)
  })
})

describe('subscriptions of one connection', () => {
  test('are limited, by SUB, GET, NSUB and NEW together; again for one is no more', async () => {
    await using at = start({ limitSubscriptionsPerConnection: 3 })
    const owner = await at.relay.connect()
    const queues = []
    for (let i = 0; i < 5; i++) queues.push(await owner.creates({ notifierKey: signingKey() }))
    const [a, b, c, d, e] = queues
    assert.ok(a && b && c && d && e?.notifier)
    const client = await at.relay.connect()
    client.says([a.key, '1', a.rid, 'SUB'], [b.key, '2', b.rid, 'SUB'], [a.key, '3', a.rid, 'SUB'])
    assert.deepEqual(await repliesOf(client, 3), ['SOK 0', 'SOK 0', 'SOK 0'])
    const subs = [c, d, a].map((q, i): Line => [q.key, `${i}`, q.rid, 'SUB'])
    client.says(...subs)
    assert.deepEqual(await repliesOf(client, 3), ['SOK 0', 'ERR QUOTA', 'SOK 0'])
    client.says([d.key, 'get', d.rid, 'GET'], newLine('new', { subscribe: true }), newLine('more'))
    assert.deepEqual(await repliesOf(client, 3), ['ERR QUOTA', 'ERR QUOTA', 'IDS'])
    assert.equal(at.under.limits.statistics.refusals.subscriptionsPerConnection, 3)
    client.says([c.key, 'del', c.rid, 'DEL'])
    assert.deepEqual(await repliesOf(client, 1), ['OK'])
    await client.asks([d.key, 'sub', d.rid, 'SUB'], 'SOK 0')
  })

  test('of notifiers are as many', async () => {
    await using at = start({ limitSubscriptionsPerConnection: 2 })
    const owner = await at.relay.connect()
    const key = signingKey()
    const ids: string[] = []
    for (let i = 0; i < 3; i++) {
      const { notifier } = await owner.creates({ notifierKey: key })
      assert.ok(notifier)
      ids.push(notifier.nid)
    }
    const client = await at.relay.connect()
    client.says(...ids.map((id, i): Line => [key, `${i}`, id, 'NSUB']))
    assert.deepEqual(await repliesOf(client, 3), ['SOK 0', 'SOK 0', 'ERR QUOTA'])
    client.says(...ids.map((id, i): Line => [key, `${i}`, id, 'NSUB']))
    assert.deepEqual(await repliesOf(client, 3), ['SOK 0', 'SOK 0', 'ERR QUOTA'])
  })
})
