/** What two pods of one cluster owe each other: everything but the numbers of their connections. */
import assert from 'node:assert/strict'
import type { StoreEvent } from '../../../src/store/store.ts'
import { newKey, newLink, newNotifier, newNumber, newSubscriber } from '../builders.ts'
import { type Check, type Pod, recordOf } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const stale = { outcome: 'stale' }

type TwoPods = (here: Pod, there: Pod) => Promise<void>

const cases: Readonly<Record<string, TwoPods>> = {
  async 'a queue made through one pod is served by the other'(here, there) {
    const queue = await here.create({ link: newLink(), notifier: newNotifier() })
    same(await there.load(queue), queue)
    const message = await there.append(queue)
    same(await here.drain(queue), [message])
  },

  async 'a change made through one pod is in the fresh record of the other'(here, there) {
    const made = await here.create({ link: newLink() })
    const queue = await there.load(made)
    await here.store.secureQueue(queue, newKey())
    const secured = await there.load(made)
    same(await here.load(made), secured)
    same(await there.find('sender', [made.senderId]), [secured])
    assert.deepEqual(await there.store.secureQueue(queue, newKey()), stale)
    await there.store.blockQueue(secured, { reason: 'spam' })
    await here.store.unblockQueue(await here.load(made))
    assert.deepEqual((await there.load(made)).status, { state: 'active' })
    await there.store.deleteLinkData(await there.load(made))
    assert.ok(made.linkId)
    assert.deepEqual(await here.find('link', [made.linkId]), [undefined])
    await here.store.deleteQueue(await here.load(made), newNumber())
    assert.deepEqual(await there.find('recipient', [made.recipientId]), [undefined])
  },

  async 'a record that is not fresh holds, or is refused as old'(here, there) {
    const queue = await here.create()
    const byPod = async (pod: Pod) => {
      const record = recordOf((await pod.store.loadQueues('sender', [queue.senderId]))[0])
      assert.ok(record)
      const { revision } = await pod.load(queue)
      const append = await pod.store.appendMessage(record, { message: pod.message() })
      assert.deepEqual(append, record.revision === revision ? done : stale)
    }
    await byPod(there)
    await here.store.secureQueue(queue, newKey())
    for (const pod of [here, there]) await byPod(pod)
    await there.store.suspendQueue(await there.load(queue))
    for (const pod of [here, there]) await byPod(pod)
  },

  async 'an id that was not in use is found once another pod uses it'(here, there) {
    const [link, notifier] = [newLink(), newNotifier()]
    assert.deepEqual(await there.find('link', [link.linkId]), [undefined])
    assert.deepEqual(await there.find('notifier', [notifier.notifierId]), [undefined])
    const queue = await here.create({ link, notifier })
    same(await there.find('link', [link.linkId]), [queue])
    same(await there.find('notifier', [notifier.notifierId]), [queue])
  },

  async 'a message reaches the subscriber through the other pod'(here, there) {
    const subscriber = newSubscriber()
    const queue = await here.create({}, subscriber)
    const { recipientId } = queue
    for (let count = 0; count < 3; count++) {
      const message = await there.append(queue)
      const event = await here.events.next(subscriber.connection)
      assert.ok(event.type === 'available')
      assert.deepEqual([event.recipientId, event.claim], [recipientId, subscriber.claim])
      same(event.message ?? message, message)
      same(await here.heads([recipientId], subscriber), [message])
      const { messageId } = message
      assert.deepEqual(await here.store.acknowledge(queue, { messageId, subscriber }), done)
    }
  },

  async 'connections of one number on two pods are two'(here, there) {
    const subscriber = newSubscriber()
    const { connection } = subscriber
    const queue = await here.create({}, subscriber)
    const message = await here.append(queue)
    const { recipientId } = queue
    const { messageId } = message
    assert.deepEqual(await there.heads([recipientId], subscriber), ['lost'])
    const acknowledged = await there.store.acknowledge(queue, { messageId, subscriber })
    assert.deepEqual(acknowledged, { outcome: 'lost' })
    await there.store.release(connection, { recipients: [recipientId], notifiers: [] })
    same(await here.heads([recipientId], subscriber), [message])
    await there.store.subscribe([queue], subscriber)
    assert.deepEqual(await here.heads([recipientId], subscriber), ['lost'])
    assert.equal((await here.events.next(connection)).type, 'available')
    const ended: StoreEvent = { type: 'ended', entityId: recipientId, claim: subscriber.claim }
    assert.deepEqual(await here.events.next(connection), ended)
    assert.deepEqual(await there.rest(queue, subscriber), [])
  },

  async 'listeners of one number on two pods are two'(here, there) {
    const [notifier, listener] = [newNotifier(), newSubscriber()]
    const { notifierId } = notifier
    const { connection, claim } = listener
    const queue = await here.create({ notifier })
    await here.store.subscribeNotifiers([queue], listener)
    const notification = there.notification()
    await there.append(queue, notification)
    assert.deepEqual(await there.take(notifierId, listener), [])
    await there.store.release(connection, { recipients: [], notifiers: [notifierId] })
    await there.store.subscribeNotifiers([queue], listener)
    const told = [await here.events.next(connection), await here.events.next(connection)]
    const events: StoreEvent[] = [
      { type: 'notified', notifierId, claim },
      { type: 'ended', entityId: notifierId, claim },
    ]
    assert.deepEqual(told, events)
    assert.deepEqual(await here.take(notifierId, listener), [])
    same(await there.take(notifierId, listener), [notification])
  },

  async 'who deletes is one connection of one pod'(here, there) {
    const [subscriber, listener, notifier] = [newSubscriber(), newSubscriber(), newNotifier()]
    const queue = await here.create({ notifier }, subscriber)
    await here.store.subscribeNotifiers([queue], listener)
    await there.store.deleteQueue(queue, subscriber.connection)
    const { recipientId } = queue
    const { notifierId } = notifier
    const deleted: StoreEvent = { type: 'deleted', entityId: recipientId, claim: subscriber.claim }
    assert.deepEqual(await here.events.next(subscriber.connection), deleted)
    const gone: StoreEvent = { type: 'deleted', entityId: notifierId, claim: listener.claim }
    assert.deepEqual(await here.events.next(listener.connection), gone)
  },

  async 'who replaces or removes a notifier is one connection of one pod'(here, there) {
    const [listener, notifier] = [newSubscriber(), newNotifier()]
    const { connection, claim } = listener
    const queue = await here.create({ notifier })
    await here.store.subscribeNotifiers([queue], listener)
    const next = newNotifier()
    await there.store.setNotifier(queue, next, connection)
    const deleted = (entityId: typeof next.notifierId): StoreEvent => ({
      type: 'deleted',
      entityId,
      claim,
    })
    assert.deepEqual(await here.events.next(connection), deleted(notifier.notifierId))
    const record = await here.load(queue)
    await here.store.subscribeNotifiers([record], listener)
    await there.store.removeNotifier(await there.load(queue), connection)
    assert.deepEqual(await here.events.next(connection), deleted(next.notifierId))
  },

  async 'news of a notifier that was replaced is not of the next one'(here, there) {
    const [listener, next] = [newSubscriber(), newSubscriber()]
    const [notifier, nextNotifier] = [newNotifier(), newNotifier()]
    const queue = await here.create({ notifier })
    await here.store.subscribeNotifiers([queue], listener)
    await there.append(queue, there.notification())
    await there.store.setNotifier(queue, nextNotifier, newNumber())
    const record = await here.load(queue)
    await here.store.subscribeNotifiers([record], next)
    const notification = there.notification()
    await there.append(await there.load(queue), notification)

    const { connection, claim } = listener
    const { notifierId } = notifier
    const deleted: StoreEvent = { type: 'deleted', entityId: notifierId, claim }
    await here.events.hold(connection, (events) => events.some(({ type }) => type === 'deleted'))
    // what was notified is gone with the notifier: that may be told or not
    const isOld = ({ type }: StoreEvent) => type === 'notified'
    const told = here.events.unread(connection)
    for (const event of told.filter(isOld))
      assert.deepEqual(event, { type: 'notified', notifierId, claim })
    assert.deepEqual(
      told.filter((event) => !isOld(event)),
      [deleted],
    )
    same(await here.take(nextNotifier.notifierId, next), [notification])
    const own = { type: 'notified', notifierId: nextNotifier.notifierId, claim: next.claim }
    assert.deepEqual(await here.rest(queue, next), [own])
    assert.deepEqual(await here.rest(queue, listener), [])
  },

  async 'a block through one pod reaches the subscriber on the other'(here, there) {
    const subscriber = newSubscriber()
    const queue = await here.create({}, subscriber)
    const { recipientId } = queue
    const blocking = { reason: 'content', notice: { ttlSeconds: 60 } } as const
    await there.store.blockQueue(queue, blocking)
    const { claim } = subscriber
    const blocked: StoreEvent = { type: 'blocked', recipientId, blocking, claim }
    assert.deepEqual(await here.events.next(subscriber.connection), blocked)
  },

  async 'a subscription that hops between pods is ended each time'(here, there) {
    const subscribers = [newSubscriber(), newSubscriber(), newSubscriber(), newSubscriber()]
    const queue = await here.create()
    for (const [index, subscriber] of subscribers.entries())
      await (index % 2 === 0 ? here : there).store.subscribe([queue], subscriber)
    const last = subscribers.length - 1
    for (const [index, { connection, claim }] of [...subscribers.entries()].reverse()) {
      const ended = { type: 'ended', entityId: queue.recipientId, claim }
      const events = await (index % 2 === 0 ? here : there).rest(queue, { connection })
      assert.deepEqual(events, index === last ? [] : [ended])
    }
  },
}

export const podCases = (check: Check): void => {
  for (const [name, run] of Object.entries(cases)) check(name, run, { pods: 2 })
}
