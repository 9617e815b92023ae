/** NMSG: collected over the interval, sent to whoever holds the notifier, bounded and with an age. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withTimers } from '../support/clock.ts'
import { type Heard, type Line, SEND, signingKey, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

const INTERVAL = 200
const HOUR = 3600
const nKey = signingKey()

const scene = async (options: ConstructorParameters<typeof WireRelay>[0] = {}) => {
  const relay = new WireRelay({ notificationIntervalMs: INTERVAL, queueQuota: 1000, ...options })
  const [r, s, n] = [await relay.connect(), await relay.connect(), await relay.connect()]
  const q = await r.creates({ notifierKey: nKey })
  const nid = q.notifier?.nid ?? ''
  return { relay, r, s, n, q, nid, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const sends = async (s: WireClient, q: WireQueue, count: number): Promise<void> => {
  for (let index = 0; index < count; index++)
    await s.asks([unsigned, 'send', q.sid, SEND(`${index}`, 'T')], 'OK')
}

const idsOf = async ({ relay, q }: { relay: WireRelay; q: WireQueue }) => {
  const reader = await relay.connect()
  const ids = []
  for (let index = 0; ; index++) {
    reader.says([q.key, 'get', q.rid, 'GET'])
    const [, , reply] = await reader.next()
    if (reply === 'OK') return ids
    ids.push(q.idOf(`${index}`))
    await reader.asks([q.key, 'ack', q.rid, q.ack(`${index}`)], 'OK')
  }
}

describe('notifications', () => {
  test('wait for the end of the interval and share blocks', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await sends(s, q, 3)
      await advance(INTERVAL - 1)
      await n.hearsNothing()
      await advance(1)
      const nmsg: Heard = ['', nid, 'NMSG']
      assert.deepEqual(await n.nextBlock(), [nmsg, nmsg, nmsg])
      await n.hearsNothing()
      assert.deepEqual(q.notifier?.messageIds, await idsOf(at))
      await advance(INTERVAL)
      await n.hearsNothing()
    }))

  test('of many notifiers share blocks too, 80 in each', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { r, s, n } = at
      const queues: WireQueue[] = []
      for (let index = 0; index < 100; index++) queues.push(await r.creates({ notifierKey: nKey }))
      const nids = queues.map(({ notifier }) => notifier?.nid ?? '')
      n.says(...nids.map((id, index): Line => [nKey, `${index}`, id, 'NSUB']))
      await n.hears(...nids.map((id, index): Heard => [`${index}`, id, 'SOK 0']))
      for (const q of queues) await sends(s, q, 1)
      await advance(INTERVAL)
      const [first, second] = [await n.nextBlock(), await n.nextBlock()]
      assert.deepEqual([first.length, second.length], [20, 80])
      assert.deepEqual(
        [...first, ...second],
        nids.map((id) => ['', id, 'NMSG']),
      )
    }))

  test('that came before NSUB follow it', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { s, n, q, nid } = at
      await sends(s, q, 2)
      await advance(10 * INTERVAL)
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await advance(INTERVAL)
      await n.hears(['', nid, 'NMSG'], ['', nid, 'NMSG'])
      assert.deepEqual(q.notifier?.messageIds, await idsOf(at))
      // they are gone now
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await advance(INTERVAL)
      await n.hearsNothing()
    }))

  test('do not depend on the recipient, nor is the message touched', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { r, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await sends(s, q, 1)
      await r.asks([q.key, 'get', q.rid, 'GET'], 'MSG T 0')
      await r.asks([q.key, 'ack', q.rid, q.ack('0')], 'OK')
      await advance(INTERVAL)
      await n.hears(['', nid, 'NMSG'])
    }))

  test('are not made without the flag, without a notifier, or for a full queue', () =>
    withTimers(async (advance) => {
      await using at = await scene({ queueQuota: 1 })
      const { r, s, n, q, nid } = at
      const plain = await r.creates()
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await s.table(
        [unsigned, 'send', plain.sid, SEND('flagged', 'T'), 'OK'],
        [unsigned, 'send', q.sid, SEND('not flagged', 'F'), 'OK'],
        [unsigned, 'send', q.sid, SEND('no room', 'T'), 'ERR QUOTA'],
      )
      await advance(INTERVAL)
      await n.hearsNothing()
    }))

  test('are kept up to 128 for a notifier that nobody serves, the newest ones', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { s, n, q, nid } = at
      await sends(s, q, 130)
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      // no more than a block at once
      await advance(INTERVAL)
      assert.equal((await n.nextBlock()).length, 80)
      await n.hearsNothing()
      await advance(INTERVAL)
      assert.equal((await n.nextBlock()).length, 48)
      await advance(INTERVAL)
      await n.hearsNothing()
      assert.deepEqual(q.notifier?.messageIds, (await idsOf(at)).slice(2))
    }))

  test('expire', () =>
    withTimers(async (advance) => {
      await using at = await scene({ notificationTtlSeconds: HOUR })
      const { relay, s, n, q, nid } = at
      await s.asks([unsigned, 'send', q.sid, SEND('0', 'T')], 'OK')
      relay.clock.advance(1)
      await s.asks([unsigned, 'send', q.sid, SEND('1', 'T')], 'OK')
      relay.clock.advance(HOUR)
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await advance(INTERVAL)
      await n.hears(['', nid, 'NMSG'])
      await n.hearsNothing()
      assert.deepEqual(q.notifier?.messageIds, (await idsOf(at)).slice(1))
    }))
})

describe('a notifier', () => {
  test('that moved gets what was not sent yet on the new connection', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { relay, s, n, q, nid } = at
      const other = await relay.connect()
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await sends(s, q, 1)
      await other.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await n.hears(['', nid, 'END'])
      await advance(INTERVAL)
      await n.hearsNothing()
      await other.hears(['', nid, 'NMSG'])
    }))

  test('that left gets what came meanwhile when it is back', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { relay, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await sends(s, q, 1)
      n.leaves()
      await advance(INTERVAL)
      await sends(s, q, 1)
      const back = await relay.connect()
      await back.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await advance(INTERVAL)
      await back.hears(['', nid, 'NMSG'], ['', nid, 'NMSG'])
    }))

  test('that was replaced takes its notifications with it', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { r, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      await sends(s, q, 1)
      const notifier = await r.addsNotifier(q, nKey)
      await n.hears(['', nid, 'DELD'])
      await n.asks([nKey, 'nsub', notifier.nid, 'NSUB'], 'SOK 0')
      await advance(INTERVAL)
      await n.hearsNothing()
    }))

  test('of a client that does not read waits in the store', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { r, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      const full: WireQueue[] = []
      for (let index = 0; index < 18; index++) full.push(await r.creates({ key: nKey }))
      n.says(...full.map(({ rid }, index): Line => [nKey, `${index}`, rid, 'SUB']))
      for (const _ of full) await n.next()
      n.connection.stall()
      for (const { sid } of full) await s.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
      const { queuedBytes } = n.connection
      await sends(s, q, 1)
      await advance(INTERVAL)
      assert.equal(n.connection.queuedBytes, queuedBytes)
      n.connection.resume()
      const heard = []
      for (let count = 0; count < 19; count++) heard.push((await n.next())[2].slice(0, 4))
      assert.deepEqual(heard.sort(), [...Array(18).fill('MSG '), 'NMSG'])
    }))

  test('whose notifications the store fails to give is asked for again', () =>
    withTimers(async (advance) => {
      const store = new HeldStore()
      await using at = await scene({ held: store })
      const { relay, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      store.break('takeNotifications')
      await sends(s, q, 1)
      await advance(INTERVAL)
      await n.hearsNothing()
      assert.deepEqual(relay.faults.splice(0), ['notifications'])
      store.mend('takeNotifications')
      await advance(INTERVAL)
      await n.hears(['', nid, 'NMSG'])
    }))

  test('whose NSUB fails still gets what comes for its earlier one', () =>
    withTimers(async (advance) => {
      const store = new HeldStore()
      await using at = await scene({ held: store })
      const { relay, s, n, q, nid } = at
      await n.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
      const gate = store.hold('subscribeNotifiers')
      n.says([nKey, 'again', nid, 'NSUB'])
      await gate.holds()
      await sends(s, q, 1)
      gate.fail()
      await n.hears(['again', nid, 'ERR INTERNAL'])
      assert.deepEqual(relay.faults.splice(0), ['NSUB'])
      await advance(INTERVAL)
      await n.hears(['', nid, 'NMSG'])
    }))
})
