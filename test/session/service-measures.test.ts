/** What sessions of services count. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Measures } from '../../src/measures/measures.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
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
import { makeService } from '../support/wire-service.ts'
import { HeldStore } from '../support/wire-store.ts'

const measured = async () => {
  const measures = new Measures()
  const held = new HeldStore()
  const all = await scene({ measures, held })
  return { ...all, held, services: measures.session.subscriptions.services, measures }
}

test('sessions of services are counted by role and outcome, and while they last', async () => {
  await using all = await measured()
  const { relay, services, held } = all
  const countsOf = (role: string) =>
    [...(services.hellos.find(role) ?? [])].filter(([, count]) => count > 0)
  const hellos = () => countsOf('notifier')
  assert.deepEqual([hellos(), services.open.get('notifier')], [[['done', 1]], 1])
  const asMessaging = { ...service, role: 'messaging' } as const
  await assert.rejects(relay.connect({ service: asMessaging }))
  assert.deepEqual(countsOf('messaging'), [['bad_service', 1]])
  held.answerSome('registerService', () => {
    throw new StoreUnavailable('gone')
  })
  await assert.rejects(relay.connect({ service: makeService('notifier') }))
  assert.deepEqual(relay.faults.splice(0), ['handshake: StoreUnavailable: gone'])
  assert.deepEqual(hellos(), [
    ['done', 1],
    ['failed', 1],
  ])
  all.n.leaves()
  await relay.disconnectAll()
  assert.equal(services.open.get('notifier'), 0)
  assert.equal(services.held.total, 0)
})

test('associations, subscriptions and their ends', async () => {
  await using all = await measured()
  const { relay, r, n, makes, id, services, measures } = all
  const q = await makes()
  for (const corrId of ['first', 'again'])
    await n.asks([n.both(nKey), corrId, q.nid, 'NSUB'], sok(id))
  assert.deepEqual(services.associations, { new: 1, duplicate: 1, updated: 0 })
  const other = await relay.connect({ service: makeService('notifier') })
  await other.asks([other.both(nKey), 'other', q.nid, 'NSUB'], sok(asService(other).id))
  await n.hears(['', q.nid, 'END'])
  assert.equal(services.associations.updated, 1)
  assert.equal(services.held.total, 2)
  assert.equal(services.notifiers.total, 1)
  await r.asks([nKey, 'plain', q.nid, 'NSUB'], 'SOK 0')
  await other.hears(['', q.nid, 'END'])
  assert.equal(services.associationsRemoved, 1)
  assert.equal(services.notifiers.total, 0)
  await n.asks(NSUBS(n, 'whole'), soks(0))
  await n.asks(NSUBS(n, 'repeated'), soks(0))
  assert.deepEqual(services.subscriptions, { done: 1, duplicate: 1 })
  const endings = measures.session.endings.sent
  const second = await relay.connect({ service })
  await second.asks(NSUBS(second), soks(0))
  await n.hears(ends(id, 0))
  assert.deepEqual([services.endings, measures.session.endings.sent], [1, endings])
  assert.equal(services.held.total, 2)
})

test('the notifiers of the services that are held, until they are not', async () => {
  await using all = await measured()
  const { relay, n, makes, services } = all
  for (const q of [await makes(), await makes()])
    await n.asks([n.both(nKey), 'nsub', q.nid, 'NSUB'], sok(all.id))
  assert.equal(services.notifiers.total, 2)
  const second = await relay.connect({ service })
  await second.asks(NSUBS(second), soks(2))
  await n.hears(ends(all.id, 2))
  assert.equal(services.notifiers.total, 2)
  second.leaves()
  await relay.disconnectAll()
  assert.equal(services.notifiers.total, 0)
})
