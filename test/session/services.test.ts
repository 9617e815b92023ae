/** Sessions of services: what their role allows, what they sign, and how their subscription counts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ServiceRole } from '../../src/protocol/handshake.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { turn, withTimers } from '../support/clock.ts'
import {
  asService,
  ends,
  NSUBS,
  nKey,
  scene,
  service,
  sok,
  soks,
} from '../support/service-scene.ts'
import {
  bigSigningKey,
  commandText,
  dhKey,
  type Heard,
  KEY,
  type Line,
  NEW,
  PRXY,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { makeService } from '../support/wire-service.ts'
import { HeldStore } from '../support/wire-store.ts'

const otherService = makeService('notifier')

describe('a role', () => {
  const server = { hosts: ['smp.example.org'], port: '', keyHash: new Uint8Array(32) } as const
  const pfwd = {
    tag: 'PFWD',
    version: 18,
    key: dhKey().publicKey,
    transmission: new Uint8Array(99),
  } as const
  const linesOf = (q: WireQueue, client: WireClient): Record<string, Line> => {
    const { id, key } = asService(client)
    const creator = signingKey()
    return {
      NEW: [
        client.both(creator),
        '1',
        '',
        NEW({ authKey: creator.publicKey, dhKey: dhKey().publicKey, subscribe: true }),
      ],
      SUB: [client.both(q.key), '2', q.rid, 'SUB'],
      KEY: [q.key, '3', q.rid, KEY(signingKey())],
      RKEY: [q.key, '4', q.rid, RKEY(q.key)],
      OFF: [q.key, '5', q.rid, 'OFF'],
      SEND: [unsigned, '7', q.sid, SEND('hello')],
      SKEY: [nKey, '8', q.sid, SKEY(nKey)],
      SUBS: [key, 'a', id, 'SUBS'],
      PRXY: [unsigned, 'b', '', PRXY(server)],
      PFWD: [unsigned, 'c', unknownId(), commandText(pfwd, 18)],
      NSUB: [client.both(nKey), 'd', q.notifier?.nid ?? '', 'NSUB'],
      NSUBS: [key, 'e', id, 'NSUBS'],
      RFWD: [unsigned, 'f', '', 'RFWD body'],
      PING: [unsigned, 'g', '', 'PING'],
      NDEL: [q.key, '6', q.rid, 'NDEL'],
    }
  }
  const allowed: { readonly [R in ServiceRole]: readonly string[] } = {
    messaging: ['NEW', 'SUB', 'KEY', 'RKEY', 'OFF', 'SEND', 'SKEY', 'PRXY', 'PFWD', 'PING', 'NDEL'],
    notifier: ['NSUB', 'NSUBS', 'PING'],
    proxy: ['RFWD', 'PING'],
  }
  for (const role of ['messaging', 'notifier', 'proxy'] as const)
    test(`${role}: the whole session is restricted to it`, async () => {
      await using at = await scene()
      const q = await at.r.creates({ notifierKey: nKey, request: { mode: 'contact' } })
      const client = await at.relay.connect({ service: makeService(role) })
      for (const [tag, line] of Object.entries(linesOf(q, client))) {
        client.says(line)
        const heard = await client.next()
        const isRefused = heard[2] === 'ERR CMD PROHIBITED'
        assert.equal(isRefused, !allowed[role].includes(tag), `${tag}: ${heard[2].slice(0, 40)}`)
      }
    })

  test('is not looked at where there is no queue: as the reference', async () => {
    await using at = await scene()
    await at.n.table(
      [nKey, '1', unknownId(), 'SUB', 'ERR AUTH'],
      [unsigned, '2', unknownId(), SEND('hello'), 'ERR AUTH'],
    )
  })

  test('comes before the service signature, which comes before the key', async () => {
    await using at = await scene()
    const q = await at.makes()
    await at.n.table(
      [{ queue: nKey, service: signingKey() }, '1', q.rid, 'GET', 'ERR CMD PROHIBITED'],
      [{ queue: signingKey(), service: signingKey() }, '2', q.nid, 'NSUB', 'ERR SERVICE'],
      [at.n.both(signingKey()), '3', q.nid, 'NSUB', 'ERR AUTH'],
    )
  })
})

describe('service signatures', () => {
  test('are of this session’s key, and the queue’s key signs the certificate’s hash too', async () => {
    await using at = await scene()
    const q = await at.makes()
    const other = await at.relay.connect({ service })
    const ordinary = await at.relay.connect()
    await at.n.table(
      [nKey, '1', q.nid, 'NSUB', 'ERR SERVICE'],
      [{ queue: nKey, service: asService(other).key }, '2', q.nid, 'NSUB', 'ERR SERVICE'],
      [{ queue: nKey, service: new Uint8Array(64) }, '3', q.nid, 'NSUB', 'ERR SERVICE'],
    )
    // a queue key that signed without the hash
    const { certificateHash: _, ...plain } = at.n.session.service ?? assert.fail()
    const bare = { ...at.n.session, service: { ...plain, certificateHash: new Uint8Array(0) } }
    Object.assign(at.n, { session: bare })
    await at.n.asks([at.n.both(nKey), '4', q.nid, 'NSUB'], 'ERR AUTH')
    await ordinary.asks([{ queue: nKey, service: at.key }, '5', q.nid, 'NSUB'], 'ERR SERVICE')
  })

  for (const [kind, make] of Object.entries({ Ed448: bigSigningKey, X25519: dhKey }))
    test(`with a ${kind} key of the queue`, async () => {
      await using at = await scene()
      const key = make()
      const q = await at.r.creates({ notifierKey: key })
      await at.n.asks([at.n.both(key), '1', q.notifier?.nid ?? '', 'NSUB'], sok(at.id))
    })

  test('are for NEW, SUB and NSUB only', async () => {
    await using at = await scene()
    const m = await at.relay.connect({ service: makeService('messaging') })
    const q = await m.creates({ subscribe: true })
    await m.table(
      [m.both(q.key), '1', q.rid, 'GET', 'ERR SERVICE'],
      [m.both(q.key), '2', q.rid, 'OFF', 'ERR SERVICE'],
      [m.both(q.key), '3', q.sid, SEND('hello'), 'ERR SERVICE'],
      [q.key, '4', q.rid, 'SUB', 'ERR SERVICE'],
      [q.key, '5', q.rid, 'OFF', 'OK'],
    )
  })

  test('of SUBS and NSUBS are the only ones, with the service’s own id', async () => {
    await using at = await scene()
    const m = await at.relay.connect({ service: makeService('messaging') })
    const ms = asService(m)
    await at.n.table(
      [at.key, '1', unknownId(), 'NSUBS', 'ERR SERVICE'],
      [signingKey(), '2', at.id, 'NSUBS', 'ERR SERVICE'],
      [{ queue: at.key, service: at.key }, '3', at.id, 'NSUBS', 'ERR SERVICE'],
      [at.key, '4', at.id, 'NSUBS', soks(0)],
    )
    await m.table(
      [ms.key, '5', unknownId(), 'SUBS', 'ERR SERVICE'],
      [signingKey(), '6', ms.id, 'SUBS', 'ERR SERVICE'],
      [ms.key, '7', ms.id, 'SUBS', 'ERR CMD PROHIBITED'],
    )
    await at.r.table(
      [at.key, '8', at.id, 'NSUBS', 'ERR SERVICE'],
      [ms.key, '9', ms.id, 'SUBS', 'ERR SERVICE'],
    )
  })
})

describe('a messaging service', () => {
  test('makes queues that are its own, and subscribes to each', async () => {
    await using at = await scene()
    const messaging = makeService('messaging')
    const m = await at.relay.connect({ service: messaging })
    const key = signingKey()
    const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
    await m.asks([m.both(key), '1', '', NEW({ ...fields, subscribe: false })], 'ERR CMD PROHIBITED')
    const q = await m.creates({ subscribe: true })
    const { id } = asService(m)
    assert.equal((await at.relay.recordOf(q.rid)).serviceId, id)
    await m.asks([m.both(q.key), '2', q.rid, 'SUB'], sok(id))
    await at.r.asks([unsigned, '3', q.sid, SEND('hello')], 'OK')
    await m.hears(['', q.rid, 'MSG F hello'])
    const again = await at.relay.connect({ service: messaging })
    again.says([again.both(q.key), '4', q.rid, 'SUB'])
    await again.hears(['4', q.rid, sok(id)], ['', q.rid, 'MSG F hello'])
    await m.hears(['', q.rid, 'END'])
    // not of another service, nor of none
    const other = await at.relay.connect({ service: makeService('messaging') })
    other.says([other.both(q.key), '5', q.rid, 'SUB'])
    await other.hears(['5', q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
  })

  test('has its id in IDS from v16 on', async () => {
    await using at = await scene()
    for (const version of [16, 17, 18]) {
      const m = await at.relay.connect({ service: makeService('messaging'), version })
      const key = signingKey()
      const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey, subscribe: true }
      m.says([m.both(key), '1', '', NEW(fields, version)])
      const [, , ids] = await m.next()
      assert.ok(ids.includes(`1\x18${asService(m).id}`))
    }
  })
})

describe('the subscription of a service', () => {
  test('counts new notifiers, and repeats only from nothing', async () => {
    await using at = await scene()
    const [a, b, c] = [await at.makes(), await at.makes(), await at.makes()]
    for (const { nid } of [a, b, a, c, c])
      await at.n.asks([at.n.both(nKey), '1', nid, 'NSUB'], sok(at.id))
    const n2 = await at.relay.connect({ service })
    for (const { nid } of [a, b]) await n2.asks([n2.both(nKey), '2', nid, 'NSUB'], sok(at.id))
    await at.n.hears(ends(at.id, 3))
    const n3 = await at.relay.connect({ service })
    await n3.asks(NSUBS(n3), soks(3))
    await n2.hears(ends(at.id, 1))
    await n3.asks(NSUBS(n3), soks(3))
  })

  test('a repeated NSUBS takes nothing over', async () => {
    const held = new HeldStore()
    await using at = await scene({ held })
    await at.n.asks(NSUBS(at.n), soks(0))
    await at.n.asks([at.n.both(nKey), '1', (await at.makes()).nid, 'NSUB'], sok(at.id))
    await at.n.asks(NSUBS(at.n), soks(1))
    assert.equal(held.calls.get('subscribeService'), 1)
  })

  test('NSUBS after ENDS takes it over again', async () => {
    await using at = await scene()
    await at.n.asks([at.n.both(nKey), '1', (await at.makes()).nid, 'NSUB'], sok(at.id))
    const n2 = await at.relay.connect({ service })
    await n2.asks(NSUBS(n2), soks(1))
    await at.n.hears(ends(at.id, 1))
    await at.n.asks(NSUBS(at.n), soks(1))
    await n2.hears(ends(at.id, 1))
    await n2.asks([n2.both(nKey), '2', (await at.makes()).nid, 'NSUB'], sok(at.id))
    await at.n.hears(ends(at.id, 1))
  })

  test('an ordinary NSUB takes a notifier away: END, and one less', async () => {
    await using at = await scene()
    const [a, b] = [await at.makes(), await at.makes()]
    for (const { nid } of [a, b]) await at.n.asks([at.n.both(nKey), '1', nid, 'NSUB'], sok(at.id))
    const ordinary = await at.relay.connect()
    await ordinary.asks([nKey, '2', a.nid, 'NSUB'], 'SOK 0')
    await at.n.hears(['', a.nid, 'END'])
    assert.equal((await at.relay.recordOf(a.rid)).notifier?.service, undefined)
    const n2 = await at.relay.connect({ service })
    await n2.asks(NSUBS(n2), soks(1))
    await at.n.hears(ends(at.id, 1))
    // and back
    await n2.asks([n2.both(nKey), '3', a.nid, 'NSUB'], sok(at.id))
    await ordinary.hears(['', a.nid, 'END'])
  })

  test('another service takes a notifier over', async () => {
    await using at = await scene()
    const { nid } = await at.makes()
    await at.n.asks([at.n.both(nKey), '1', nid, 'NSUB'], sok(at.id))
    const other = await at.relay.connect({ service: otherService })
    await other.asks([other.both(nKey), '2', nid, 'NSUB'], sok(asService(other).id))
    await at.n.hears(['', nid, 'END'])
    const [n2, o2] = [
      await at.relay.connect({ service }),
      await at.relay.connect({ service: otherService }),
    ]
    await n2.asks(NSUBS(n2), soks(0))
    await at.n.hears(ends(at.id, 0))
    await o2.asks(NSUBS(o2), soks(1))
    await other.hears(ends(asService(o2).id, 1))
  })

  test('NKEY, NDEL and DEL elsewhere: DELD, and one less each', async () => {
    await using at = await scene()
    const all = [await at.makes(), await at.makes(), await at.makes(), await at.makes()]
    for (const { nid } of all) await at.n.asks([at.n.both(nKey), '1', nid, 'NSUB'], sok(at.id))
    const [a, b, c] = all
    assert.ok(a && b && c)
    await at.r.addsNotifier(a, nKey)
    await at.r.asks([b.key, '2', b.rid, 'NDEL'], 'OK')
    await at.r.asks([c.key, '3', c.rid, 'DEL'], 'OK')
    await at.n.hears(...[a, b, c].map(({ nid }): Heard => ['', nid, 'DELD']))
    const n2 = await at.relay.connect({ service })
    await n2.asks(NSUBS(n2), soks(1))
    await at.n.hears(ends(at.id, 1))
  })

  test('END and ENDS do not come before the answer to what they end', async () => {
    const held = new HeldStore()
    await using at = await scene({ held })
    const { nid } = await at.makes()
    const gate = held.hold('associateNotifiers', 'after')
    at.n.says([at.n.both(nKey), '1', nid, 'NSUB'])
    await gate.holds()
    const [n2, ordinary] = [await at.relay.connect({ service }), await at.relay.connect()]
    await ordinary.asks([nKey, '2', nid, 'NSUB'], 'SOK 0')
    await n2.asks(NSUBS(n2), soks(0))
    await at.n.hearsNothing()
    gate.release()
    await at.n.hears(['1', nid, sok(at.id)], ['', nid, 'END'], ends(at.id, 0))
  })

  test('of a block of NSUBs is one take-over and one call', async () => {
    const held = new HeldStore()
    await using at = await scene({ held })
    const all = await Promise.all(Array.from({ length: 5 }, at.makes))
    at.n.says(...all.map(({ nid }, i): Line => [at.n.both(nKey), `${i}`, nid, 'NSUB']))
    await at.n.hears(...all.map(({ nid }, i): Heard => [`${i}`, nid, sok(at.id)]))
    assert.equal(held.calls.get('subscribeService'), 1)
    assert.equal(held.calls.get('associateNotifiers'), 1)
    const n2 = await at.relay.connect({ service })
    await n2.asks(NSUBS(n2), soks(5))
    await at.n.hears(ends(at.id, 5))
  })

  test('ends with the connection, and the next one has what came meanwhile', () =>
    withTimers(async (advance) => {
      await using at = await scene({ notificationIntervalMs: 200 })
      const q = await at.makes()
      await at.n.asks([at.n.both(nKey), '1', q.nid, 'NSUB'], sok(at.id))
      at.n.leaves()
      await turn()
      await at.r.asks([unsigned, '2', q.sid, SEND('hello', 'T')], 'OK')
      await advance(200)
      const n2 = await at.relay.connect({ service })
      await n2.asks(NSUBS(n2), soks(1))
      await advance(200)
      await n2.hears(['', q.nid, 'NMSG'])
    }))

  test('keeps a connection from being closed as inactive', async () => {
    await using at = await scene()
    const [session] = [...at.relay.hub.listeners].slice(-1)
    assert.equal(session?.hasSubscriptions, false)
    await at.n.asks(NSUBS(at.n), soks(0))
    assert.equal(session?.hasSubscriptions, true)
  })

  test('of a store that is away: the connection is closed', async () => {
    const held = new HeldStore()
    await using at = await scene({ held })
    const gate = held.hold('subscribeService')
    at.n.says(NSUBS(at.n))
    await gate.holds()
    gate.fail(new StoreUnavailable('away'))
    await at.n.hearsNothing()
    assert.equal(at.n.connection.fate, 'closed by relay')
    assert.deepEqual(at.relay.faults.splice(0), ['NSUBS'])
  })
})
