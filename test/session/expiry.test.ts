/** When messages go by age: at the checks of the interval, or when something is sent. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turn, withTimers } from '../support/clock.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'

const TTL = 100
const INTERVAL = 60

const scene = async (expireOnSend: boolean) => {
  const limits = { messageTtlSeconds: TTL, expiryIntervalSeconds: INTERVAL, expireOnSend }
  const relay = new WireRelay(limits)
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates()
  await s.asks([unsigned, 'send', q.sid, SEND('old')], 'OK')
  return { relay, r, s, q, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

describe('by the interval', () => {
  // sent at 0, older than 100 s from 101 s on; the checks are at 60, 120, 180...
  const table = [
    [60, true],
    [100, true],
    [101, true],
    [119, true],
    [120, false],
    [121, false],
  ] as const
  for (const [seconds, isThere] of table)
    test(`after ${seconds} s of ${TTL}: ${isThere ? 'there' : 'gone'}`, async () => {
      await using at = await scene(false)
      at.relay.clock.advance(seconds)
      const { r, q } = at
      r.says([q.key, 'sub', q.rid, 'SUB'])
      await r.hears(['sub', q.rid, 'SOK 0'])
      if (isThere) await r.hears(['', q.rid, 'MSG F old'])
      else await r.hearsNothing()
    })

  test('a message that is exactly as old as allowed at the check stays', async () => {
    await using at = await scene(false)
    const { relay, r, s, q } = at
    relay.clock.advance(20)
    await s.asks([unsigned, 'send', q.sid, SEND('new')], 'OK')
    relay.clock.advance(100)
    await r.asks([q.key, 'get', q.rid, 'GET'], 'MSG F new')
  })

  test('for GET, ACK and QUE as for SUB', async () => {
    await using at = await scene(false)
    const { relay, r, q } = at
    await r.asks([q.key, 'get', q.rid, 'GET'], 'MSG F old')
    relay.clock.advance(120)
    r.says([q.key, 'que', q.rid, 'QUE'])
    assert.match((await r.next())[2], /"qiSize":0/)
    await r.table([q.key, 'ack', q.rid, q.ack('old'), 'OK'], [q.key, 'get', q.rid, 'GET', 'OK'])
  })

  test('sending does not look, when it is told not to', async () => {
    await using at = await scene(false)
    const { relay, r, s, q } = at
    relay.clock.advance(110)
    await s.asks([unsigned, 'send', q.sid, SEND('new')], 'OK')
    await r.asks([q.key, 'get', q.rid, 'GET'], 'MSG F old')
  })

  test('the store frees what nobody asks for', () =>
    withTimers(async (advance) => {
      await using at = await scene(false)
      const { relay, q } = at
      relay.clock.advance(120)
      await advance(INTERVAL * 1000)
      await turn()
      // the clock goes back, so that only what was removed by the sweep is missing
      relay.clock.advance(-120)
      const described = await relay.store.describeQueue(await relay.recordOf(q.rid))
      assert.equal(described.outcome === 'done' && described.size, 0)
    }))
})

describe('on SEND', () => {
  const table = [
    [100, ['old', 'new']],
    [101, ['new']],
  ] as const
  for (const [seconds, bodies] of table)
    test(`after ${seconds} s of ${TTL}: ${bodies.join(', ')}`, async () => {
      await using at = await scene(true)
      const { relay, r, s, q } = at
      relay.clock.advance(seconds)
      await s.asks([unsigned, 'send', q.sid, SEND('new')], 'OK')
      for (const body of bodies) {
        await r.asks([q.key, 'get', q.rid, 'GET'], `MSG F ${body}`)
        await r.asks([q.key, 'ack', q.rid, q.ack(body)], 'OK')
      }
      await r.asks([q.key, 'get', q.rid, 'GET'], 'OK')
    })

  test('a subscriber gets the new message when the old ones have gone', async () => {
    await using at = await scene(true)
    const { relay, r, s, q } = at
    relay.clock.advance(130)
    await r.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
    await s.asks([unsigned, 'send', q.sid, SEND('new')], 'OK')
    await r.hears(['', q.rid, 'MSG F new'])
  })

  test('a full queue opens when all of it is too old, and has no marker', async () => {
    const limits = { messageTtlSeconds: TTL, expiryIntervalSeconds: INTERVAL, queueQuota: 1 }
    await using relay = new WireRelay(limits)
    const client = await relay.connect()
    const q = await client.creates()
    await client.asks([unsigned, 'send', q.sid, SEND('old')], 'OK')
    relay.clock.advance(101)
    await client.asks([unsigned, 'send', q.sid, SEND('new')], 'OK')
  })
})
