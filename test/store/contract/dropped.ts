/** What a store counts of what it drops, and of what operators block. */
import assert from 'node:assert/strict'
import type { QueueRecord, Subscriber } from '../../../src/store/store.ts'
import { newMessageId, newNotifier, newSubscriber } from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'
import { given, held, take, toldOften } from '../services.ts'

const { messageTtlSeconds: ttl, expiryIntervalSeconds: interval, queueQuota } = limits

/** Of a run of the store: more than the notifications that wait for one notifier. */
const MOST_PENDING = 128

type Read = (pod: Pod, queue: QueueRecord, subscriber: Subscriber) => Promise<unknown>

/** Every call that finds out what has expired. */
const reads: Readonly<Record<string, Read>> = {
  peekMessage: (pod, queue) => pod.store.peekMessage(queue),
  describeQueue: (pod, queue) => pod.store.describeQueue(queue),
  subscribe: (pod, queue, subscriber) => pod.store.subscribe([queue], subscriber),
  fetchHeads: (pod, { recipientId }, subscriber) => pod.store.fetchHeads([recipientId], subscriber),
  acknowledge: (pod, queue) => pod.store.acknowledge(queue, { messageId: newMessageId() }),
  appendMessage: (pod, queue) => pod.append(queue),
}

const messageCases = (check: Check): void => {
  for (const [name, read] of Object.entries(reads))
    check(`${name} counts the messages that it finds expired, once`, async (pod) => {
      const subscriber = newSubscriber()
      const queue = await pod.create({}, subscriber)
      await pod.append(queue)
      await pod.append(queue)
      pod.clock.advance(interval)
      await pod.append(queue)
      await read(pod, queue, subscriber)
      assert.equal(pod.measures.expiredMessages, 0)
      pod.clock.advance(ttl)
      for (const _ of ['first', 'again']) await read(pod, queue, subscriber)
      assert.equal(pod.measures.expiredMessages, 2)
    })

  check('what is acknowledged has not expired', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue)
    pod.clock.advance(interval)
    const { messageId } = await pod.append(queue)
    pod.clock.advance(ttl)
    await pod.store.acknowledge(queue, { messageId })
    assert.equal(pod.measures.expiredMessages, 1)
    await pod.append(queue)
    await pod.drain(queue)
    assert.equal(pod.measures.expiredMessages, 1)
  })

  check('a message that a full queue refuses finds out what has expired', async (pod) => {
    const queue = await pod.create()
    for (let count = 0; count < queueQuota; count += 1) {
      await pod.append(queue)
      pod.clock.advance(interval)
    }
    await pod.overflow(queue)
    pod.clock.advance(ttl - (queueQuota - 2) * interval)
    await pod.overflow(queue)
    assert.equal(pod.measures.expiredMessages, 2)
  })

  check('a marker and the messages of a deleted queue do not expire', async (pod) => {
    const queue = await pod.create()
    for (let count = 0; count < queueQuota; count += 1) await pod.append(queue)
    await pod.overflow(queue)
    pod.clock.advance(ttl + interval)
    await pod.store.peekMessage(queue)
    assert.equal(pod.measures.expiredMessages, queueQuota)
    await pod.store.deleteQueue(queue, 0)
    assert.equal(pod.measures.expiredMessages, queueQuota)
  })
}

/** With an acknowledged message each, so that the queue is never full. */
const notify = async (pod: Pod, queue: QueueRecord, count: number): Promise<void> => {
  for (let left = count; left > 0; left -= 1) {
    const { messageId } = await pod.append(queue, pod.notification())
    await pod.store.acknowledge(queue, { messageId })
  }
}

const notificationCases = (check: Check): void => {
  check('notifications that are taken too late are counted as expired', async (pod) => {
    const notifier = newNotifier()
    const subscriber = newSubscriber()
    const queue = await pod.create({ notifier })
    await pod.store.subscribeNotifiers([queue], subscriber)
    await notify(pod, queue, 2)
    pod.clock.advance(limits.notificationTtlSeconds + 1)
    assert.deepEqual(await pod.take(notifier.notifierId, subscriber), [])
    assert.deepEqual(pod.measures.droppedNotifications, { expired: 2, displaced: 0 })
    await pod.take(notifier.notifierId, subscriber)
    assert.equal(pod.measures.droppedNotifications.expired, 2)
  })

  check('so are those of a service', async (pod) => {
    const scene = await held(pod)
    const { queue } = await given(pod, scene.service)
    await notify(pod, queue, 3)
    await toldOften(pod, scene, 1)
    pod.clock.advance(limits.notificationTtlSeconds + 1)
    assert.deepEqual((await take(pod, scene)).notifications, [])
    assert.deepEqual(pod.measures.droppedNotifications, { expired: 3, displaced: 0 })
  })

  check('the oldest give way where too many wait, and are counted as that', async (pod) => {
    const queue = await pod.create({ notifier: newNotifier() })
    await notify(pod, queue, MOST_PENDING)
    assert.equal(pod.measures.droppedNotifications.displaced, 0)
    await notify(pod, queue, 2)
    assert.deepEqual(pod.measures.droppedNotifications, { expired: 0, displaced: 2 })
  })
}

export const droppedCases = (check: Check): void => {
  messageCases(check)
  notificationCases(check)

  check('queues that are blocked count, however often, until they are unblocked', async (pod) => {
    const queue = await pod.create()
    const block = async (reason: 'spam' | 'content') =>
      pod.store.blockQueue(await pod.load(queue), { reason })
    await block('spam')
    await block('content')
    assert.equal(pod.measures.blockedQueues, 1)
    await pod.store.unblockQueue(await pod.load(queue))
    assert.equal(pod.measures.blockedQueues, 1)
    await block('spam')
    assert.equal(pod.measures.blockedQueues, 2)
    await pod.store.blockQueue(queue, { reason: 'spam' })
    assert.equal(pod.measures.blockedQueues, 2, 'what an old record refuses')
  })
}
