/** What operators do: they count their blocks, and look whether a queue is subscribed to. */
import assert from 'node:assert/strict'
import { newNotifier, newNumber, newSubscriber } from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'

const DAY = 86_400
const exhausted = { outcome: 'exhausted' }

/** A day that no other test counts on. */
const startDay = (pod: Pod): void => pod.clock.advance((1000 + newNumber()) * DAY)

const reserve = async ({ store }: Pod, limit: number): Promise<number> => {
  const reserved = await store.reserveBlock(limit)
  assert.ok(reserved.outcome === 'done', 'there is a place')
  return reserved.day
}

const addBlocks = (check: Check): void => {
  check('blocks are counted up to the limit of the call', async (pod) => {
    startDay(pod)
    assert.equal(await pod.store.countBlocks(), 0)
    await reserve(pod, 2)
    await reserve(pod, 2)
    assert.deepEqual(await pod.store.reserveBlock(2), exhausted)
    assert.equal(await pod.store.countBlocks(), 2)
    await reserve(pod, 3)
    assert.deepEqual(await pod.store.reserveBlock(1), exhausted)
    assert.equal(await pod.store.countBlocks(), 3)
  })

  check('a block that is cancelled was not counted', async (pod) => {
    startDay(pod)
    const day = await reserve(pod, 1)
    await pod.store.cancelBlock(day)
    assert.equal(await pod.store.countBlocks(), 0)
    await pod.store.cancelBlock(day)
    assert.equal(await pod.store.countBlocks(), 0)
    await reserve(pod, 1)
    assert.deepEqual(await pod.store.reserveBlock(1), exhausted)
  })

  check('each day counts from zero', async (pod) => {
    startDay(pod)
    const day = await reserve(pod, 1)
    pod.clock.advance(DAY)
    assert.equal(await pod.store.countBlocks(), 0)
    assert.equal(await reserve(pod, 1), day + 1)
    await pod.store.cancelBlock(day)
    assert.equal(await pod.store.countBlocks(), 1)
    assert.deepEqual(await pod.store.reserveBlock(1), exhausted)
  })

  check('calls at once do not pass the limit', async (pod) => {
    startDay(pod)
    const all = await Promise.all(Array.from({ length: 20 }, () => pod.store.reserveBlock(7)))
    assert.equal(all.filter(({ outcome }) => outcome === 'done').length, 7)
    assert.equal(await pod.store.countBlocks(), 7)
  })
}

const addSubscriptions = (check: Check): void => {
  check('subscriptionsOf tells who is subscribed to, by SUB and by NSUB', async (pod) => {
    const notifier = newNotifier()
    const queue = await pod.create({ notifier })
    const isAt = async (recipient: boolean, isNotified: boolean) =>
      assert.deepEqual(await pod.store.subscriptionsOf(queue), {
        outcome: 'done',
        recipient,
        notifier: isNotified,
      })
    await isAt(false, false)
    const [first, second] = [newSubscriber(), newSubscriber()]
    await pod.store.subscribe([queue], first)
    await isAt(true, false)
    await pod.store.subscribeNotifiers([queue], second)
    await isAt(true, true)
    await pod.store.release(first.connection, {
      recipients: [queue.recipientId],
      notifiers: [],
    })
    await isAt(false, true)
  })

  check('subscriptionsOf is stale for an old record and for a queue that is gone', async (pod) => {
    const queue = await pod.create()
    await pod.store.suspendQueue(queue)
    assert.deepEqual(await pod.store.subscriptionsOf(queue), { outcome: 'stale' })
    const present = await pod.load(queue)
    await pod.store.deleteQueue(present, 0)
    assert.deepEqual(await pod.store.subscriptionsOf(present), { outcome: 'stale' })
  })
}

export const operatorCases = (check: Check): void => {
  addBlocks(check)
  addSubscriptions(check)
}

export const podOperatorCases = (check: Check): void => {
  check(
    'pods count together, and at once do not pass the limit',
    async (pod, other) => {
      startDay(pod)
      const pods = [pod, other]
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) => pods[index % 2]?.store.reserveBlock(7)),
      )
      assert.equal(all.filter((one) => one?.outcome === 'done').length, 7)
      for (const { store } of [pod, other]) assert.equal(await store.countBlocks(), 7)
      const [reserved] = all.filter((one) => one?.outcome === 'done')
      assert.ok(reserved?.outcome === 'done')
      await other.store.cancelBlock(reserved.day)
      await reserve(pod, 7)
      assert.deepEqual(await other.store.reserveBlock(7), exhausted)
    },
    { pods: 2 },
  )

  check(
    'subscriptionsOf knows of subscribers on other pods',
    async (pod, other) => {
      const queue = await pod.create()
      await other.store.subscribe([await other.load(queue)], newSubscriber())
      const found = await pod.store.subscriptionsOf(queue)
      assert.deepEqual(found, { outcome: 'done', recipient: true, notifier: false })
    },
    { pods: 2 },
  )
}
