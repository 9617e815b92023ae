/** protocol.md 14.1, rows 9 to 13: who gets which message, and when. */
import assert from 'node:assert/strict'
import { ACK, KEY, SEND, signingKey, unknownId, unsigned } from '../../support/wire.ts'
import { WireRelay } from '../../support/wire-relay.ts'

export const switchSubscription = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [first, second, s] = [await relay.connect(), await relay.connect(), await relay.connect()]
  const q = await first.creates({ subscribe: true })
  await s.asks([unsigned, 'bcda', q.sid, SEND('test1')], 'OK')
  await first.hears(['', q.rid, 'MSG F test1'])
  await first.asks([q.key, 'abcd', q.rid, q.ack('test1')], 'OK')
  await s.asks([unsigned, 'cdab', q.sid, SEND('test2')], 'OK')
  await first.hears(['', q.rid, 'MSG F test2'])
  second.says([q.key, 'bcda', q.rid, 'SUB'])
  assert.deepEqual(await second.nextBlock(), [
    ['bcda', q.rid, 'SOK 0'],
    ['', q.rid, 'MSG F test2'],
  ])
  await first.hears(['', q.rid, 'END'])
  await second.asks([q.key, 'cdab', q.rid, q.ack('test2')], 'OK')
  await s.asks([unsigned, 'dabc', q.sid, SEND('test3')], 'OK')
  await second.hears(['', q.rid, 'MSG F test3'])
  await first.hearsNothing()
  await first.asks([q.key, 'dabc', q.rid, q.ack('test3')], 'ERR NO_MSG')
  await second.asks([q.key, 'abcd', q.rid, q.ack('test3')], 'OK')
  await first.asks([q.key, 'efgh', q.rid, 'DEL'], 'OK')
  await second.hears(['', q.rid, 'DELD'])
  await first.hearsNothing()
}

export const getCommand = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates()
  await s.asks([unsigned, 'bcda', q.sid, SEND('hello')], 'OK')
  await r.hearsNothing()
  await r.asks([q.key, 'cdab', q.rid, 'GET'], 'MSG F hello')
  const first = q.idOf('hello')
  // without ACK the same message again
  await r.asks([q.key, 'dabc', q.rid, 'GET'], 'MSG F hello')
  assert.equal(q.idOf('hello'), first)
  await r.table([q.key, 'abcd', q.rid, q.ack('hello'), 'OK'], [q.key, 'bcda', q.rid, 'GET', 'OK'])
}

export const getAndSub = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [sub, get, s] = [await relay.connect(), await relay.connect(), await relay.connect()]
  const q = await sub.creates({ subscribe: true })
  const bodies = ['hello 1', 'hello 2', 'hello 3', 'hello 4']
  for (const body of bodies) await s.asks([unsigned, body, q.sid, SEND(body)], 'OK')
  await sub.hears(['', q.rid, 'MSG F hello 1'])
  const { id } = q.heard('hello 1')
  await get.asks([q.key, 'abcd', q.rid, 'GET'], 'MSG F hello 1')
  assert.equal(q.idOf('hello 1'), id)
  await sub.asks([q.key, 'bcda', q.rid, 'GET'], 'ERR CMD PROHIBITED')
  await get.asks([q.key, 'cdab', q.rid, 'SUB'], 'ERR CMD PROHIBITED')
  await sub.asks([q.key, 'dabc', q.rid, q.ack('hello 1')], 'MSG F hello 2')
  await get.table(
    [q.key, 'abcd', q.rid, ACK(unknownId()), 'ERR NO_MSG'],
    // removed by the subscriber meanwhile
    [q.key, 'bcda', q.rid, ACK(id), 'OK'],
    [q.key, 'cdab', q.rid, 'GET', 'MSG F hello 2'],
    // no message comes with the ACK of a getter, though there are more
    [q.key, 'dabc', q.rid, q.ack('hello 2'), 'OK'],
  )
  // removed by the getter meanwhile: the subscriber gets what is next
  await sub.asks([q.key, 'abcd', q.rid, q.ack('hello 2')], 'MSG F hello 3')
  await get.asks([q.key, 'bcda', q.rid, 'GET'], 'MSG F hello 3')
  await sub.asks([q.key, 'cdab', q.rid, q.ack('hello 3')], 'MSG F hello 4')
  await get.table(
    [q.key, 'dabc', q.rid, q.ack('hello 3'), 'OK'],
    [q.key, 'abcd', q.rid, 'GET', 'MSG F hello 4'],
  )
  await sub.asks([q.key, 'bcda', q.rid, q.ack('hello 4')], 'OK')
  await get.table(
    [q.key, 'cdab', q.rid, q.ack('hello 4'), 'OK'],
    [q.key, 'dabc', q.rid, 'GET', 'OK'],
  )
}

export const quota = async (): Promise<void> => {
  await using relay = new WireRelay({ queueQuota: 2 })
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ subscribe: true })
  await r.asks([q.key, 'abcd', q.rid, KEY(sKey)], 'OK')
  await s.table(
    [sKey, 'bcda', q.sid, SEND('hello 1'), 'OK'],
    [sKey, 'cdab', q.sid, SEND('hello 2'), 'OK'],
    [sKey, 'dabc', q.sid, SEND('hello 3'), 'ERR QUOTA'],
    [sKey, 'dabc', q.sid, SEND('hello 3'), 'ERR QUOTA'],
  )
  await r.hears(['', q.rid, 'MSG F hello 1'])
  await r.asks([q.key, 'abcd', q.rid, q.ack('hello 1')], 'MSG F hello 2')
  await s.asks([sKey, 'abcd', q.sid, SEND('hello 3')], 'ERR QUOTA')
  await r.asks([q.key, 'bcda', q.rid, q.ack('hello 2')], 'MSG QUOTA')
  await s.asks([sKey, 'bcda', q.sid, SEND('hello 3')], 'ERR QUOTA')
  await r.asks([q.key, 'cdab', q.rid, q.ack('QUOTA')], 'OK')
  await s.asks([sKey, 'cdab', q.sid, SEND('hello 3')], 'OK')
  await r.hears(['', q.rid, 'MSG F hello 3'])
  await r.asks([q.key, 'dabc', q.rid, q.ack('hello 3')], 'OK')
}

export const concurrentSenders = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s1, s2] = [await relay.connect(), await relay.connect(), await relay.connect()]
  const q = await r.creates({ subscribe: true })
  for (let round = 0; round < 50; round++) {
    const bodies = [`s1 ${round}`, `s2 ${round}`]
    s1.says([unsigned, '1', q.sid, SEND(`s1 ${round}`)])
    s2.says([unsigned, '2', q.sid, SEND(`s2 ${round}`)])
    await s1.hears(['1', q.sid, 'OK'])
    await s2.hears(['2', q.sid, 'OK'])
    const [corrId, , pushed] = await r.next()
    assert.equal(corrId, '')
    const first = pushed.replace('MSG F ', '')
    const [second] = bodies.filter((body) => body !== first)
    await r.table(
      [q.key, 'ack1', q.rid, q.ack(first), `MSG F ${second}`],
      [q.key, 'ack2', q.rid, q.ack(second ?? ''), 'OK'],
    )
  }
}
