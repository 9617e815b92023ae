/** protocol.md 14.1, rows 20 and 21: the notifications of very many queues in one subscription. */
import assert from 'node:assert/strict'
import { withTimers } from '../../support/clock.ts'
import { asService, count, sok } from '../../support/service-scene.ts'
import { SEND, signingKey, unsigned } from '../../support/wire.ts'
import type { WireClient } from '../../support/wire-client.ts'
import type { WireQueue } from '../../support/wire-directory.ts'
import { WireRelay } from '../../support/wire-relay.ts'
import { makeService } from '../../support/wire-service.ts'

const sends = async (s: WireClient, r: WireClient, q: WireQueue, body: string): Promise<void> => {
  await s.asks([unsigned, '0', q.sid, SEND(body, 'T')], 'OK')
  await r.hears(['', q.rid, `MSG T ${body}`])
  await r.asks([q.key, '0', q.rid, q.ack(body)], 'OK')
}

export const serviceNotifications = (): Promise<void> =>
  withTimers(async (advance) => {
    await using relay = new WireRelay({ notificationIntervalMs: 200 })
    const service = makeService('notifier')
    const [r, s] = [await relay.connect(), await relay.connect()]
    const [n1, n2] = [await relay.connect({ service }), await relay.connect({ service })]
    const { id } = asService(n1)
    assert.equal(asService(n2).id, id)
    const nKey = signingKey()
    const q = await r.creates({ subscribe: true })
    const first = await r.addsNotifier(q, nKey)
    await n1.table(
      [nKey, '1', first.nid, 'NSUB', 'ERR SERVICE'],
      [n1.both(nKey), '2', first.nid, 'NSUB', sok(id)],
      [n1.both(nKey), '3', first.nid, 'NSUB', sok(id)],
    )
    await sends(s, r, q, 'hello')
    await advance(200)
    await n1.hears(['', first.nid, 'NMSG'])
    assert.deepEqual(first.messageIds, [q.idOf('hello')])
    await n2.asks([n2.both(nKey), '4', first.nid, 'NSUB'], sok(id))
    await n1.hears(['', id, `ENDS ${count(1)}`])
    await sends(s, r, q, 'hello again')
    await advance(200)
    await n2.hears(['', first.nid, 'NMSG'])
    await n1.hearsNothing()
    await r.asks([q.key, '5', q.rid, 'NDEL'], 'OK')
    await n2.hears(['', first.nid, 'DELD'])
    await sends(s, r, q, 'unnoticed')
    await advance(200)
    await n2.hearsNothing()
    const again = await r.addsNotifier(q, nKey)
    await n2.asks([n2.both(nKey), '6', again.nid, 'NSUB'], sok(id))
    const q2 = await r.creates({ subscribe: true, notifierKey: nKey })
    const second = q2.notifier ?? assert.fail()
    await n2.asks([n2.both(nKey), '7', second.nid, 'NSUB'], sok(id))
    await n1.asks([asService(n1).key, '8', id, 'NSUBS'], `SOKS ${count(2)}`)
    await n2.hears(['', id, `ENDS ${count(2)}`])
    await sends(s, r, q, 'to the holder')
    await sends(s, r, q2, 'to the holder, too')
    await advance(200)
    await n1.hearsAll(['', again.nid, 'NMSG'], ['', second.nid, 'NMSG'])
    await n2.hearsNothing()
  })

/** Nothing outlives the process in memory: here the connections of the service come and go. */
export const serviceAssociation = async (): Promise<void> => {
  await using relay = new WireRelay()
  const service = makeService('notifier')
  const r = await relay.connect()
  const nKey = signingKey()
  const q = await r.creates({ notifierKey: nKey })
  const nid = q.notifier?.nid ?? ''
  const n = await relay.connect({ service })
  const { id } = asService(n)
  await n.asks([n.both(nKey), 'abcd', nid, 'NSUB'], sok(id))
  n.leaves()
  for (let round = 0; round < 2; round++) {
    const again = await relay.connect({ service })
    assert.equal(asService(again).id, id)
    await again.asks([asService(again).key, 'bcda', id, 'NSUBS'], `SOKS ${count(1)}`)
    await r.asks([q.key, 'cdab', q.rid, 'SUB'], 'SOK 0')
    again.leaves()
  }
}
