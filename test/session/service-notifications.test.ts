/** NMSG of a service: in portions, held back while its connection takes nothing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turn, withTimers } from '../support/clock.ts'
import { nKey, scene, sok } from '../support/service-scene.ts'
import { SEND, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { HeldStore } from '../support/wire-store.ts'

describe('notifications of a service', () => {
  const sends = async (s: WireClient, q: WireQueue, times: number): Promise<void> => {
    for (let index = 0; index < times; index++)
      await s.asks([unsigned, 'send', q.sid, SEND(`${index}`, 'T')], 'OK')
  }

  test('come in portions, all of them, while the client reads', () =>
    withTimers(async (advance) => {
      await using at = await scene({ notificationIntervalMs: 200, queueQuota: 1000 })
      const all = await Promise.all(Array.from({ length: 8 }, at.makes))
      for (const q of all) {
        await at.n.asks([at.n.both(nKey), '1', q.nid, 'NSUB'], sok(at.id))
        await sends(at.r, q, 100)
      }
      await advance(200)
      for (let turns = 0; turns < 10; turns++) await turn()
      const heard = at.n.takeAll()
      assert.equal(heard.length, 800)
      assert.ok(heard.every(([, , reply]) => reply === 'NMSG'))
      for (const q of all) assert.equal(new Set(q.notifier?.messageIds).size, 100)
    }))

  test('wait while the client does not read, and none is lost', () =>
    withTimers(async (advance) => {
      await using at = await scene({ notificationIntervalMs: 200, queueQuota: 1000 })
      const all = await Promise.all(Array.from({ length: 40 }, at.makes))
      for (const q of all) {
        await at.n.asks([at.n.both(nKey), '1', q.nid, 'NSUB'], sok(at.id))
        await sends(at.r, q, 100)
      }
      at.n.connection.stall()
      for (let round = 0; round < 30; round++) await advance(200)
      // one output buffer, and one portion beyond
      assert.ok(at.n.connection.queuedBytes < 512 * 1024, `${at.n.connection.queuedBytes} bytes`)
      for (let round = 0; round < 60; round++) {
        at.n.connection.resume()
        await advance(200)
      }
      assert.equal(at.n.takeAll().length, 4000)
    }))

  test('of a store that fails are taken later', () =>
    withTimers(async (advance) => {
      const held = new HeldStore()
      await using at = await scene({ notificationIntervalMs: 200, held })
      const q = await at.makes()
      await at.n.asks([at.n.both(nKey), '1', q.nid, 'NSUB'], sok(at.id))
      held.break('takeServiceNotifications')
      await sends(at.r, q, 1)
      await advance(200)
      await at.n.hearsNothing()
      held.mend('takeServiceNotifications')
      await advance(200)
      await at.n.hears(['', q.nid, 'NMSG'])
      assert.deepEqual(at.relay.faults.splice(0), ['notifications'])
    }))
})
