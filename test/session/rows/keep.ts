/** protocol.md 14.1, rows 14 to 24: what lasts, what expires, and who is notified. */
import assert from 'node:assert/strict'
import { turn, withTimers } from '../../support/clock.ts'
import { SEND, signingKey, unsigned } from '../../support/wire.ts'
import { WireRelay } from '../../support/wire-relay.ts'

const DAY = 86_400

export const nothingOutlivesTheProcess = async (): Promise<void> => {
  await using before = new WireRelay()
  const client = await before.connect()
  const q = await client.creates({ subscribe: true })
  // the sender is the subscriber: MSG comes before OK
  client.says([unsigned, 'bcda', q.sid, SEND('hello')])
  await client.hears(['', q.rid, 'MSG F hello'], ['bcda', q.sid, 'OK'])
  await using after = new WireRelay()
  const again = await after.connect()
  await again.table(
    [q.key, 'abcd', q.rid, 'SUB', 'ERR AUTH'],
    [unsigned, 'bcda', q.sid, SEND('hello'), 'ERR AUTH'],
  )
}

export const messagesOutliveConnections = async (): Promise<void> => {
  await using relay = new WireRelay({ queueQuota: 3 })
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates({ subscribe: true })
  for (const body of ['1', '2', '3']) await s.asks([unsigned, body, q.sid, SEND(body)], 'OK')
  await s.asks([unsigned, '4', q.sid, SEND('4')], 'ERR QUOTA')
  await r.hears(['', q.rid, 'MSG F 1'])
  const firstId = q.idOf('1')
  await r.asks([q.key, 'abcd', q.rid, q.ack('1')], 'MSG F 2')
  const secondId = q.idOf('2')
  r.leaves()
  const again = await relay.connect()
  again.says([q.key, 'bcda', q.rid, 'SUB'])
  // what was not acknowledged comes again, then the others in order, the marker last
  await again.hears(['bcda', q.rid, 'SOK 0'], ['', q.rid, 'MSG F 2'])
  assert.equal(q.idOf('2'), secondId)
  assert.notEqual(firstId, secondId)
  await again.table(
    [q.key, 'cdab', q.rid, q.ack('2'), 'MSG F 3'],
    [q.key, 'dabc', q.rid, q.ack('3'), 'MSG QUOTA'],
    [q.key, 'abcd', q.rid, q.ack('QUOTA'), 'OK'],
  )
}

export const someExpire = async (): Promise<void> => {
  await using relay = new WireRelay({ messageTtlSeconds: DAY, expiryIntervalSeconds: 1 })
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates()
  await s.table(
    [unsigned, '1', q.sid, SEND('old 1'), 'OK'],
    [unsigned, '2', q.sid, SEND('old 2'), 'OK'],
  )
  relay.clock.advance(3)
  await s.table(
    [unsigned, '3', q.sid, SEND('new 1'), 'OK'],
    [unsigned, '4', q.sid, SEND('new 2'), 'OK'],
  )
  const size = async (): Promise<unknown> => {
    const described = await relay.store.describeQueue(await relay.recordOf(q.rid))
    return described.outcome === 'done' ? described.size : undefined
  }
  relay.clock.advance(DAY - 3)
  assert.equal(await size(), 4)
  relay.clock.advance(2)
  assert.equal(await size(), 2)
  await r.asks([q.key, 'abcd', q.rid, 'GET'], 'MSG F new 1')
}

export const notifications = (): Promise<void> =>
  withTimers(async (advance) => {
    await using relay = new WireRelay({ notificationIntervalMs: 200 })
    const [r, s] = [await relay.connect(), await relay.connect()]
    const [n1, n2] = [await relay.connect(), await relay.connect()]
    const [sKey, nKey] = [signingKey(), signingKey()]
    const q = await r.creates({ subscribe: true })
    const replaced = await r.addsNotifier(q, nKey)
    const notifier = await r.addsNotifier(q, nKey)
    assert.notEqual(replaced.nid, notifier.nid)
    await n1.asks([nKey, '1', replaced.nid, 'NSUB'], 'ERR AUTH')
    await n1.asks([{ queue: nKey, service: sKey }, '2', notifier.nid, 'NSUB'], 'ERR SERVICE')
    await n1.asks([nKey, '3', notifier.nid, 'NSUB'], 'SOK 0')
    await s.asks([unsigned, '4', q.sid, SEND('hello', 'T')], 'OK')
    await r.hears(['', q.rid, 'MSG T hello'])
    await r.asks([q.key, '5', q.rid, q.ack('hello')], 'OK')
    await advance(200)
    await n1.hears(['', notifier.nid, 'NMSG'])
    assert.deepEqual(notifier.messageIds, [q.idOf('hello')])
    // not flagged: no notification
    await s.asks([unsigned, '6', q.sid, SEND('quiet')], 'OK')
    await r.hears(['', q.rid, 'MSG F quiet'])
    await r.asks([q.key, '7', q.rid, q.ack('quiet')], 'OK')
    await n2.asks([nKey, '8', notifier.nid, 'NSUB'], 'SOK 0')
    await n1.hears(['', notifier.nid, 'END'])
    await s.asks([unsigned, '9', q.sid, SEND('hello again', 'T')], 'OK')
    await r.hears(['', q.rid, 'MSG T hello again'])
    await r.asks([q.key, 'a', q.rid, q.ack('hello again')], 'OK')
    await advance(200)
    await n2.hears(['', notifier.nid, 'NMSG'])
    assert.equal(notifier.messageIds[1], q.idOf('hello again'))
    await n1.hearsNothing()
    await r.asks([q.key, 'b', q.rid, 'NDEL'], 'OK')
    await n2.hears(['', notifier.nid, 'DELD'])
    await s.asks([unsigned, 'c', q.sid, SEND('unnoticed', 'T')], 'OK')
    await r.hears(['', q.rid, 'MSG T unnoticed'])
    await advance(200)
    await n2.hearsNothing()
    const another = await r.addsNotifier(q, nKey)
    await n2.asks([nKey, 'd', another.nid, 'NSUB'], 'SOK 0')
    await r.asks([q.key, 'e', q.rid, q.ack('unnoticed')], 'OK')
    await s.asks([unsigned, 'f', q.sid, SEND('noticed', 'T')], 'OK')
    await advance(200)
    await n2.hears(['', another.nid, 'NMSG'])
  })

export const expireOnSend = async (): Promise<void> => {
  const limits = { messageTtlSeconds: 60, expiryIntervalSeconds: 7200, expireOnSend: true }
  await using relay = new WireRelay(limits)
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates()
  await s.asks([unsigned, '1', q.sid, SEND('old')], 'OK')
  relay.clock.advance(61)
  await s.asks([unsigned, '2', q.sid, SEND('new')], 'OK')
  r.says([q.key, 'abcd', q.rid, 'SUB'])
  await r.hears(['abcd', q.rid, 'SOK 0'], ['', q.rid, 'MSG F new'])
  await r.asks([q.key, 'bcda', q.rid, q.ack('new')], 'OK')
}

const sentAndLeftFor = async (
  relay: WireRelay,
  seconds: number,
): Promise<readonly (readonly string[])[]> => {
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates()
  await s.asks([unsigned, '1', q.sid, SEND('hello')], 'OK')
  relay.clock.advance(seconds)
  r.says([q.key, 'abcd', q.rid, 'SUB'])
  await turn()
  return r.takeAll().map(([corrId, , reply]) => [corrId, reply])
}

export const expireByInterval = async (): Promise<void> => {
  await using relay = new WireRelay({ messageTtlSeconds: 1, expiryIntervalSeconds: 1 })
  assert.deepEqual(await sentAndLeftFor(relay, 3), [['abcd', 'SOK 0']])
}

export const longInterval = async (): Promise<void> => {
  await using relay = new WireRelay({ messageTtlSeconds: 1, expiryIntervalSeconds: 7200 })
  assert.deepEqual(await sentAndLeftFor(relay, 3), [
    ['abcd', 'SOK 0'],
    ['', 'MSG F hello'],
  ])
}
