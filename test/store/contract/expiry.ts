/** Messages expire at the first multiple of the interval after their time, on send at once. */
import assert from 'node:assert/strict'
import type { MessageId } from '../../../src/protocol/ids.ts'
import type { QueueRecord, StoredMessage, Subscriber } from '../../../src/store/store.ts'
import { newMessageId, newSubscriber } from '../builders.ts'
import { type CaseOptions, type Check, limits, type Pod } from '../cluster.ts'
import { same } from '../same.ts'

const { messageTtlSeconds: ttl, expiryIntervalSeconds: interval, queueQuota } = limits

const done = { outcome: 'done' }
const onlyAtIntervals: CaseOptions = { limits: { expireOnSend: false } }

interface Scene {
  readonly pod: Pod
  readonly queue: QueueRecord
  readonly subscriber: Subscriber
}

type Head = StoredMessage | undefined

const headOf = (result: { readonly outcome: string; readonly head?: StoredMessage }): Head => {
  assert.equal(result.outcome, 'done')
  return result.head
}

/** Every way to see the head of a queue. */
const reads: Readonly<Record<string, (scene: Scene) => Promise<Head>>> = {
  peekMessage: async ({ pod, queue }) => headOf(await pod.store.peekMessage(queue)),
  describeQueue: async ({ pod, queue }) => {
    const described = await pod.store.describeQueue(queue)
    assert.ok(described.outcome === 'done')
    assert.equal(described.size === 0, described.head === undefined)
    return described.head
  },
  subscribe: async ({ pod, queue, subscriber }) => {
    const [result] = await pod.store.subscribe([queue], subscriber)
    assert.ok(result)
    return headOf(result)
  },
  fetchHeads: async ({ pod, queue, subscriber }) => {
    const [fetched] = await pod.store.fetchHeads([queue.recipientId], subscriber)
    assert.ok(fetched?.outcome === 'done')
    return fetched.head
  },
  'acknowledge by a reader': async ({ pod, queue }) =>
    headOf(await pod.store.acknowledge(queue, { messageId: newMessageId() })),
  'acknowledge by the subscriber': async ({ pod, queue, subscriber }) =>
    headOf(await pod.store.acknowledge(queue, { messageId: newMessageId(), subscriber })),
}

const readCases = (check: Check): void => {
  for (const [name, read] of Object.entries(reads)) {
    check(`${name} sees a message until the interval after its time`, async (pod) => {
      const subscriber = newSubscriber()
      const queue = await pod.create({}, subscriber)
      const scene = { pod, queue, subscriber }
      pod.clock.advance(interval / 2)
      const first = await pod.append(queue)
      pod.clock.advance(interval / 2)
      const second = await pod.append(queue)
      pod.clock.advance(ttl - 1)
      same(await read(scene), first)
      pod.clock.advance(1)
      same(await read(scene), second)
      pod.clock.advance(interval - 1)
      same(await read(scene), second)
      pod.clock.advance(1)
      assert.equal(await read(scene), undefined)
    })

    check(`${name} sees nothing after a long time`, async (pod) => {
      const subscriber = newSubscriber()
      const queue = await pod.create({}, subscriber)
      await pod.append(queue)
      await pod.append(queue)
      pod.clock.advance(ttl * 10)
      assert.equal(await read({ pod, queue, subscriber }), undefined)
    })
  }

  check('expired messages do not count', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue)
    await pod.append(queue)
    pod.clock.advance(interval)
    const head = await pod.append(queue)
    pod.clock.advance(ttl)
    same(await pod.store.describeQueue(queue), { outcome: 'done', size: 1, head })
  })

  check('an expired message that is acknowledged removes no other', async (pod) => {
    const subscriber = newSubscriber()
    const queue = await pod.create({}, subscriber)
    const { messageId } = await pod.append(queue)
    pod.clock.advance(interval)
    const head = await pod.append(queue)
    pod.clock.advance(ttl)
    const acknowledge = (id: MessageId) =>
      pod.store.acknowledge(queue, { messageId: id, subscriber })
    same(await acknowledge(messageId), { outcome: 'done', head })
    same(await acknowledge(messageId), { outcome: 'done', head })
    same(await acknowledge(head.messageId), done)
  })

  check('a message behind an expired one is the oldest, and acknowledged', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue)
    pod.clock.advance(interval)
    const { messageId } = await pod.append(queue)
    pod.clock.advance(ttl)
    assert.deepEqual(await pod.store.acknowledge(queue, { messageId }), done)
    assert.deepEqual(await pod.drain(queue), [])
  })
}

const fill = async (pod: Pod, queue: QueueRecord): Promise<void> => {
  for (let count = 0; count < queueQuota; count++) await pod.append(queue)
}

/** The message that was sent is alone in the queue, and its subscriber is told. */
const isAlone = async ({ pod, queue, subscriber }: Scene, head: StoredMessage): Promise<void> => {
  same(await pod.store.describeQueue(queue), { outcome: 'done', size: 1, head })
  const event = await pod.events.next(subscriber.connection)
  assert.ok(event.type === 'available')
  same(event.message ?? head, head)
  same(await pod.heads([queue.recipientId], subscriber), [head])
}

const sendCases = (check: Check): void => {
  check('a send removes messages as soon as their time is over', async (pod) => {
    const queue = await pod.create()
    await fill(pod, queue)
    const subscriber = newSubscriber()
    await pod.store.subscribe([queue], subscriber)
    pod.clock.advance(ttl + 1)
    await isAlone({ pod, queue, subscriber }, await pod.append(queue))
  })

  check('a send removes no message before that', async (pod) => {
    const queue = await pod.create()
    await fill(pod, queue)
    pod.clock.advance(ttl)
    await pod.overflow(queue)
    assert.equal((await pod.drain(queue)).length, queueQuota + 1)
  })

  check('a send removes only what is too old', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue)
    pod.clock.advance(1)
    const second = await pod.append(queue)
    pod.clock.advance(ttl)
    const third = await pod.append(queue)
    same(await pod.drain(queue), [second, third])
  })

  check(
    'without expiry on send, a queue is full until the interval',
    async (pod) => {
      const queue = await pod.create()
      await fill(pod, queue)
      pod.clock.advance(ttl + interval - 1)
      await pod.overflow(queue)
      assert.equal((await pod.drain(queue)).length, queueQuota + 1)
    },
    onlyAtIntervals,
  )

  check(
    'without expiry on send, a queue takes messages from the interval on',
    async (pod) => {
      const queue = await pod.create()
      await fill(pod, queue)
      const subscriber = newSubscriber()
      await pod.store.subscribe([queue], subscriber)
      pod.clock.advance(ttl + interval)
      await isAlone({ pod, queue, subscriber }, await pod.append(queue))
    },
    onlyAtIntervals,
  )
}

const markerCases = (check: Check): void => {
  for (const options of [{}, onlyAtIntervals])
    check(
      `a marker does not expire (${options === onlyAtIntervals ? 'intervals' : 'on send'})`,
      async (pod) => {
        const subscriber = newSubscriber()
        const queue = await pod.create({}, subscriber)
        await fill(pod, queue)
        const { messageId, timestamp } = await pod.overflow(queue)
        const marker: StoredMessage = { kind: 'quota', messageId, timestamp }
        pod.clock.advance(ttl * 10)
        await pod.overflow(queue)
        same(await pod.store.describeQueue(queue), { outcome: 'done', size: 1, head: marker })
        await pod.overflow(queue)
        same(await pod.store.acknowledge(queue, { messageId, subscriber }), done)
        const message = await pod.append(queue)
        same(await pod.drain(queue), [message])
      },
      options,
    )
}

export const expiryCases = (check: Check): void => {
  readCases(check)
  sendCases(check)
  markerCases(check)
}
