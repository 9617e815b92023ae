/** Which queues count as active, of the whole cluster. */
import assert from 'node:assert/strict'
import { newNotifier } from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'

const DAY = 86_400

/** Estimates are exact while they are this small. */
const countsOf = async ({ store }: Pod) => {
  const { all, notifying } = await store.countActive()
  return [all.day, notifying.day]
}

export const activityCases = (check: Check): void => {
  check('a queue is active when a message is sent to it, once', async (pod) => {
    const first = await pod.create()
    await pod.create()
    const [before = 0, notifying = 0] = await countsOf(pod)
    await pod.append(first)
    await pod.append(first)
    assert.deepEqual(await countsOf(pod), [before + 1, notifying])
  })

  check(
    'and when one is received from it',
    async (pod) => {
      const queue = await pod.create()
      const { messageId } = await pod.append(queue)
      await countsOf(pod)
      pod.clock.advance(DAY)
      assert.deepEqual(await countsOf(pod), [0, 0])
      await pod.store.acknowledge(queue, { messageId })
      assert.deepEqual(await countsOf(pod), [1, 0])
    },
    { limits: { messageTtlSeconds: 10 * DAY } },
  )

  check('those with notifications count besides', async (pod) => {
    const queue = await pod.create({ notifier: newNotifier() })
    const [before = 0, notifying = 0] = await countsOf(pod)
    await pod.append(queue, pod.notification())
    assert.deepEqual(await countsOf(pod), [before + 1, notifying + 1])
  })

  check('a refused message makes no queue active', async (pod) => {
    const queue = await pod.create()
    const [before] = await countsOf(pod)
    await pod.store.suspendQueue(queue)
    const outcome = await pod.store.appendMessage(queue, { message: pod.message() })
    assert.equal(outcome.outcome, 'stale')
    assert.equal((await countsOf(pod))[0], before)
  })

  check('the day is over at midnight; the month and the week go on', async (pod) => {
    await pod.append(await pod.create())
    const { all: before } = await pod.store.countActive()
    // the longest that a day may last
    pod.clock.advance(DAY)
    const { all } = await pod.store.countActive()
    assert.equal(all.day, 0)
    assert.ok(all.week === before.week || all.week === 0)
    assert.ok(all.month === before.month || all.month === 0)
  })
}

export const podActivityCases = (check: Check): void => {
  check(
    'what happened on any pod counts for all, a queue once',
    async (pod, other) => {
      const queue = await pod.create()
      await pod.append(queue)
      const [before = 0] = await countsOf(pod)
      await other.append(await other.load(queue))
      await other.append(await other.load(await pod.create()))
      // the other pod writes what it noted
      assert.deepEqual(await countsOf(other), [before + 1, 0])
      assert.deepEqual(await countsOf(pod), [before + 1, 0])
    },
    { pods: 2 },
  )
}
