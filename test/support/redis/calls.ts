/** What a store answers while Redis is away, and what has to work again when it is back. */
import assert from 'node:assert/strict'
import type { QueueRecord } from '../../../src/store/store.ts'
import { StoreUnavailable } from '../../../src/store/store-error.ts'
import { newQueue, newSubscriber } from '../../store/builders.ts'
import type { Pod } from '../../store/cluster.ts'
import { within } from '../within.ts'
import { until } from './until.ts'

/** The longest call is 3 s of trying and 3 s of silence; the rest is for a busy machine. */
const BOUND_MS = 30_000

const done = { outcome: 'done' }

/** It is given up, and not as a bug. */
export const checkUnavailable = (call: Promise<unknown>): Promise<void> =>
  within('a call is given up', assert.rejects(call, StoreUnavailable), BOUND_MS)

/** Calls that write, each of which has to be given up. */
export const checkNoWrites = async (pod: Pod, queue: QueueRecord): Promise<void> => {
  const message = pod.message()
  const [subscribed] = await Promise.all([
    within('a batch is answered', pod.store.subscribe([queue], newSubscriber()), BOUND_MS),
    checkUnavailable(pod.store.appendMessage(queue, { message })),
    checkUnavailable(pod.store.acknowledge(queue, { messageId: message.messageId })),
    checkUnavailable(pod.store.createQueue(newQueue())),
    checkUnavailable(pod.store.suspendQueue(queue)),
    checkUnavailable(pod.store.deleteQueue(queue, 0)),
  ])
  checkFailed(subscribed[0])
}

/** One of a batch that nobody could be asked about. */
export const checkFailed = (outcome: { outcome: string; cause?: unknown } | undefined): void => {
  assert.equal(outcome?.outcome, 'failed')
  assert.ok(outcome.cause instanceof StoreUnavailable, `${outcome.cause}`)
}

/** Sent on one pod, pushed to a subscriber on the other, acknowledged there. */
const passNew = async (from: Pod, to: Pod): Promise<void> => {
  const subscriber = newSubscriber()
  const queue = await to.create({}, subscriber)
  const { messageId } = await from.append(await from.load(queue))
  assert.equal((await to.events.next(subscriber.connection)).type, 'available')
  assert.deepEqual(await to.store.acknowledge(queue, { messageId, subscriber }), done)
}

/** Everything works again, without anything being done about it. */
export const checkResumed = (from: Pod, to: Pod): Promise<void> =>
  until('all goes on', async () => {
    await passNew(from, to)
    await passNew(to, from)
    return true
  })

/** A subscription that was there before: a message reaches it, once it is sent. */
export const checkDelivered = async (
  from: Pod,
  to: Pod,
  { queue, connection }: { readonly queue: QueueRecord; readonly connection: number },
): Promise<void> => {
  const { messageId } = await from.append(await from.load(queue))
  await to.events.hold(connection, (events) => events.some(({ type }) => type === 'available'))
  const [head] = await to.heads([queue.recipientId], { connection })
  assert.ok(typeof head === 'object' && head.messageId === messageId)
}
