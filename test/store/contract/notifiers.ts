/** Notifiers: who listens, what waits for them, and when they learn that they are gone. */
import assert from 'node:assert/strict'
import type {
  Notifier,
  QueueRecord,
  StoredNotification,
  StoreEvent,
  Subscriber,
} from '../../../src/store/store.ts'
import { again, newKey, newNotifier, newNumber, newSubscriber } from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const stale = { outcome: 'stale' }
const taken = { outcome: 'taken' }

/** Notifications that a store keeps for one notifier. */
const KEPT_NOTIFICATIONS = 128

const about = (
  type: 'ended' | 'deleted',
  { notifierId }: Notifier,
  { claim }: Subscriber,
): StoreEvent => ({ type, entityId: notifierId, claim })

const notified = ({ notifierId }: Notifier, { claim }: Subscriber): StoreEvent => ({
  type: 'notified',
  notifierId,
  claim,
})

interface Scene {
  readonly queue: QueueRecord
  readonly notifier: Notifier
  readonly listener: Subscriber
}

/** A queue with a notifier that somebody listens to. */
const listened = async (pod: Pod): Promise<Scene> => {
  const [notifier, listener] = [newNotifier(), newSubscriber()]
  const queue = await pod.create({ notifier })
  assert.deepEqual(await pod.store.subscribeNotifiers([queue], listener), [done])
  return { queue, notifier, listener }
}

/** Appends with a notification; the message does not stay, so that the queue is never full. */
const notify = async (pod: Pod, queue: QueueRecord): Promise<StoredNotification> => {
  const notification = pod.notification()
  const { messageId } = await pod.append(queue, notification)
  assert.deepEqual(await pod.store.acknowledge(queue, { messageId }), done)
  return notification
}

const addSubscribe = (check: Check): void => {
  check('a new listener ends the one before, by the claim that it had', async (pod) => {
    const { queue, notifier, listener: first } = await listened(pod)
    const [second, third] = [newSubscriber(), newSubscriber()]
    await pod.store.subscribeNotifiers([queue], second)
    assert.deepEqual(await pod.events.next(first.connection), about('ended', notifier, first))
    await pod.store.subscribeNotifiers([queue], third)
    assert.deepEqual(await pod.events.next(second.connection), about('ended', notifier, second))
    for (const listener of [first, second, third])
      assert.deepEqual(await pod.rest(queue, listener), [])
  })

  check('a connection that listens again is not ended, and has the new claim', async (pod) => {
    const { queue, notifier, listener: first } = await listened(pod)
    const second = again(first)
    assert.deepEqual(await pod.store.subscribeNotifiers([queue], second), [done])
    await notify(pod, queue)
    assert.deepEqual(await pod.rest(queue, first), [notified(notifier, second)])
  })

  check('listeners and subscribers do not end each other', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const subscriber = newSubscriber()
    await pod.store.subscribe([queue], subscriber)
    await pod.store.subscribeNotifiers([queue], again(listener))
    assert.deepEqual(await pod.rest(queue, subscriber), [])
    assert.deepEqual(await pod.rest(queue, listener), [])
    assert.deepEqual(await pod.take(notifier.notifierId, subscriber), [])
  })

  check('a batch is answered in order, and each queue for itself', async (pod) => {
    const listener = newSubscriber()
    const earlier = await listened(pod)
    const fresh = await pod.create({ notifier: newNotifier() })
    const none = await pod.create()
    const changed = await pod.create({ notifier: newNotifier() })
    await pod.store.secureQueue(changed, newKey())
    const batch = [changed, earlier.queue, none, fresh]
    const results = await pod.store.subscribeNotifiers(batch, listener)
    assert.deepEqual(results, [stale, done, stale, done])
    const event = await pod.events.next(earlier.listener.connection)
    assert.deepEqual(event, about('ended', earlier.notifier, earlier.listener))
    assert.deepEqual(await pod.store.subscribeNotifiers([], listener), [])
  })

  check('a listener that left is told nothing, and what comes is kept', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const held = { recipients: [], notifiers: [newNotifier().notifierId, notifier.notifierId] }
    await pod.store.release(newNumber(), held)
    const first = await notify(pod, queue)
    assert.deepEqual(await pod.events.next(listener.connection), notified(notifier, listener))
    await pod.store.release(listener.connection, held)
    const second = await notify(pod, queue)
    assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
    const next = newSubscriber()
    await pod.store.subscribeNotifiers([queue], next)
    same(await pod.take(notifier.notifierId, next), [first, second])
    assert.deepEqual(await pod.rest(queue, listener), [])
  })
}

const addNotifications = (check: Check): void => {
  check('a notification is told to the listener and taken once', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    for (let count = 0; count < 2; count++) {
      const notification = await notify(pod, queue)
      assert.deepEqual(await pod.events.next(listener.connection), notified(notifier, listener))
      same(await pod.take(notifier.notifierId, listener), [notification])
      assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
    }
  })

  check('every message that asks for it leaves a notification', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const notifications = [pod.notification(), pod.notification(), pod.notification()]
    const [first, second, third] = notifications
    await pod.append(queue, first)
    await pod.append(queue)
    await pod.append(queue, second)
    await pod.append(queue, third)
    same(await pod.take(notifier.notifierId, listener), notifications)
  })

  check('notifications of a queue without a notifier are dropped', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue, pod.notification())
    const [notifier, listener] = [newNotifier(), newSubscriber()]
    await pod.store.setNotifier(queue, notifier, listener.connection)
    await pod.store.subscribeNotifiers([await pod.load(queue)], listener)
    assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
  })

  check('a new listener is told what waits, and takes it oldest first', async (pod) => {
    const notifier = newNotifier()
    const queue = await pod.create({ notifier })
    const waiting: StoredNotification[] = []
    for (let count = 0; count < 5; count++) waiting.push(await notify(pod, queue))
    const listener = newSubscriber()
    await pod.store.subscribeNotifiers([queue], listener)
    assert.deepEqual(await pod.events.next(listener.connection), notified(notifier, listener))
    same(await pod.take(notifier.notifierId, listener, 2), waiting.slice(0, 2))
    // again: what still waits is told to the new claim
    const second = again(listener)
    await pod.store.subscribeNotifiers([queue], second)
    assert.deepEqual(await pod.events.next(listener.connection), notified(notifier, second))
    same(await pod.take(notifier.notifierId, listener, 2), waiting.slice(2, 4))
    same(await pod.take(notifier.notifierId, listener, 2), waiting.slice(4))
    await pod.store.subscribeNotifiers([queue], again(listener))
    assert.deepEqual(await pod.rest(queue, listener), [])
  })

  check('only the listener takes notifications', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const notification = await notify(pod, queue)
    const { notifierId } = notifier
    const next = newSubscriber()
    assert.deepEqual(await pod.take(notifierId, next), [])
    await pod.store.subscribeNotifiers([queue], next)
    assert.deepEqual(await pod.take(notifierId, listener), [])
    assert.deepEqual(await pod.take(newNotifier().notifierId, next), [])
    same(await pod.take(notifierId, next), [notification])
  })

  check(
    `the newest ${KEPT_NOTIFICATIONS} notifications are kept`,
    async (pod) => {
      const { queue, notifier, listener } = await listened(pod)
      const all: StoredNotification[] = []
      for (let count = 0; count < KEPT_NOTIFICATIONS + 3; count++)
        all.push(await notify(pod, queue))
      same(await pod.take(notifier.notifierId, listener), all.slice(3))
    },
    { limits: { queueQuota: KEPT_NOTIFICATIONS * 2 } },
  )

  check('notifications older than their time are not taken', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const ttl = limits.notificationTtlSeconds
    await notify(pod, queue)
    pod.clock.advance(1)
    const second = await notify(pod, queue)
    pod.clock.advance(ttl - 1)
    const third = await notify(pod, queue)
    const { notifierId } = notifier
    pod.clock.advance(1)
    same(await pod.take(notifierId, listener, 1), [second])
    same(await pod.take(notifierId, listener), [third])
    await notify(pod, queue)
    pod.clock.advance(ttl + 1)
    assert.deepEqual(await pod.take(notifierId, listener), [])
  })
}

const addChanges = (check: Check): void => {
  check(
    'a replaced notifier is told to its listener, and takes its notifications along',
    async (pod) => {
      const { queue, notifier, listener } = await listened(pod)
      await notify(pod, queue)
      const next = newNotifier()
      assert.deepEqual(await pod.store.setNotifier(queue, next, newNumber()), done)
      assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
      assert.deepEqual(await pod.find('notifier', [notifier.notifierId]), [undefined])
      const record = await pod.load(queue)
      same(await pod.find('notifier', [next.notifierId]), [record])

      const [nextListener, notification] = [newSubscriber(), await notify(pod, record)]
      await pod.store.subscribeNotifiers([record], nextListener)
      same(await pod.take(next.notifierId, nextListener), [notification])
      const events = [notified(notifier, listener), about('deleted', notifier, listener)]
      assert.deepEqual(await pod.rest(queue, listener), events)
    },
  )

  check(
    'a removed notifier is told to its listener, and takes its notifications along',
    async (pod) => {
      const { queue, notifier, listener } = await listened(pod)
      await notify(pod, queue)
      assert.deepEqual(await pod.store.removeNotifier(queue, newNumber()), done)
      assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
      assert.deepEqual(await pod.find('notifier', [notifier.notifierId]), [undefined])
      const record = await pod.load(queue)
      assert.deepEqual(await pod.store.subscribeNotifiers([record], listener), [stale])
      // the same id again: nothing of the earlier one is left
      assert.deepEqual(await pod.store.setNotifier(record, notifier, newNumber()), done)
      const next = newSubscriber()
      await pod.store.subscribeNotifiers([await pod.load(queue)], next)
      assert.deepEqual(await pod.take(notifier.notifierId, next), [])
      const events = [notified(notifier, listener), about('deleted', notifier, listener)]
      assert.deepEqual(await pod.rest(queue, listener), events)
    },
  )

  check('a notifier that its own listener replaces or removes is not told', async (pod) => {
    const { queue, listener } = await listened(pod)
    const { connection } = listener
    assert.deepEqual(await pod.store.setNotifier(queue, newNotifier(), connection), done)
    const record = await pod.load(queue)
    await pod.store.subscribeNotifiers([record], again(listener))
    assert.deepEqual(await pod.store.removeNotifier(record, connection), done)
    assert.deepEqual(await pod.rest(queue, listener), [])
  })

  check('a notifier that is not there is removed as well', async (pod) => {
    const queue = await pod.create()
    assert.deepEqual(await pod.store.removeNotifier(queue, newNumber()), done)
    assert.equal('notifier' in (await pod.load(queue)), false)
  })

  check('an id that another queue has is taken', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const notification = await notify(pod, queue)
    const present = newNotifier()
    for (const fields of [{}, { notifier: present }]) {
      const other = await pod.create(fields)
      const given = { ...newNotifier(), notifierId: notifier.notifierId }
      assert.deepEqual(await pod.store.setNotifier(other, given, newNumber()), taken)
      same(await pod.load(other), other)
    }
    same(await pod.find('notifier', [notifier.notifierId]), [queue])
    same(await pod.take(notifier.notifierId, listener), [notification])
    assert.deepEqual(await pod.rest(queue, listener), [notified(notifier, listener)])
  })

  check('the notifier of a deleted queue is told to its listener', async (pod) => {
    const { queue, notifier, listener } = await listened(pod)
    const subscriber = newSubscriber()
    await pod.store.subscribe([queue], subscriber)
    await notify(pod, queue)
    await pod.store.deleteQueue(queue, subscriber.connection)
    const { connection } = listener
    assert.deepEqual(await pod.events.next(connection), notified(notifier, listener))
    assert.deepEqual(await pod.events.next(connection), about('deleted', notifier, listener))
    assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
  })
}

export const notifierCases = (check: Check): void => {
  addSubscribe(check)
  addNotifications(check)
  addChanges(check)
}
