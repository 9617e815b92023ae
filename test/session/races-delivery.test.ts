/** Messages that arrive while a command of their queue is under way: never stuck, never twice. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turn, withTimers } from '../support/clock.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

interface Scene extends AsyncDisposable {
  readonly relay: WireRelay
  readonly store: HeldStore
  readonly r: WireClient
  readonly s: WireClient
  readonly q: WireQueue
  sends(body: string): Promise<void>
}

/** A recipient, a sender, and a queue to which the recipient is subscribed. */
const scene = async (options: { readonly subscribe?: boolean } = {}): Promise<Scene> => {
  const store = new HeldStore()
  const relay = new WireRelay({ held: store })
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates({ subscribe: options.subscribe ?? true })
  return {
    relay,
    store,
    r,
    s,
    q,
    sends: (body) => s.asks([unsigned, 'send', q.sid, SEND(body)], 'OK'),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

describe('a message that arrives while', () => {
  test('an ACK has not reached the store: comes with its answer', async () => {
    await using at = await scene()
    const { r, q, store } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const gate = store.hold('acknowledge')
    r.says([q.key, 'ack', q.rid, q.ack('one')])
    await gate.holds()
    await at.sends('two')
    await r.hearsNothing()
    gate.release()
    await r.hears(['ack', q.rid, 'MSG F two'])
    await r.hearsNothing()
  })

  test('the answer to an ACK is on its way: is pushed after it', async () => {
    await using at = await scene()
    const { r, q, store } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const gate = store.hold('acknowledge', 'after')
    r.says([q.key, 'ack', q.rid, q.ack('one')])
    await gate.holds()
    await at.sends('two')
    await r.hearsNothing()
    gate.release()
    await r.hearsAll(['ack', q.rid, 'OK'], ['', q.rid, 'MSG F two'])
    await r.hearsNothing()
    await r.asks([q.key, 'ack2', q.rid, q.ack('two')], 'OK')
  })

  test('a SUB has not reached the store: comes with its answer', async () => {
    await using at = await scene({ subscribe: false })
    const { r, q, store } = at
    const gate = store.hold('subscribe')
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds()
    await at.sends('one')
    gate.release()
    await r.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F one'])
    await r.hearsNothing()
  })

  test('the answer to a SUB is on its way: is pushed after it', async () => {
    await using at = await scene({ subscribe: false })
    const { r, q, store } = at
    const gate = store.hold('subscribe', 'after')
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds()
    await at.sends('one')
    await r.hearsNothing()
    gate.release()
    await r.hearsAll(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F one'])
    await r.hearsNothing()
  })

  test('a second SUB of the subscriber is under way: comes once', async () => {
    for (const point of ['before', 'after'] as const) {
      await using at = await scene()
      const { r, q, store } = at
      const gate = store.hold('subscribe', point)
      r.says([q.key, 'sub', q.rid, 'SUB'])
      await gate.holds()
      await at.sends('one')
      gate.release()
      await r.hearsAll(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F one'])
      await r.hearsNothing()
    }
  })

  test('a second SUB of the subscriber fails: is pushed all the same', async () => {
    await using at = await scene()
    const { relay, r, q, store } = at
    const gate = store.hold('subscribe')
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds()
    await at.sends('one')
    gate.fail()
    await r.hearsAll(['sub', q.rid, 'ERR INTERNAL'], ['', q.rid, 'MSG F one'])
    await r.hearsNothing()
    assert.deepEqual(relay.faults.splice(0), ['SUB'])
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'OK')
    await at.sends('two')
    await r.hears(['', q.rid, 'MSG F two'])
  })

  test('nobody knows whether a second SUB was done: is pushed all the same', async () => {
    await using at = await scene()
    const { relay, r, q, store } = at
    const gate = store.hold('subscribe', 'after')
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await gate.holds()
    gate.fail()
    await r.hears(['sub', q.rid, 'ERR INTERNAL'])
    assert.deepEqual(relay.faults.splice(0), ['SUB'])
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    await r.hearsNothing()
  })

  test('a queue is being created: is pushed after IDS', async () => {
    await using at = await scene()
    const { r, s, store, relay } = at
    const gate = store.hold('createQueue', 'after')
    const creating = r.creates({ subscribe: true, key: signingKey() })
    await gate.holds()
    // its ids are known to nobody yet, so the store is asked
    const created = relay.lastCreated
    await s.asks([unsigned, 'send', created.senderId, SEND('early')], 'OK')
    gate.release()
    const q = await creating
    await r.hears(['', q.rid, 'MSG F early'])
    await r.asks([q.key, 'ack', q.rid, q.ack('early')], 'OK')
  })

  test('its head is fetched and a SUB is under way: comes once', async () => {
    for (const first of ['fetch', 'sub'] as const) {
      await using at = await scene()
      const { r, q, store } = at
      await at.sends('one')
      await r.hears(['', q.rid, 'MSG F one'])
      const ack = store.hold('acknowledge', 'after')
      r.says([q.key, 'ack', q.rid, q.ack('one')])
      await ack.holds()
      await at.sends('two')
      const fetch = store.hold('fetchHeads', 'after')
      ack.release()
      await r.hears(['ack', q.rid, 'OK'])
      await fetch.holds()
      const sub = store.hold('subscribe', 'after')
      r.says([q.key, 'sub', q.rid, 'SUB'])
      await sub.holds()
      const gates = first === 'fetch' ? [fetch, sub] : [sub, fetch]
      for (const gate of gates) {
        gate.release()
        await turn()
      }
      await r.hearsAll(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F two'])
      await r.hearsNothing()
      await r.asks([q.key, 'ack2', q.rid, q.ack('two')], 'OK')
    }
  })
})

describe('a fetch', () => {
  test('whose answer is older than a SUB and an ACK pushes nothing', async () => {
    await using at = await scene()
    const { r, q, store } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const ack = store.hold('acknowledge', 'after')
    r.says([q.key, 'ack', q.rid, q.ack('one')])
    await ack.holds()
    await at.sends('two')
    const fetch = store.hold('fetchHeads', 'after')
    ack.release()
    await r.hears(['ack', q.rid, 'OK'])
    await fetch.holds()
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await r.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F two'])
    await r.asks([q.key, 'ack', q.rid, q.ack('two')], 'OK')
    fetch.release()
    await r.hearsNothing()
    await at.sends('three')
    await r.hears(['', q.rid, 'MSG F three'])
  })

  /** A subscriber for whom 'two' must be fetched, which the store fails to. */
  const failing = async (at: Scene): Promise<void> => {
    const { r, q, store } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    const ack = store.hold('acknowledge', 'after')
    r.says([q.key, 'ack', q.rid, q.ack('one')])
    await ack.holds()
    await at.sends('two')
    store.break('fetchHeads')
    ack.release()
    await r.hears(['ack', q.rid, 'OK'])
    await r.hearsNothing()
    assert.deepEqual(at.relay.faults.splice(0), ['fetch'])
  }

  test('that failed is tried again', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { r, q, store } = at
      await failing(at)
      await advance(1000)
      assert.deepEqual(at.relay.faults.splice(0), ['fetch'])
      store.mend('fetchHeads')
      await advance(1000)
      await r.hears(['', q.rid, 'MSG F two'])
      await r.asks([q.key, 'ack2', q.rid, q.ack('two')], 'OK')
    }))

  test('that failed is not tried again for a connection that is gone', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      await failing(at)
      await at.relay.disconnectAll()
      const before = at.store.calls.get('fetchHeads')
      await advance(60_000)
      assert.equal(at.store.calls.get('fetchHeads'), before)
    }))
})

describe('a failed ACK', () => {
  test('changes nothing: the message can be acknowledged again', async () => {
    await using at = await scene()
    const { r, q, store } = at
    await at.sends('one')
    await r.hears(['', q.rid, 'MSG F one'])
    store.break('acknowledge')
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'ERR INTERNAL')
    assert.deepEqual(at.relay.faults.splice(0), ['ACK'])
    await at.sends('two')
    await r.hearsNothing()
    store.mend('acknowledge')
    await r.asks([q.key, 'ack2', q.rid, q.ack('one')], 'MSG F two')
  })
})

describe('GET and SUB of one connection', () => {
  test('a SUB waits for the GET before it, and is then prohibited', async () => {
    await using at = await scene({ subscribe: false })
    const { r, q, store } = at
    const gate = store.hold('peekMessage', 'after')
    r.says([q.key, 'get', q.rid, 'GET'])
    await gate.holds()
    r.says([q.key, 'sub', q.rid, 'SUB'])
    await r.hearsNothing()
    gate.release()
    await r.hears(['get', q.rid, 'OK'], ['sub', q.rid, 'ERR CMD PROHIBITED'])
  })

  test('SUB twice in one block: both are answered, with the message each time', async () => {
    await using at = await scene({ subscribe: false })
    const { r, q } = at
    await at.sends('one')
    r.says([q.key, 'sub1', q.rid, 'SUB'], [q.key, 'sub2', q.rid, 'SUB'])
    await r.hears(
      ['sub1', q.rid, 'SOK 0'],
      ['sub2', q.rid, 'SOK 0'],
      ['', q.rid, 'MSG F one'],
      ['', q.rid, 'MSG F one'],
    )
    await r.asks([q.key, 'ack', q.rid, q.ack('one')], 'OK')
  })
})
