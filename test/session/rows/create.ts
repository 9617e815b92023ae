/** protocol.md 14.1, rows 1 to 8: creating, securing, sending, suspending and deleting. */
import { dhKey, KEY, NEW, RKEY, SEND, SKEY, signingKey, unsigned } from '../../support/wire.ts'
import type { WireClient } from '../../support/wire-client.ts'
import type { WireQueue } from '../../support/wire-directory.ts'
import { WireRelay } from '../../support/wire-relay.ts'

const sizes = async (sender: WireClient, queue: WireQueue, key: ReturnType<typeof signingKey>) => {
  const largest = 'x'.repeat(16_048)
  await sender.asks([key, 'dabc', queue.sid, SEND(largest)], 'OK')
  await sender.asks([key, 'dabc', queue.sid, SEND(`${largest}x`)], 'ERR LARGE_MSG')
  return largest
}

export const keyAndSend = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ subscribe: true })
  await s.asks([unsigned, 'bcda', q.sid, SEND('hello')], 'OK')
  await r.hears(['', q.rid, 'MSG F hello'])
  await r.table(
    [q.key, 'cdab', q.rid, q.ack('hello'), 'OK'],
    [q.key, 'dabc', q.rid, q.ack('hello'), 'ERR NO_MSG'],
  )
  await s.asks([sKey, 'cdab', q.sid, SEND('hello')], 'ERR AUTH')
  await r.table(
    [sKey, 'dabc', q.rid, KEY(sKey), 'ERR AUTH'],
    [q.key, 'abcd', q.sid, KEY(sKey), 'ERR AUTH'],
    [q.key, 'abcd', q.rid, KEY(sKey), 'OK'],
    [q.key, 'abcd', q.rid, KEY(sKey), 'OK'],
    [q.key, 'abcd', q.rid, KEY(signingKey()), 'ERR AUTH'],
  )
  await s.asks([sKey, 'bcda', q.sid, SEND('hello again')], 'OK')
  await r.hears(['', q.rid, 'MSG F hello again'])
  await r.asks([q.key, 'cdab', q.rid, q.ack('hello again')], 'OK')
  await s.asks([unsigned, 'dabc', q.sid, SEND('hello')], 'ERR AUTH')
  const largest = await sizes(s, q, sKey)
  await r.hears(['', q.rid, `MSG F ${largest}`])
  await r.asks([q.key, 'efgh', q.rid, q.ack(largest)], 'OK')
}

export const skeyAndSend = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ subscribe: true, request: { mode: 'messaging' } })
  await s.table(
    [q.key, 'bcda', q.sid, SKEY(sKey), 'ERR AUTH'],
    [sKey, 'cdab', q.rid, SKEY(sKey), 'ERR AUTH'],
    [sKey, 'dabc', q.sid, SKEY(sKey), 'OK'],
    [sKey, 'abcd', q.sid, SEND('hello'), 'OK'],
  )
  const other = signingKey()
  await s.table(
    [other, 'abcd', q.sid, SKEY(other), 'ERR AUTH'],
    [sKey, 'abcd', q.sid, SKEY(sKey), 'OK'],
    [unsigned, 'dabc', q.sid, SEND('hello'), 'ERR AUTH'],
  )
  await r.hears(['', q.rid, 'MSG F hello'])
  await r.asks([q.key, 'cdab', q.rid, q.ack('hello')], 'OK')
  const largest = await sizes(s, q, sKey)
  await r.hears(['', q.rid, `MSG F ${largest}`])
  // the recipient's KEY cannot take the queue from the sender, but may repeat what is set
  await r.table(
    [q.key, 'abcd', q.rid, KEY(other), 'ERR AUTH'],
    [q.key, 'abcd', q.rid, KEY(sKey), 'OK'],
  )
}

export const skeyInContactMode = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ request: { mode: 'contact' } })
  await s.asks([sKey, 'bcda', q.sid, SKEY(sKey)], 'ERR AUTH')
  await s.asks([unsigned, 'bcda', q.sid, SEND('invitation')], 'OK')
}

export const recipientKeys = async (): Promise<void> => {
  await using relay = new WireRelay()
  const r = await relay.connect()
  const [first, second] = [signingKey(), dhKey()]
  const q = await r.creates({ key: first, request: { mode: 'contact' } })
  const info = 'INFO {"qiSnd":false,"qiNtf":false,"qiSize":0}'
  await r.table(
    [second, 'abcd', q.rid, 'QUE', 'ERR AUTH'],
    [first, 'abcd', q.rid, RKEY(first, second), 'OK'],
    [first, 'bcda', q.rid, 'QUE', info],
    [second, 'cdab', q.rid, 'QUE', info],
    [second, 'dabc', q.rid, RKEY(second), 'OK'],
    [first, 'abcd', q.rid, 'QUE', 'ERR AUTH'],
    [second, 'bcda', q.rid, 'QUE', info],
    [second, 'cdab', q.rid, RKEY(second, first), 'OK'],
    [first, 'dabc', q.rid, 'QUE', info],
    // a key may remove itself
    [first, 'abcd', q.rid, RKEY(second), 'OK'],
    [first, 'bcda', q.rid, RKEY(first), 'ERR AUTH'],
    [second, 'cdab', q.rid, 'QUE', info],
  )
  const messaging = await r.creates({ request: { mode: 'messaging' } })
  const plain = await r.creates()
  await r.table(
    [messaging.key, 'abcd', messaging.rid, RKEY(first), 'ERR AUTH'],
    [plain.key, 'abcd', plain.rid, RKEY(first), 'ERR AUTH'],
  )
}

export const offAndDel = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ subscribe: true })
  await r.asks([q.key, 'abcd', q.rid, KEY(sKey)], 'OK')
  await s.asks([sKey, 'dabc', q.sid, SEND('hello')], 'OK')
  await r.hears(['', q.rid, 'MSG F hello'])
  await s.asks([sKey, 'bcda', q.sid, SEND('hello again')], 'OK')
  await r.table(
    [sKey, 'cdab', q.rid, 'OFF', 'ERR AUTH'],
    [q.key, 'dabc', q.sid, 'OFF', 'ERR AUTH'],
    [q.key, 'abcd', q.rid, 'OFF', 'OK'],
  )
  await s.table(
    [sKey, 'bcda', q.sid, SEND('hello'), 'ERR AUTH'],
    [unsigned, 'cdab', q.sid, SEND('hello'), 'ERR AUTH'],
  )
  await r.asks([q.key, 'abcd', q.rid, 'OFF'], 'OK')
  r.says([q.key, 'bcda', q.rid, 'SUB'])
  await r.hears(['bcda', q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
  await r.table(
    [q.key, 'cdab', q.rid, q.ack('hello'), 'MSG F hello again'],
    [sKey, 'cdab', q.rid, 'DEL', 'ERR AUTH'],
    [q.key, 'dabc', q.sid, 'DEL', 'ERR AUTH'],
    [q.key, 'abcd', q.rid, 'DEL', 'OK'],
  )
  await s.table(
    [sKey, 'bcda', q.sid, SEND('hello'), 'ERR AUTH'],
    [unsigned, 'cdab', q.sid, SEND('hello'), 'ERR AUTH'],
  )
  await r.table(
    [q.key, 'cdab', q.rid, 'ACK \0', 'ERR AUTH'],
    [q.key, 'dabc', q.rid, 'OFF', 'ERR AUTH'],
    [q.key, 'abcd', q.rid, 'SUB', 'ERR AUTH'],
    [q.key, 'abcd', q.rid, 'DEL', 'ERR AUTH'],
  )
  await r.hearsNothing()
}

export const fiftySubscriptions = async (): Promise<void> => {
  await using relay = new WireRelay()
  const first = await relay.connect()
  const key = signingKey()
  const queues: WireQueue[] = []
  for (let count = 0; count < 50; count++)
    queues.push(await first.creates({ key, corrId: '', subscribe: true }))
  first.leaves()
  const [second, third] = [await relay.connect(), await relay.connect()]
  for (const client of [second, third]) {
    client.says(...queues.map(({ rid }) => [key, '', rid, 'SUB'] as const))
    await client.hearsAll(...queues.map(({ rid }) => ['', rid, 'SOK 0'] as const))
  }
  await second.hearsAll(...queues.map(({ rid }) => ['', rid, 'END'] as const))
  await third.hearsNothing()
}

export const noNewQueues = async (): Promise<void> => {
  await using relay = new WireRelay({ newQueues: false })
  const r = await relay.connect()
  const [key, dh] = [signingKey(), dhKey()]
  await r.asks([key, 'abcd', '', NEW({ authKey: key.publicKey, dhKey: dh.publicKey })], 'ERR AUTH')
}

export const duplex = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [alice, bob] = [await relay.connect(), await relay.connect()]
  const [aliceKey, bobKey] = [signingKey(), signingKey()]
  const toAlice = await alice.creates({ subscribe: true })
  // what travels out of band is the sender id; the reply queue's id travels in the first message
  const toBob = await bob.creates({ subscribe: true })
  await bob.asks([unsigned, 'bcda', toAlice.sid, SEND('key and reply queue')], 'OK')
  await alice.hears(['', toAlice.rid, 'MSG F key and reply queue'])
  await alice.table(
    [toAlice.key, 'cdab', toAlice.rid, toAlice.ack('key and reply queue'), 'OK'],
    [toAlice.key, 'dabc', toAlice.rid, KEY(bobKey), 'OK'],
    [unsigned, 'abcd', toBob.sid, SEND('key'), 'OK'],
  )
  await bob.hears(['', toBob.rid, 'MSG F key'])
  await bob.table(
    [toBob.key, 'abcd', toBob.rid, toBob.ack('key'), 'OK'],
    [toBob.key, 'bcda', toBob.rid, KEY(aliceKey), 'OK'],
    [bobKey, 'cdab', toAlice.sid, SEND('hello alice'), 'OK'],
  )
  await alice.hears(['', toAlice.rid, 'MSG F hello alice'])
  await alice.table(
    [toAlice.key, 'dabc', toAlice.rid, toAlice.ack('hello alice'), 'OK'],
    [aliceKey, 'abcd', toBob.sid, SEND('hello bob'), 'OK'],
  )
  await bob.hears(['', toBob.rid, 'MSG F hello bob'])
  await bob.asks([toBob.key, 'bcda', toBob.rid, toBob.ack('hello bob')], 'OK')
}
