/** Subscriptions: one connection has a queue, and what it and its predecessors are told. */
import assert from 'node:assert/strict'
import type { Blocking } from '../../../src/protocol/error.ts'
import type { QueueRecord, StoreEvent, Subscriber } from '../../../src/store/store.ts'
import {
  again,
  type Message,
  newKey,
  newNotifier,
  newNumber,
  newQueue,
  newSubscriber,
} from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const stale = { outcome: 'stale' }

const ended = ({ recipientId }: QueueRecord, { claim }: Subscriber): StoreEvent => ({
  type: 'ended',
  entityId: recipientId,
  claim,
})

const deleted = ({ recipientId }: QueueRecord, { claim }: Subscriber): StoreEvent => ({
  type: 'deleted',
  entityId: recipientId,
  claim,
})

const blocked = (
  { recipientId }: QueueRecord,
  { claim }: Subscriber,
  blocking: Blocking,
): StoreEvent => ({ type: 'blocked', recipientId, blocking, claim })

/** The event tells of the message, which it may bring; if not, the message can be fetched. */
const isAvailable = async (
  pod: Pod,
  event: StoreEvent | undefined,
  expected: { queue: QueueRecord; subscriber: Subscriber; message: Message },
): Promise<void> => {
  const { queue, subscriber, message } = expected
  const { recipientId } = queue
  assert.ok(event?.type === 'available')
  const { message: brought = message, acceptedAt: _, ...rest } = event
  same(rest, { type: 'available', recipientId, claim: subscriber.claim })
  same(brought, message)
  same(await pod.heads([recipientId], subscriber), [message])
}

const addTakeOver = (check: Check): void => {
  check('a queue without messages is subscribed to', async (pod) => {
    const queue = await pod.create()
    assert.deepEqual(await pod.store.subscribe([queue], newSubscriber()), [done])
  })

  check('a subscriber gets the head', async (pod) => {
    const queue = await pod.create()
    const head = await pod.append(queue)
    await pod.append(queue)
    same(await pod.store.subscribe([queue], newSubscriber()), [{ outcome: 'done', head }])
  })

  check('a new subscriber ends the one before, by the claim that it had', async (pod) => {
    const [first, second, third] = [newSubscriber(), newSubscriber(), newSubscriber()]
    const queue = await pod.create()
    await pod.store.subscribe([queue], first)
    await pod.store.subscribe([queue], second)
    assert.deepEqual(await pod.events.next(first.connection), ended(queue, first))
    await pod.store.subscribe([queue], third)
    assert.deepEqual(await pod.events.next(second.connection), ended(queue, second))
    for (const subscriber of [third, first, second])
      assert.deepEqual(await pod.rest(queue, subscriber), [])
  })

  check('the creator of a queue is its subscriber', async (pod) => {
    const [creator, next] = [newSubscriber(), newSubscriber()]
    const queue = await pod.create({}, creator)
    await pod.store.subscribe([queue], next)
    assert.deepEqual(await pod.events.next(creator.connection), ended(queue, creator))
  })

  check('a connection that subscribes again is not ended, and has the new claim', async (pod) => {
    const first = newSubscriber()
    const [second, third] = [again(first), again(first)]
    const queue = await pod.create({}, first)
    const head = await pod.append(queue)
    await isAvailable(pod, await pod.events.next(first.connection), {
      queue,
      subscriber: first,
      message: head,
    })
    for (const subscriber of [second, third])
      same(await pod.store.subscribe([queue], subscriber), [{ outcome: 'done', head }])
    await pod.store.subscribe([queue], newSubscriber())
    assert.deepEqual(await pod.events.next(first.connection), ended(queue, third))
    assert.deepEqual(await pod.rest(queue, first), [])
  })

  check('a batch is answered in order, and each queue for itself', async (pod) => {
    const subscriber = newSubscriber()
    const earlier = newSubscriber()
    const [changed, gone, empty, owned] = [
      await pod.create(),
      await pod.create(),
      await pod.create(),
      await pod.create({}, earlier),
    ]
    const head = await pod.append(owned)
    await pod.store.secureQueue(changed, newKey())
    await pod.store.deleteQueue(gone, newNumber())
    const unknown = { ...newQueue(), status: { state: 'active' }, revision: 1 } as const
    const batch = [changed, owned, gone, empty, unknown]
    const expected = [stale, { outcome: 'done', head }, stale, done, stale]
    same(await pod.store.subscribe(batch, subscriber), expected)
    assert.equal((await pod.events.next(earlier.connection)).type, 'available')
    assert.deepEqual(await pod.events.next(earlier.connection), ended(owned, earlier))
    assert.deepEqual(await pod.store.subscribe([], subscriber), [])
  })

  check('a batch of many queues brings each its own head', async (pod) => {
    const queues = await Promise.all(Array.from({ length: 140 }, () => pod.create()))
    const filled = queues.filter((_, index) => index % 3 !== 0)
    const heads = new Map<QueueRecord, Message>()
    for (const queue of filled) heads.set(queue, await pod.append(queue))
    const subscriber = newSubscriber()
    const results = await pod.store.subscribe(queues, subscriber)
    const headOf = (queue: QueueRecord) => heads.get(queue)
    const expected = queues.map(headOf).map((head) => (head ? { ...done, head } : done))
    same(results, expected)
    const ids = queues.map(({ recipientId }) => recipientId)
    same(await pod.heads(ids, subscriber), queues.map(headOf))
  })
}

const addAvailable = (check: Check): void => {
  check('a message for an empty queue is told to the present claim only', async (pod) => {
    const [earlier, first] = [newSubscriber(), newSubscriber()]
    const subscriber = again(first)
    const queue = await pod.create({}, earlier)
    await pod.store.subscribe([queue], first)
    await pod.store.subscribe([queue], subscriber)
    const message = await pod.append(queue)
    const event = await pod.events.next(subscriber.connection)
    await isAvailable(pod, event, { queue, subscriber, message })
    assert.deepEqual(await pod.rest(queue, subscriber), [])
    assert.deepEqual(await pod.rest(queue, earlier), [ended(queue, earlier)])
  })

  check('a message for a queue with messages is told to nobody', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create()
    const first = await pod.append(queue)
    await pod.store.subscribe([queue], subscriber)
    const second = await pod.append(queue)
    const { messageId } = first
    await pod.store.acknowledge(queue, { messageId, subscriber })
    await pod.append(queue)
    same(await pod.heads([queue.recipientId], subscriber), [second])
    assert.deepEqual(await pod.rest(queue, subscriber), [])
  })

  check('each message for a queue that was emptied is told', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create({}, subscriber)
    for (const by of [{ subscriber }, {}, { subscriber }]) {
      const message = await pod.append(queue)
      const event = await pod.events.next(subscriber.connection)
      await isAvailable(pod, event, { queue, subscriber, message })
      await pod.store.acknowledge(queue, { messageId: message.messageId, ...by })
    }
    assert.deepEqual(await pod.rest(queue, subscriber), [])
  })

  check('no message over the quota is told', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create()
    for (let count = 0; count < limits.queueQuota; count++) await pod.append(queue)
    await pod.store.subscribe([queue], subscriber)
    await pod.overflow(queue)
    await pod.overflow(queue)
    assert.deepEqual(await pod.rest(queue, subscriber), [])
  })

  check('changes of a queue leave it with its subscriber, untold', async (pod) => {
    const subscriber = newSubscriber()
    let queue = await pod.create({}, subscriber)
    const change = async (make: (queue: QueueRecord) => Promise<unknown>) => {
      assert.deepEqual(await make(queue), done)
      queue = await pod.load(queue)
    }
    await change((record) => pod.store.secureQueue(record, newKey()))
    await change((record) => pod.store.replaceRecipientKeys(record, [newKey()]))
    await change((record) => pod.store.setNotifier(record, newNotifier(), newNumber()))
    await change((record) => pod.store.removeNotifier(record, newNumber()))
    await change((record) => pod.store.suspendQueue(record))
    await change((record) => pod.store.unblockQueue(record))
    const message = await pod.append(queue)
    const event = await pod.events.next(subscriber.connection)
    await isAvailable(pod, event, { queue, subscriber, message })
  })
}

const addEnds = (check: Check): void => {
  check('a block is told to the subscriber, who stays', async (pod) => {
    const [earlier, subscriber] = [newSubscriber(), newSubscriber()]
    const queue = await pod.create({}, earlier)
    await pod.store.subscribe([queue], subscriber)
    const spam = { reason: 'spam' } as const
    const content = { reason: 'content', notice: { ttlSeconds: 5 } } as const
    const next = () => pod.events.next(subscriber.connection)
    await pod.store.blockQueue(queue, spam)
    assert.deepEqual(await next(), blocked(queue, subscriber, spam))
    await pod.store.blockQueue(await pod.load(queue), content)
    assert.deepEqual(await next(), blocked(queue, subscriber, content))
    await pod.store.unblockQueue(await pod.load(queue))
    const message = await pod.append(await pod.load(queue))
    await isAvailable(pod, await next(), { queue, subscriber, message })
    assert.deepEqual(await pod.rest(queue, subscriber), [])
    assert.deepEqual(await pod.rest(queue, earlier), [ended(queue, earlier)])
  })

  check('a deletion is told to the subscriber', async (pod) => {
    const [earlier, first] = [newSubscriber(), newSubscriber()]
    const subscriber = again(first)
    const queue = await pod.create({}, earlier)
    await pod.store.subscribe([queue], first)
    await pod.store.subscribe([queue], subscriber)
    assert.deepEqual(await pod.store.deleteQueue(queue, earlier.connection), done)
    const event = await pod.events.next(subscriber.connection)
    assert.deepEqual(event, deleted(queue, subscriber))
    assert.deepEqual(await pod.rest(await pod.create(), earlier), [ended(queue, earlier)])
  })

  check('a deletion is not told to its own connection', async (pod) => {
    const subscriber = newSubscriber()
    const notifier = newNotifier()
    const queue = await pod.create({ notifier }, subscriber)
    await pod.store.subscribeNotifiers([queue], again(subscriber))
    assert.deepEqual(await pod.store.deleteQueue(queue, subscriber.connection), done)
    assert.deepEqual(await pod.rest(await pod.create(), subscriber), [])
  })

  check('a released queue has no subscriber', async (pod) => {
    const [subscriber, next] = [newSubscriber(), newSubscriber()]
    const queue = await pod.create({}, subscriber)
    const other = await pod.create({}, subscriber)
    const recipients = [queue, other, newQueue()].map(({ recipientId }) => recipientId)
    await pod.store.release(subscriber.connection, { recipients, notifiers: [] })
    for (const one of [queue, other]) {
      const { messageId } = await pod.append(one)
      const acknowledged = await pod.store.acknowledge(one, { messageId, subscriber })
      assert.deepEqual(acknowledged, { outcome: 'lost' })
    }
    await pod.store.subscribe([queue], next)
    assert.deepEqual(await pod.rest(queue, subscriber), [])
  })

  check('a release by another than the subscriber does nothing', async (pod) => {
    const [earlier, subscriber] = [newSubscriber(), newSubscriber()]
    const queue = await pod.create({}, earlier)
    await pod.store.subscribe([queue], subscriber)
    for (const { connection } of [earlier, newSubscriber()])
      await pod.store.release(connection, { recipients: [queue.recipientId], notifiers: [] })
    const message = await pod.append(queue)
    const event = await pod.events.next(subscriber.connection)
    await isAvailable(pod, event, { queue, subscriber, message })
  })
}

export const subscriptionCases = (check: Check): void => {
  addTakeOver(check)
  addAvailable(check)
  addEnds(check)
}
