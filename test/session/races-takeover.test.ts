/** Subscriptions that move, end and fail while others are under way. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { recordOf } from '../store/cluster.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

const scene = async () => {
  const store = new HeldStore()
  const relay = new WireRelay({ held: store })
  const [a, b] = [await relay.connect(), await relay.connect()]
  const nKey = signingKey()
  const q = await a.creates({ notifierKey: nKey })
  const nid = q.notifier?.nid ?? ''
  return {
    ...{ relay, store, a, b, q, nKey, nid },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

describe('END and the answer to SUB', () => {
  test('a queue is handed over when SUB is answered', async () => {
    await using at = await scene()
    const { a, b, q } = at
    for (const client of [a, b, a, b]) {
      await client.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
      await client.asks([unsigned, 'send', '', 'PING'], 'PONG')
      const other = client === a ? b : a
      for (const [, , reply] of other.takeAll()) assert.equal(reply, 'END')
      client.says([unsigned, 'send', q.sid, SEND('hello')])
      await client.hears(['', q.rid, 'MSG F hello'], ['send', q.sid, 'OK'])
      await client.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
      await other.hearsNothing()
    }
  })

  test('END never comes before the answer to the SUB that it ends', async () => {
    await using at = await scene()
    const { a, b, q, store } = at
    // the answers of a block wait for its slowest command
    const slow = await a.creates()
    const gate = store.hold('describeQueue')
    a.says([q.key, 'sub', q.rid, 'SUB'], [slow.key, 'que', slow.rid, 'QUE'])
    await gate.holds()
    await b.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    await a.hearsNothing()
    gate.release()
    const heard = [await a.next(), await a.next(), await a.next()].map(([, , reply]) => reply)
    assert.deepEqual(
      heard.map((reply) => reply.split(' ')[0]),
      ['SOK', 'INFO', 'END'],
    )
    await a.asks([q.key, 'sub2', q.rid, 'SUB'], 'SOK 0')
    await b.hears(['', q.rid, 'END'])
  })

  test('END of a notifier never comes before the answer to NSUB', async () => {
    await using at = await scene()
    const { a, b, q, nKey, nid, store } = at
    const gate = store.hold('describeQueue')
    a.says([nKey, 'nsub', nid, 'NSUB'], [q.key, 'que', q.rid, 'QUE'])
    await gate.holds()
    await b.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
    await a.hearsNothing()
    gate.release()
    const heard = [await a.next(), await a.next(), await a.next()].map(([, , reply]) => reply)
    assert.deepEqual(
      heard.map((reply) => reply.split(' ')[0]),
      ['SOK', 'INFO', 'END'],
    )
  })

  test('news of an earlier SUB end nothing once a later one took the queue back', async () => {
    await using at = await scene()
    const { a, b, q, store } = at
    await a.asks([q.key, 'sub1', q.rid, 'SUB'], 'SOK 0')
    const gate = store.hold('subscribe')
    a.says([q.key, 'sub2', q.rid, 'SUB'])
    await gate.holds()
    b.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds(2)
    // B's reaches the store first
    gate.releaseLast()
    await b.hears(['sub', q.rid, 'SOK 0'])
    await a.hearsNothing()
    gate.release()
    await a.hears(['sub2', q.rid, 'SOK 0'])
    await b.hears(['', q.rid, 'END'])
    await a.hearsNothing()
    a.says([unsigned, 'send', q.sid, SEND('hello')])
    await a.hears(['', q.rid, 'MSG F hello'], ['send', q.sid, 'OK'])
  })

  test('END comes when the SUB that should take the queue back fails', async () => {
    await using at = await scene()
    const { relay, a, b, q, store } = at
    await a.asks([q.key, 'sub1', q.rid, 'SUB'], 'SOK 0')
    const gate = store.hold('subscribe')
    a.says([q.key, 'sub2', q.rid, 'SUB'])
    await gate.holds()
    b.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds(2)
    gate.releaseLast()
    await b.hears(['sub', q.rid, 'SOK 0'])
    gate.fail()
    await a.hearsAll(['sub2', q.rid, 'ERR INTERNAL'], ['', q.rid, 'END'])
    assert.deepEqual(relay.faults.splice(0), ['SUB'])
  })

  test('END comes when the NSUB that should take the notifier back fails', async () => {
    await using at = await scene()
    const { relay, a, b, nKey, nid, store } = at
    await a.asks([nKey, 'nsub1', nid, 'NSUB'], 'SOK 0')
    const gate = store.hold('subscribeNotifiers')
    a.says([nKey, 'nsub2', nid, 'NSUB'])
    await gate.holds()
    b.says([nKey, 'nsub', nid, 'NSUB'])
    await gate.holds(2)
    gate.releaseLast()
    await b.hears(['nsub', nid, 'SOK 0'])
    gate.fail()
    await a.hearsAll(['nsub2', nid, 'ERR INTERNAL'], ['', nid, 'END'])
    assert.deepEqual(relay.faults.splice(0), ['NSUB'])
  })
})

describe('DELD', () => {
  test('comes when the queue goes while a second SUB is under way', async () => {
    await using at = await scene()
    const { a, b, q, store } = at
    await a.asks([q.key, 'sub1', q.rid, 'SUB'], 'SOK 0')
    const gate = store.hold('subscribe')
    a.says([q.key, 'sub2', q.rid, 'SUB'])
    await gate.holds()
    await b.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
    gate.release()
    await a.hearsAll(['sub2', q.rid, 'ERR AUTH'], ['', q.rid, 'DELD'])
  })

  test('comes when nobody knows which SUB the store has', async () => {
    await using at = await scene()
    const { relay, a, b, q, store } = at
    await a.asks([q.key, 'sub1', q.rid, 'SUB'], 'SOK 0')
    const gate = store.hold('subscribe', 'after')
    a.says([q.key, 'sub2', q.rid, 'SUB'])
    await gate.holds()
    gate.fail()
    await a.hears(['sub2', q.rid, 'ERR INTERNAL'])
    assert.deepEqual(relay.faults.splice(0), ['SUB'])
    await b.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
    await a.hears(['', q.rid, 'DELD'])
  })

  test('comes when the notifier goes while a second NSUB is under way', async () => {
    await using at = await scene()
    const { a, b, q, nKey, nid, store } = at
    await a.asks([nKey, 'nsub1', nid, 'NSUB'], 'SOK 0')
    const gate = store.hold('subscribeNotifiers')
    a.says([nKey, 'nsub2', nid, 'NSUB'])
    await gate.holds()
    await b.asks([q.key, 'ndel', q.rid, 'NDEL'], 'OK')
    gate.release()
    await a.hearsAll(['nsub2', nid, 'ERR AUTH'], ['', nid, 'DELD'])
  })

  test('is not for the connection that deletes, whatever it holds', async () => {
    await using at = await scene()
    const { a, b, q, nKey, nid } = at
    await a.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    await a.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
    const replaced = await a.addsNotifier(q, nKey)
    await a.asks([nKey, 'nsub', replaced.nid, 'NSUB'], 'SOK 0')
    await a.asks([q.key, 'ndel', q.rid, 'NDEL'], 'OK')
    const last = await a.addsNotifier(q, nKey)
    await a.asks([nKey, 'nsub', last.nid, 'NSUB'], 'SOK 0')
    await a.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
    await a.hearsNothing()
    await b.hearsNothing()
  })

  test('of a queue and its notifier go to whoever holds each', async () => {
    await using at = await scene()
    const { relay, a, b, q, nKey, nid } = at
    const c = await relay.connect()
    await a.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    await b.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
    await c.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
    await a.hears(['', q.rid, 'DELD'])
    await b.hears(['', nid, 'DELD'])
    await c.hearsNothing()
  })
})

describe('a connection that closes gives up what it holds', () => {
  // in each case the relay checks at its end that the store is left without subscribers
  for (const point of ['before', 'after'] as const) {
    test(`SUB and NSUB, held ${point} the store`, async () => {
      await using at = await scene()
      const { relay, a, b, nKey, nid, store } = at
      const q = await b.creates()
      const gates = [store.hold('subscribe', point), store.hold('subscribeNotifiers', point)]
      a.says([q.key, 'sub', q.rid, 'SUB'], [nKey, 'nsub', nid, 'NSUB'])
      for (const gate of gates) await gate.holds()
      a.leaves()
      await a.hearsNothing()
      for (const gate of gates) gate.release()
      await relay.disconnectAll()
    })

    test(`NEW, held ${point} the store`, async () => {
      await using at = await scene()
      const { relay, b, store } = at
      const gate = store.hold('createQueue', point)
      const creating = b.creates({ subscribe: true })
      await gate.holds()
      b.leaves()
      gate.release()
      await assert.rejects(creating, assert.AssertionError)
      await relay.disconnectAll()
      // nobody will be told of this queue when a message comes
      const { senderId, recipientId } = relay.lastCreated
      const { store: inner } = relay
      const record = recordOf((await inner.loadQueues('sender', [senderId]))[0])
      assert.equal(record?.recipientId, recipientId)
      assert.deepEqual(await inner.fetchHeads([recipientId], { connection: 1 }), [
        { outcome: 'lost' },
      ])
      await relay.expectNoSubscriber(recipientId)
    })

    test(`a SUB that waits for another command, held ${point} the store`, async () => {
      await using at = await scene()
      const { relay, a, q, store } = at
      const gate = store.hold('describeQueue', point)
      a.says([q.key, 'que', q.rid, 'QUE'], [q.key, 'sub', q.rid, 'SUB'])
      a.says([q.key, 'sub', q.rid, 'SUB'])
      await gate.holds()
      a.leaves()
      await a.hearsNothing()
      gate.release()
      await relay.disconnectAll()
    })
  }

  test('a release that fails is a fault, and no more', async () => {
    await using at = await scene()
    const { relay, a, b, q, store } = at
    await a.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    store.break('release')
    a.leaves()
    await a.hearsNothing()
    assert.deepEqual(relay.faults.splice(0), ['release'])
    store.mend('release')
    await b.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
  })
})
