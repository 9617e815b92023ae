/**
 * Services: one id for a certificate, the notifiers that are theirs, and who holds them. Each case
 * has the service on one pod and its queues on another, which are one and the same where there is
 * one.
 */
import assert from 'node:assert/strict'
import { serviceIdOf } from '../../../src/protocol/ids.ts'
import type { QueueRecord, StoredNotification, Subscriber } from '../../../src/store/store.ts'
import { again, bytes, newKey, newNotifier, newNumber, newSubscriber } from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'
import { same } from '../same.ts'
import {
  about,
  countOf,
  given,
  held,
  joined,
  newCertificate,
  notify,
  of,
  register,
  take,
  told,
  toldOften,
} from '../services.ts'

const done = { outcome: 'done' }
const stale = { outcome: 'stale' }
const wasThere = { outcome: 'done', isNew: false }
const none = { notifications: [], hasMore: false }

type Case = (here: Pod, there: Pod) => Promise<void>

const registration: Readonly<Record<string, Case>> = {
  async 'a certificate has one id for ever'(here, there) {
    const certificate = newCertificate()
    const service = await register(here, certificate)
    assert.equal(service.serviceId.length, 24)
    for (const pod of [here, there, here]) same(await register(pod, certificate), service)
    const other = await register(there)
    assert.notEqual(other.serviceId, service.serviceId)
    assert.notEqual(other.name, service.name)
  },

  async 'a certificate is bound to its first role'(here, there) {
    for (const role of ['messaging', 'notifier', 'proxy'] as const) {
      const certificate = newCertificate(role)
      const service = await register(here, certificate)
      for (const other of ['messaging', 'notifier', 'proxy'] as const)
        if (other !== role) {
          const refused = await there.store.registerService({ ...certificate, role: other })
          assert.deepEqual(refused, { outcome: 'refused' })
        }
      same(await register(there, certificate), service)
    }
  },

  async 'of many that register at once all get one id, or are refused'(here, there) {
    for (let round = 0; round < 5; round++) {
      const { hash } = newCertificate()
      const asked = Array.from({ length: 12 }, (_, index) => {
        const role = index % 3 === 0 ? 'messaging' : 'notifier'
        return (index % 2 === 0 ? here : there).store.registerService({ hash, role })
      })
      const answers = await Promise.all(asked)
      const services = answers.flatMap((one) => (one.outcome === 'done' ? [one.service] : []))
      assert.equal(new Set(services.map(({ serviceId }) => serviceId)).size, 1)
      const isMessaging = answers[0]?.outcome === 'done'
      assert.equal(services.length, isMessaging ? 4 : 8)
    }
  },

  async 'a queue remembers the messaging service that made it'(here, there) {
    const serviceId = serviceIdOf(bytes(24))
    const queue = await here.create({ serviceId })
    assert.equal(queue.serviceId, serviceId)
    same(await there.load(queue), queue)
    await there.store.secureQueue(await there.load(queue), newKey())
    assert.equal((await here.load(queue)).serviceId, serviceId)
  },
}

const association: Readonly<Record<string, Case>> = {
  async 'a notifier becomes the service’s once, and its record says so'(here, there) {
    const service = await register(here)
    const notifier = newNotifier()
    const before = await there.create({ notifier })
    assert.deepEqual(await there.store.associateNotifiers([before], service), [joined])
    assert.deepEqual(await there.store.associateNotifiers([before], service), [stale])
    const queue = await here.load(before)
    same(queue.notifier, { ...notifier, service })
    assert.deepEqual(await here.store.associateNotifiers([queue], service), [wasThere])
    same(await there.load(before), queue)
    assert.equal(await countOf(here, service), 1)
  },

  async 'all are counted, whichever pods they are made through'(here, there) {
    const service = await register(here)
    assert.equal(await countOf(there, service), 0)
    for (let count = 1; count <= 4; count++) {
      await given(count % 2 === 0 ? here : there, service)
      assert.equal(await countOf(here, service), count)
    }
  },

  async 'a batch is answered in order, and each queue for itself'(here, there) {
    const service = await register(here)
    const [first, second] = [await given(there, service), newNotifier()]
    const fresh = await there.create({ notifier: second })
    const without = await there.create()
    const changed = await there.create({ notifier: newNotifier() })
    await there.store.secureQueue(changed, newKey())
    const batch = [changed, first.queue, without, fresh]
    const results = await there.store.associateNotifiers(batch, service)
    assert.deepEqual(results, [stale, wasThere, stale, joined])
    assert.deepEqual(await there.store.associateNotifiers([], service), [])
  },

  async 'who listened alone is ended'(here, there) {
    const { service } = await held(here)
    const [notifier, listener] = [newNotifier(), newSubscriber()]
    const queue = await there.create({ notifier })
    await there.store.subscribeNotifiers([queue], listener)
    await here.store.associateNotifiers([await here.load(queue)], service)
    assert.deepEqual(
      await there.events.next(listener.connection),
      about('ended', notifier, listener),
    )
    await notify(there, await there.load(queue))
    assert.deepEqual(await there.take(notifier.notifierId, listener), [])
  },

  async 'who listens alone has it back, and the holder is told'(here, there) {
    const scene = await held(here)
    const { queue, notifier } = await given(there, scene.service)
    await given(there, scene.service)
    const listener = newSubscriber()
    assert.deepEqual(await there.store.subscribeNotifiers([queue], listener), [done])
    const event = await here.events.next(scene.holder.connection)
    assert.deepEqual(event, about('ended', notifier, scene.holder))
    same((await here.load(queue)).notifier, notifier)
    const notification = await notify(here, await here.load(queue))
    const news = { type: 'notified', notifierId: notifier.notifierId, claim: listener.claim }
    assert.deepEqual(await there.events.next(listener.connection), news)
    same(await there.take(notifier.notifierId, listener), [notification])
    assert.deepEqual(await take(here, scene), none)
    assert.equal(await countOf(here, scene.service), 1)
  },

  async 'what waits goes with the notifier'(here, there) {
    const scene = await held(here)
    const [first, second] = [await given(there, scene.service), newNotifier()]
    const kept = await notify(there, first.queue)
    const listener = newSubscriber()
    await there.store.subscribeNotifiers([first.queue], listener)
    assert.deepEqual(await take(here, scene), none)
    same(await there.take(first.notifier.notifierId, listener), [kept])

    const queue = await there.create({ notifier: second })
    const waiting = await notify(there, queue)
    await toldOften(here, scene, 1)
    await there.store.associateNotifiers([queue], scene.service)
    await toldOften(here, scene, 2)
    same((await take(here, scene)).notifications, of(second, waiting))
  },

  async 'another service takes it, and the one before is told'(here, there) {
    const before = await held(here)
    const { queue, notifier } = await given(there, before.service)
    const notification = await notify(there, queue)
    const after = await held(there)
    assert.deepEqual(await there.store.associateNotifiers([queue], after.service), [joined])
    await here.events.hold(before.holder.connection, (events) =>
      events.some(({ type }) => type === 'ended'),
    )
    const ended = here.events.unread(before.holder.connection).at(-1)
    assert.deepEqual(ended, about('ended', notifier, before.holder))
    const news = await there.events.next(after.holder.connection)
    assert.deepEqual(news, told('service-notified', after.holder))
    same((await take(there, after)).notifications, of(notifier, notification))
    assert.deepEqual(await take(here, before), none)
    assert.equal(await countOf(here, before.service), 0)
    assert.equal(await countOf(here, after.service), 1)
  },
}

const holders: Readonly<Record<string, Case>> = {
  async 'a new holder ends the one before, by the claim that it had'(here, there) {
    const { service, holder: first } = await held(here)
    const second = newSubscriber()
    await there.store.subscribeService(service, second)
    assert.deepEqual(await here.events.next(first.connection), told('service-ended', first))
    const third = newSubscriber()
    await here.store.subscribeService(service, third)
    assert.deepEqual(await there.events.next(second.connection), told('service-ended', second))
    assert.deepEqual(here.events.unread(third.connection), [])
  },

  async 'a connection that subscribes again is not ended, and has the new claim'(here, there) {
    const { service, holder: first } = await held(here)
    const second = again(first)
    await here.store.subscribeService(service, second)
    const { queue } = await given(there, service)
    await notify(there, queue)
    const news = await here.events.next(first.connection)
    assert.deepEqual(news, told('service-notified', second))
  },

  async 'of many that subscribe at once one holds it, and the others are told'(here, there) {
    const service = await register(here)
    const { queue, notifier } = await given(there, service)
    const all = Array.from({ length: 8 }, newSubscriber)
    const podOf = (index: number): Pod => (index % 2 === 0 ? here : there)
    await Promise.all(all.map((one, i) => podOf(i).store.subscribeService(service, one)))
    const isEnded = ({ connection }: Subscriber, index: number): boolean =>
      podOf(index)
        .events.all(connection)
        .some(({ type }) => type === 'service-ended')
    const fence = newSubscriber()
    await here.store.subscribeService(service, fence)
    for (const [index, { connection }] of all.entries())
      await podOf(index).events.hold(connection, (events) => events.length > 0)
    assert.equal(all.filter(isEnded).length, all.length)
    const notification = await notify(there, queue)
    assert.deepEqual(await here.events.next(fence.connection), told('service-notified', fence))
    same((await take(here, { service, holder: fence })).notifications, of(notifier, notification))
  },

  async 'a holder that left is told nothing, and what comes is kept'(here, there) {
    const { service, holder } = await held(here)
    const { queue, notifier } = await given(there, service)
    await here.store.release(holder.connection, { recipients: [], notifiers: [], service })
    const notification = await notify(there, queue)
    assert.deepEqual(await take(here, { service, holder }), none)
    const next = newSubscriber()
    assert.equal((await there.store.subscribeService(service, next)).count, 1)
    assert.deepEqual(await there.events.next(next.connection), told('service-notified', next))
    same((await take(there, { service, holder: next })).notifications, of(notifier, notification))
    assert.deepEqual(here.events.unread(holder.connection), [])
  },

  async 'operators see that its notifiers are listened to'(here, there) {
    const { service, holder } = await held(here)
    const { queue } = await given(there, service)
    const isHeard = async () => {
      const found = await here.store.subscriptionsOf(await here.load(queue))
      return found.outcome === 'done' && found.notifier
    }
    assert.equal(await isHeard(), true)
    await here.store.release(holder.connection, { recipients: [], notifiers: [], service })
    assert.equal(await isHeard(), false)
  },

  async 'only its own release ends a claim'(here, there) {
    const { service, holder } = await held(here)
    const { queue } = await given(there, service)
    const held2 = { recipients: [], notifiers: [], service }
    await there.store.release(newNumber(), held2)
    await notify(there, queue)
    const news = await here.events.next(holder.connection)
    assert.deepEqual(news, told('service-notified', holder))
  },
}

const notifications: Readonly<Record<string, Case>> = {
  async 'notifications of all its notifiers are told to the holder and taken once'(here, there) {
    const scene = await held(here)
    const [first, second] = [await given(there, scene.service), await given(here, scene.service)]
    for (const one of [first, second, first]) {
      const notification = await notify(there, await there.load(one.queue))
      const event = await here.events.next(scene.holder.connection)
      assert.deepEqual(event, told('service-notified', scene.holder))
      const taken = await take(here, scene)
      same(taken, { notifications: of(one.notifier, notification), hasMore: false })
      assert.deepEqual(await take(here, scene), none)
    }
  },

  async 'only the holder takes notifications'(here, there) {
    const scene = await held(here)
    const { queue, notifier } = await given(there, scene.service)
    const notification = await notify(there, queue)
    const stranger = { service: scene.service, holder: newSubscriber() }
    assert.deepEqual(await take(there, stranger), none)
    assert.deepEqual(await there.take(notifier.notifierId, stranger.holder), [])
    await here.events.next(scene.holder.connection)
    same((await take(here, scene)).notifications, of(notifier, notification))
  },

  async 'a new holder is told what waits, and takes it in portions'(here, there) {
    const service = await register(here)
    const kept = new Map<string, StoredNotification[]>()
    const all = [
      await given(there, service),
      await given(there, service),
      await given(here, service),
    ]
    for (let count = 0; count < 4; count++)
      for (const { queue, notifier } of all) {
        const notification = await notify(there, await there.load(queue))
        kept.set(notifier.notifierId, [...(kept.get(notifier.notifierId) ?? []), notification])
      }
    const scene = await held(here, service)
    const event = await here.events.next(scene.holder.connection)
    assert.deepEqual(event, told('service-notified', scene.holder))
    const taken = new Map<string, StoredNotification[]>()
    for (;;) {
      const { notifications: some, hasMore } = await take(here, scene, 5)
      assert.ok(some.length <= 5)
      for (const { notifierId, ...one } of some)
        taken.set(notifierId, [...(taken.get(notifierId) ?? []), one])
      if (!hasMore) break
      assert.ok(some.length > 0, 'the store gets on')
    }
    same(new Map([...taken].sort()), new Map([...kept].sort()))
    for (const [id, some] of kept) same(taken.get(id), some)
    assert.deepEqual(await take(here, scene), none)
  },

  async 'what has expired is not said to wait, however little is taken at a time'(here, there) {
    const scene = await held(here)
    const all = [
      await given(there, scene.service),
      await given(there, scene.service),
      await given(here, scene.service),
    ]
    for (const { queue } of all) await notify(there, queue)
    await toldOften(here, scene, 1)
    here.clock.advance(limits.notificationTtlSeconds + 1)
    assert.deepEqual(await take(here, scene, 1), none)
  },

  async 'those older than their time are not taken'(here, there) {
    const scene = await held(here)
    const { queue, notifier } = await given(there, scene.service)
    await notify(there, queue)
    here.clock.advance(1)
    const second = await notify(there, queue)
    here.clock.advance(limits.notificationTtlSeconds)
    await toldOften(here, scene, 1)
    same((await take(here, scene)).notifications, of(notifier, second))
    await notify(there, queue)
    here.clock.advance(limits.notificationTtlSeconds + 1)
    assert.deepEqual((await take(here, scene)).notifications, [])
  },

  async 'a notifier that is removed, replaced or deleted is told and takes its own along'(
    here,
    there,
  ) {
    const scene = await held(here)
    const removals: readonly ((queue: QueueRecord) => Promise<unknown>)[] = [
      (queue) => there.store.removeNotifier(queue, newNumber()),
      (queue) => there.store.setNotifier(queue, newNotifier(), newNumber()),
      (queue) => there.store.deleteQueue(queue, newNumber()),
    ]
    for (const remove of removals) {
      const { queue, notifier } = await given(there, scene.service)
      await notify(there, queue)
      assert.deepEqual(await remove(queue), done)
      const deleted = about('deleted', notifier, scene.holder)
      await here.events.hold(scene.holder.connection, (events) =>
        events.some((event) => JSON.stringify(event) === JSON.stringify(deleted)),
      )
      assert.deepEqual((await take(here, scene)).notifications, [])
    }
    assert.equal(await countOf(here, scene.service), 0)
  },

  async 'a service of another time has nothing'(here, there) {
    const { service } = await held(here)
    await given(there, service)
    const stranger = await held(there)
    assert.equal(await countOf(here, stranger.service), 0)
    assert.deepEqual(await take(there, stranger), none)
  },
}

const all: Readonly<Record<string, Case>> = {
  ...registration,
  ...association,
  ...holders,
  ...notifications,
}

export const serviceCases = (check: Check): void => {
  for (const [name, run] of Object.entries(all)) check(name, (pod) => run(pod, pod))
}

export const podServiceCases = (check: Check): void => {
  for (const [name, run] of Object.entries(all))
    check(name, (here, there) => run(here, there ?? here), { pods: 2 })
}
