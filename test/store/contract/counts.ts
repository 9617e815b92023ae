/** How much the store holds. What other tests left in it is there too: only changes are compared. */
import assert from 'node:assert/strict'
import type { NewQueue } from '../../../src/store/store.ts'
import { newLink, newMessageId, newNotifier, newQueue, newSubscriber } from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'

const { messageTtlSeconds: ttl, expiryIntervalSeconds: interval, queueQuota } = limits
const done = { outcome: 'done' }
const taken = { outcome: 'taken' }

interface Change {
  readonly queues: number
  readonly messages: number
}

/** Compares with what was there at first, as each of the pods counts. */
const counting = async (...pods: readonly Pod[]) => {
  const countAll = () => Promise.all(pods.map(({ store }) => store.count()))
  const first = await countAll()
  return async (queues: number, messages: number): Promise<void> => {
    const changes = (await countAll()).map(
      (now, index): Change => ({
        queues: now.queues - (first[index]?.queues ?? 0),
        messages: now.messages - (first[index]?.messages ?? 0),
      }),
    )
    assert.deepEqual(
      changes,
      pods.map(() => ({ queues, messages })),
    )
  }
}

const acknowledgeHead = async (pod: Pod, queue: Awaited<ReturnType<Pod['create']>>) => {
  const peeked = await pod.store.peekMessage(queue)
  assert.ok(peeked.outcome === 'done' && peeked.head !== undefined)
  const { messageId } = peeked.head
  return pod.store.acknowledge(queue, { messageId })
}

const fill = async (pod: Pod, queue: Awaited<ReturnType<Pod['create']>>): Promise<void> => {
  for (let count = 0; count < queueQuota; count += 1) await pod.append(queue)
  await pod.overflow(queue)
}

const addQueues = (check: Check): void => {
  check('queues count from NEW to DEL', async (pod) => {
    const isAt = await counting(pod)
    const first = await pod.create()
    await isAt(1, 0)
    const second = await pod.create({ link: newLink(), notifier: newNotifier() }, newSubscriber())
    await isAt(2, 0)
    assert.deepEqual(await pod.store.deleteQueue(first, 0), done)
    await isAt(1, 0)
    assert.deepEqual(await pod.store.deleteQueue(second, 0), done)
    await isAt(0, 0)
  })

  check('a queue that was refused does not count', async (pod) => {
    const present = await pod.create({ link: newLink(), notifier: newNotifier() })
    const isAt = await counting(pod)
    const { recipientId, senderId, notifier } = present
    const collisions: readonly Partial<NewQueue>[] = [
      { recipientId },
      { senderId },
      ...(notifier ? [{ notifier }] : []),
    ]
    for (const fields of collisions)
      assert.deepEqual(await pod.store.createQueue(newQueue(fields)), taken)
    await isAt(0, 0)
  })

  check('changes of a queue do not count', async (pod) => {
    const queue = await pod.create()
    await pod.append(queue, pod.notification())
    const isAt = await counting(pod)
    await pod.store.setLinkData(queue, newLink())
    await pod.store.setNotifier(await pod.load(queue), newNotifier(), 0)
    await pod.append(await pod.load(queue), pod.notification())
    await pod.store.suspendQueue(await pod.load(queue))
    await pod.store.blockQueue(await pod.load(queue), { reason: 'spam' })
    await pod.store.subscribe([await pod.load(queue)], newSubscriber())
    await pod.store.deleteLinkData(await pod.load(queue))
    await pod.store.removeNotifier(await pod.load(queue), 0)
    await isAt(0, 1)
  })

  check('a queue that is deleted twice counts once', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    await pod.append(queue)
    const outcomes = [
      await pod.store.deleteQueue(queue, 0),
      await pod.store.deleteQueue(queue, 0),
    ].map(({ outcome }) => outcome)
    assert.deepEqual(outcomes, ['done', 'stale'])
    await isAt(0, 0)
  })
}

const addMessages = (check: Check): void => {
  check('messages count until they are acknowledged', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    await pod.append(queue)
    const { messageId } = await pod.append(queue)
    await isAt(1, 2)
    for (const id of [messageId, newMessageId()]) {
      await pod.store.acknowledge(queue, { messageId: id })
      await isAt(1, 2)
    }
    for (const left of [1, 0]) {
      await acknowledgeHead(pod, queue)
      await isAt(1, left)
    }
    await pod.store.acknowledge(queue, { messageId })
    await isAt(1, 0)
  })

  check('a quota marker counts, and what was refused does not', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    await fill(pod, queue)
    await isAt(1, queueQuota + 1)
    await pod.overflow(queue)
    await isAt(1, queueQuota + 1)
    await pod.drain(queue)
    await isAt(1, 0)
    await pod.append(queue)
    await isAt(1, 1)
  })

  check('the messages of a deleted queue do not count', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    const full = await pod.create()
    await fill(pod, full)
    await pod.append(queue)
    await pod.store.deleteQueue(full, 0)
    await isAt(1, 1)
    await pod.store.deleteQueue(queue, 0)
    await isAt(0, 0)
  })

  check('appends and acknowledgements at once are all counted', async (pod) => {
    const isAt = await counting(pod)
    const queues = await Promise.all(Array.from({ length: 20 }, () => pod.create()))
    await Promise.all(queues.flatMap((queue) => [pod.append(queue), pod.append(queue)]))
    await isAt(20, 40)
    await Promise.all(queues.map((queue) => acknowledgeHead(pod, queue)))
    await isAt(20, 20)
    await Promise.all(queues.slice(0, 10).map((queue) => pod.store.deleteQueue(queue, 0)))
    await isAt(10, 10)
  })
}

const addExpiry = (check: Check): void => {
  type Access = (pod: Pod, queue: Awaited<ReturnType<Pod['create']>>) => Promise<unknown>
  const accesses: Readonly<Record<string, Access>> = {
    peekMessage: (pod, queue) => pod.store.peekMessage(queue),
    describeQueue: (pod, queue) => pod.store.describeQueue(queue),
    subscribe: (pod, queue) => pod.store.subscribe([queue], newSubscriber()),
    acknowledge: (pod, queue) => pod.store.acknowledge(queue, { messageId: newMessageId() }),
  }
  for (const [name, access] of Object.entries(accesses))
    check(`${name} takes expired messages off the count`, async (pod) => {
      const isAt = await counting(pod)
      const queue = await pod.create()
      await pod.append(queue)
      await pod.append(queue)
      pod.clock.advance(interval)
      await pod.append(queue)
      pod.clock.advance(ttl)
      await access(pod, queue)
      await isAt(1, 1)
      pod.clock.advance(interval)
      await access(pod, queue)
      await isAt(1, 0)
    })

  check('a send takes expired messages off the count', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    for (let count = 0; count < queueQuota; count += 1) await pod.append(queue)
    pod.clock.advance(ttl + 1)
    await pod.append(queue)
    await isAt(1, 1)
  })

  check('a marker that is left alone counts until it is acknowledged', async (pod) => {
    const isAt = await counting(pod)
    const queue = await pod.create()
    await fill(pod, queue)
    pod.clock.advance(ttl + interval)
    await pod.store.peekMessage(queue)
    await isAt(1, 1)
    await acknowledgeHead(pod, queue)
    await isAt(1, 0)
  })

  check(
    'a queue whose messages expired over days is deleted, and nothing of it counts',
    async (pod) => {
      const isAt = await counting(pod)
      const queue = await pod.create()
      for (let day = 0; day < 3; day += 1) {
        await pod.append(queue)
        pod.clock.advance(86_400)
        await pod.store.peekMessage(queue)
        await isAt(1, 0)
      }
      await pod.append(queue)
      await pod.store.deleteQueue(queue, 0)
      await isAt(0, 0)
    },
  )
}

export const countCases = (check: Check): void => {
  addQueues(check)
  addMessages(check)
  addExpiry(check)
}

export const podCountCases = (check: Check): void => {
  check(
    'every pod counts what all of them did',
    async (pod, other) => {
      const isAt = await counting(pod, other)
      const queue = await pod.create({}, newSubscriber())
      const elsewhere = await other.load(queue)
      await other.append(elsewhere)
      await pod.append(queue)
      await isAt(1, 2)
      await acknowledgeHead(other, elsewhere)
      await isAt(1, 1)
      pod.clock.advance(ttl + interval)
      await other.store.peekMessage(elsewhere)
      await isAt(1, 0)
      await other.append(elsewhere)
      await other.create()
      await isAt(2, 1)
      await other.store.deleteQueue(elsewhere, 0)
      await isAt(1, 0)
    },
    { pods: 2 },
  )

  check(
    'a queue that two pods delete at once counts once',
    async (pod, other) => {
      const isAt = await counting(pod, other)
      const queue = await pod.create()
      await pod.append(queue)
      const elsewhere = await other.load(queue)
      await Promise.all([pod.store.deleteQueue(queue, 0), other.store.deleteQueue(elsewhere, 0)])
      await isAt(0, 0)
    },
    { pods: 2 },
  )
}
