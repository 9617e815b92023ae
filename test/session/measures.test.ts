/** What sessions count while they are held up, and when they end. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Measures } from '../../src/measures/measures.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { turn } from '../support/clock.ts'
import { type Line, SEND, signingKey, unknownId, unsigned } from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

const scene = () => {
  const measures = new Measures()
  const held = new HeldStore()
  return { measures: measures.session, held, relay: new WireRelay({ measures, held }) }
}

describe('a session counts', () => {
  test('itself as paused while its client takes nothing, and no longer', async () => {
    const { measures, relay } = scene()
    await using _ = relay
    const client = await relay.connect()
    client.connection.stall()
    for (let block = 0; block < 20; block++) {
      client.says([unsigned, 'ping', '', 'PING'])
      await turn()
    }
    assert.deepEqual(measures.paused, { output: 1, work: 0 })
    client.connection.resume()
    await client.hears(...Array.from({ length: 20 }, () => ['ping', '', 'PONG'] as const))
    assert.deepEqual(measures.paused, { output: 0, work: 0 })
    assert.deepEqual([measures.blocksReceived, measures.blocksSent], [20, 20])
  })

  test('its blocks in work, and itself as paused while they may be no more', async () => {
    const { measures, held, relay } = scene()
    await using _ = relay
    const client = await relay.connect()
    const key = signingKey()
    const queue = await client.creates({ key })
    const gate = held.hold('subscribe')
    for (let block = 0; block < 20; block++) client.says([key, `${block}`, queue.rid, 'SUB'])
    for (let turns = 0; turns < 20; turns++) await turn()
    // 16 answers with a message each fill the window
    assert.equal(measures.blocksInWork, 16)
    assert.deepEqual(measures.paused, { output: 0, work: 1 })
    gate.release()
    await client.hears(
      ...Array.from({ length: 20 }, (_, block) => [`${block}`, queue.rid, 'SOK 0'] as const),
    )
    assert.equal(measures.blocksInWork, 0)
    assert.deepEqual(measures.paused, { output: 0, work: 0 })
    assert.equal(measures.commands.find('SUB')?.outcomes.get('ok'), 20)
    assert.equal(measures.commands.find('SUB')?.seconds.count, 20)
  })

  test('commands without an answer, and those that cannot be read', async () => {
    const { measures, held, relay } = scene()
    await using _ = relay
    const client = await relay.connect()
    client.saysContent(new Uint8Array([1, 0, 0]))
    await client.hears(['', '', 'ERR BLOCK'])
    client.says([unsigned, 'what', '', 'WHAT'])
    await client.hears(['what', '', 'ERR CMD UNKNOWN'])
    const unreadable = measures.commands.find('unreadable')
    assert.deepEqual(
      [...(unreadable?.outcomes ?? [])],
      [
        ['block', 1],
        ['cmd', 1],
      ],
    )
    held.answerSome('loadQueues', () => {
      throw new StoreUnavailable('gone')
    })
    client.says([unsigned, 'send', unknownId(), SEND('x')])
    while (client.connection.fate === 'open') await turn()
    assert.deepEqual(relay.faults.splice(0), ['load'])
    assert.deepEqual([...(measures.commands.find('SEND')?.outcomes ?? [])], [['unanswered', 1]])
  })

  test('the queues and notifiers that it is subscribed to, until it ends', async () => {
    const { measures, relay } = scene()
    await using _ = relay
    const { queues, notifiers, delivered } = measures.subscriptions
    const [client, other] = [await relay.connect(), await relay.connect()]
    const nKey = signingKey()
    const [a, b] = [
      await client.creates({ subscribe: true, notifierKey: nKey }),
      await client.creates({ subscribe: true }),
    ]
    await other.asks([nKey, 'nsub', a.notifier?.nid ?? '', 'NSUB'], 'SOK 0')
    await other.asks([unsigned, 'send', a.sid, SEND('hello')], 'OK')
    await client.hears(['', a.rid, 'MSG F hello'])
    assert.deepEqual([queues.total, queues.holders], [2, 1])
    assert.deepEqual([notifiers.total, notifiers.holders], [1, 1])
    assert.deepEqual([delivered.total, delivered.holders], [1, 1])
    await client.asks([b.key, 'del', b.rid, 'DEL'], 'OK')
    assert.deepEqual([queues.total, queues.holders], [1, 1])
    // taken over: the message is the other's now
    other.says([a.key, 'sub', a.rid, 'SUB'])
    await other.hears(['sub', a.rid, 'SOK 0'], ['', a.rid, 'MSG F hello'])
    await client.hears(['', a.rid, 'END'])
    assert.deepEqual([queues.total, queues.holders], [1, 1])
    assert.deepEqual([delivered.total, delivered.holders], [1, 1])
    assert.deepEqual(measures.endings, { sent: 1, batches: 1 })
    other.leaves()
    await relay.disconnectAll()
    for (const shares of [queues, notifiers, delivered])
      assert.deepEqual([shares.total, shares.holders], [0, 0])
  })

  test('what it holds once, however often that is asked for or fails', async () => {
    const { measures, held, relay } = scene()
    await using _ = relay
    const { queues, delivered, acknowledgementSeconds } = measures.subscriptions
    const client = await relay.connect()
    const q = await client.creates()
    await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    for (const corrId of ['one', 'two']) {
      client.says([q.key, corrId, q.rid, 'SUB'])
      await client.hears([corrId, q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
      assert.deepEqual([queues.total, delivered.total], [1, 1])
    }
    assert.equal(measures.deliveredBy.get('sub'), 2)
    held.answer('acknowledge', { outcome: 'stale' })
    client.says([q.key, 'ack', q.rid, q.ack('hello')])
    await client.hears(['ack', q.rid, 'ERR INTERNAL'])
    assert.deepEqual(relay.faults.splice(0), ['ACK'])
    assert.equal(measures.staleRecords, 1)
    assert.deepEqual([delivered.total, acknowledgementSeconds.count], [1, 0])
  })

  test('what its client asks for again', async () => {
    const { measures, relay } = scene()
    await using _ = relay
    const { repeated } = measures.subscriptions
    const [client, reader] = [await relay.connect(), await relay.connect()]
    const nKey = signingKey()
    const q = await client.creates({ notifierKey: nKey })
    await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    const nsub: Line = [nKey, 'nsub', q.notifier?.nid ?? '', 'NSUB']
    const sub: Line = [q.key, 'sub', q.rid, 'SUB']
    await client.asks(nsub, 'SOK 0')
    await reader.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
    client.says(sub)
    await client.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
    assert.deepEqual(repeated, { sub: 0, nsub: 0, get: 0 })
    await client.asks(nsub, 'SOK 0')
    await reader.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
    client.says(sub)
    await client.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
    assert.deepEqual(repeated, { sub: 1, nsub: 1, get: 1 })
    await reader.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
    await reader.asks([q.key, 'get', q.rid, 'GET'], 'OK')
    assert.equal(repeated.get, 1)
  })

  test('since when what it has delivered waits, until it ends', async () => {
    const { measures, held, relay } = scene()
    await using _ = relay
    const ages = () => measures.subscriptions.deliveredAges.counts(performance.now(), [3600])
    const [client, reader] = [await relay.connect(), await relay.connect()]
    const [a, b] = [await client.creates({ subscribe: true }), await client.creates()]
    await client.asks([unsigned, 'send', b.sid, SEND('hello')], 'OK')
    client.says([unsigned, 'send', a.sid, SEND('hello')])
    await client.hearsAll(['send', a.sid, 'OK'], ['', a.rid, 'MSG F hello'])
    for (const count of [2, 2]) {
      await reader.asks([b.key, 'get', b.rid, 'GET'], 'MSG F hello')
      assert.deepEqual(ages(), [count, 0])
    }
    held.answer('acknowledge', { outcome: 'stale' })
    await client.asks([a.key, 'ack', a.rid, a.ack('hello')], 'ERR INTERNAL')
    assert.deepEqual(relay.faults.splice(0), ['ACK'])
    assert.deepEqual(ages(), [2, 0])
    await client.asks([a.key, 'del', a.rid, 'DEL'], 'OK')
    assert.deepEqual(ages(), [1, 0])
    reader.leaves()
    await relay.disconnectAll()
    assert.deepEqual(ages(), [0, 0])
    assert.equal(measures.subscriptions.deliveredAges.oldest(performance.now()), 0)
  })

  test('blocks of several commands by the first', async () => {
    const { measures, relay } = scene()
    await using _ = relay
    const client = await relay.connect()
    const key = signingKey()
    const queues = [await client.creates({ key }), await client.creates({ key })]
    client.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    await client.hears(...queues.map(({ rid }, index) => [`${index}`, rid, 'SOK 0'] as const))
    await client.asks([key, 'one', queues[0]?.rid ?? '', 'SUB'], 'SOK 0')
    assert.equal(measures.batches.get('SUB'), 1)
  })
})
