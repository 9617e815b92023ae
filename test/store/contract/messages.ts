/** Messages: kept in order, removed only by their acknowledgement, bounded by the quota. */
import assert from 'node:assert/strict'
import { messageIdOf } from '../../../src/protocol/ids.ts'
import type { StoredMessage } from '../../../src/store/store.ts'
import {
  again,
  bytes,
  type Message,
  newMessageId,
  newNotifier,
  newNumber,
  newSubscriber,
} from '../builders.ts'
import { type Check, limits } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const lost = { outcome: 'lost' }
const full = { outcome: 'full' }

const headIs = (head: StoredMessage) => ({ outcome: 'done', head })

const markerOf = ({ messageId, timestamp }: Message): StoredMessage => ({
  kind: 'quota',
  messageId,
  timestamp,
})

const addAppend = (check: Check): void => {
  check('messages are read in the order of the answers, each as it was given', async (pod) => {
    const queue = await pod.create()
    const messages: Message[] = []
    for (let count = 0; count < limits.queueQuota; count++) {
      messages.push(await pod.append(queue))
      pod.clock.advance(1)
    }
    same(await pod.drain(queue), messages)
  })

  check('a message with every byte in its body and id is kept', async (pod) => {
    const queue = await pod.create()
    const body = bytes(16_122).map((byte, index) => (index < 256 ? index : byte))
    const odd = Uint8Array.of(0, 10, 13, 34, 92, 127, 128, 194, 255)
    const messageId = messageIdOf(bytes(24).map((byte, index) => odd[index] ?? byte))
    const message: Message = { kind: 'message', messageId, timestamp: pod.clock.seconds, body }
    assert.deepEqual(await pod.store.appendMessage(queue, { message }), done)
    same(await pod.store.peekMessage(queue), headIs(message))
  })

  check('messages of one queue are not those of another', async (pod) => {
    const [one, other] = [await pod.create(), await pod.create()]
    const first = await pod.append(one)
    const second = await pod.append(other)
    same(await pod.drain(one), [first])
    same(await pod.drain(other), [second])
  })

  check('peekMessage and describeQueue remove nothing', async (pod) => {
    const queue = await pod.create()
    assert.deepEqual(await pod.store.peekMessage(queue), done)
    assert.deepEqual(await pod.store.describeQueue(queue), { outcome: 'done', size: 0 })
    const first = await pod.append(queue)
    await pod.append(queue)
    for (let count = 0; count < 2; count++) {
      same(await pod.store.peekMessage(queue), headIs(first))
      same(await pod.store.describeQueue(queue), { outcome: 'done', size: 2, head: first })
    }
  })
}

const addAcknowledge = (check: Check): void => {
  check('the subscriber removes the head and gets the next', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create({}, subscriber)
    const first = await pod.append(queue)
    const second = await pod.append(queue)
    const acknowledge = ({ messageId }: Message) =>
      pod.store.acknowledge(queue, { messageId, subscriber })
    same(await acknowledge(first), headIs(second))
    same(await acknowledge(second), done)
    same(await acknowledge(second), done)
  })

  check('a reader without a claim removes the head, whoever is the subscriber', async (pod) => {
    const queue = await pod.create({}, newSubscriber())
    const { messageId } = await pod.append(queue)
    const second = await pod.append(queue)
    same(await pod.store.acknowledge(queue, { messageId }), headIs(second))
    same(await pod.drain(queue), [second])
  })

  check('an id that is not that of the head removes nothing', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create({}, subscriber)
    const first = await pod.append(queue)
    const second = await pod.append(queue)
    const third = await pod.append(queue)
    await pod.store.acknowledge(queue, { messageId: first.messageId })
    const others = [third.messageId, first.messageId, newMessageId(), messageIdOf(bytes(0))]
    for (const messageId of others)
      for (const by of [{}, { subscriber }]) {
        const result = await pod.store.acknowledge(queue, { messageId, ...by })
        same(result, headIs(second))
      }
    same(await pod.drain(queue), [second, third])
  })

  check('a claim that was taken over removes nothing', async (pod) => {
    const [first, second] = [newSubscriber(), newSubscriber()]
    const queue = await pod.create({}, first)
    const message = await pod.append(queue)
    const { messageId } = message
    const acknowledge = (subscriber: typeof first) =>
      pod.store.acknowledge(queue, { messageId, subscriber })
    assert.deepEqual(await acknowledge(second), lost)
    await pod.store.subscribe([queue], second)
    assert.deepEqual(await acknowledge(first), lost)
    const third = again(second)
    await pod.store.subscribe([queue], third)
    assert.deepEqual(await acknowledge(second), lost)
    same(await pod.store.peekMessage(queue), headIs(message))
    assert.deepEqual(await acknowledge(third), done)
    assert.deepEqual(await pod.drain(queue), [])
  })

  check('a lost acknowledgement of an empty queue is told as such', async (pod) => {
    const queue = await pod.create()
    const acknowledgement = { messageId: newMessageId(), subscriber: newSubscriber() }
    assert.deepEqual(await pod.store.acknowledge(queue, acknowledgement), lost)
  })
}

const addQuota = (check: Check): void => {
  check('the message over the quota leaves a marker, and then nothing', async (pod) => {
    const queue = await pod.create()
    const messages: StoredMessage[] = []
    for (let count = 0; count < limits.queueQuota; count++) messages.push(await pod.append(queue))
    pod.clock.advance(1)
    messages.push(markerOf(await pod.overflow(queue)))
    await pod.overflow(queue)
    const [head] = messages
    assert.ok(head)
    const size = limits.queueQuota + 1
    same(await pod.store.describeQueue(queue), { outcome: 'done', size, head })
    same(await pod.drain(queue), messages)
  })

  check('a full queue takes messages again only when all is acknowledged', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create({}, subscriber)
    for (let cycle = 0; cycle < 3; cycle++) {
      const items: StoredMessage[] = []
      for (let count = 0; count < limits.queueQuota; count++) items.push(await pod.append(queue))
      items.push(markerOf(await pod.overflow(queue)))
      for (const [index, { messageId }] of items.entries()) {
        await pod.overflow(queue)
        const next = items[index + 1]
        const result = await pod.store.acknowledge(queue, { messageId, subscriber })
        same(result, next === undefined ? done : headIs(next))
      }
      assert.deepEqual(await pod.store.describeQueue(queue), { outcome: 'done', size: 0 })
    }
  })

  check('a queue that is below the quota again takes messages', async (pod) => {
    const queue = await pod.create()
    const first = await pod.append(queue)
    const rest: Message[] = []
    for (let count = 1; count < limits.queueQuota; count++) rest.push(await pod.append(queue))
    await pod.store.acknowledge(queue, { messageId: first.messageId })
    const last = await pod.append(queue)
    const marker = markerOf(await pod.overflow(queue))
    same(await pod.drain(queue), [...rest, last, marker])
  })

  check('a quota of one', quotaOfOne, { limits: { queueQuota: 1 } })

  check('the marker is the head for a new subscriber', async (pod) => {
    const queue = await pod.create()
    for (let count = 0; count < limits.queueQuota; count++) await pod.append(queue)
    const marker = markerOf(await pod.overflow(queue))
    for (let count = 0; count < limits.queueQuota; count++) {
      const head = await pod.store.peekMessage(queue)
      assert.ok(head.outcome === 'done' && head.head)
      await pod.store.acknowledge(queue, { messageId: head.head.messageId })
    }
    const subscriber = newSubscriber()
    same(await pod.store.subscribe([queue], subscriber), [headIs(marker)])
    same(await pod.heads([queue.recipientId], subscriber), [marker])
    same(await pod.store.describeQueue(queue), { outcome: 'done', size: 1, head: marker })
  })

  check('no notification is kept of a message over the quota', async (pod) => {
    const [listener, notifier] = [newSubscriber(), newNotifier()]
    const queue = await pod.create({ notifier })
    await pod.store.subscribeNotifiers([queue], listener)
    for (let count = 0; count < limits.queueQuota; count++) await pod.append(queue)
    for (let count = 0; count < 2; count++) {
      const append = { message: pod.message(), notification: pod.notification() }
      assert.deepEqual(await pod.store.appendMessage(queue, append), full)
    }
    assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
    assert.deepEqual(await pod.rest(queue, listener), [])
  })
}

const quotaOfOne: Parameters<Check>[1] = async (pod) => {
  const queue = await pod.create()
  for (let cycle = 0; cycle < 2; cycle++) {
    const message = await pod.append(queue)
    const marker = markerOf(await pod.overflow(queue))
    same(await pod.drain(queue), [message, marker])
  }
}

const addFetchHeads = (check: Check): void => {
  check('heads are fetched for the connection that holds the queue, in order', async (pod) => {
    const [owner, other] = [newSubscriber(), newSubscriber()]
    const mine = await pod.create({}, owner)
    const empty = await pod.create({}, owner)
    const foreign = await pod.create({}, other)
    const free = await pod.create()
    const alsoMine = await pod.create({}, owner)
    const first = await pod.append(mine)
    await pod.append(mine)
    const second = await pod.append(alsoMine)
    const third = await pod.append(foreign)
    await pod.append(free)
    const ids = [alsoMine, foreign, empty, mine, free].map(({ recipientId }) => recipientId)
    same(await pod.heads(ids, owner), [second, 'lost', undefined, first, 'lost'])
    const fetched = ['lost', third, 'lost', 'lost', 'lost']
    same(await pod.heads(ids, other), fetched)
    assert.deepEqual(await pod.heads([], owner), [])
  })

  check('no head is fetched of a queue that was taken over, released or deleted', async (pod) => {
    const owner = newSubscriber()
    const taken = await pod.create({}, owner)
    const released = await pod.create({}, owner)
    const deleted = await pod.create({}, owner)
    const queues = [taken, released, deleted]
    for (const queue of queues) await pod.append(queue)
    await pod.store.subscribe([taken], newSubscriber())
    const held = { recipients: [released.recipientId], notifiers: [] }
    await pod.store.release(owner.connection, held)
    await pod.store.deleteQueue(deleted, newNumber())
    const ids = queues.map(({ recipientId }) => recipientId)
    assert.deepEqual(await pod.heads(ids, owner), ['lost', 'lost', 'gone'])
  })
}

export const messageCases = (check: Check): void => {
  addAppend(check)
  addAcknowledge(check)
  addQuota(check)
  addFetchHeads(check)
}
