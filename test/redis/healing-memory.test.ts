/** Redis that is full (OOM): nothing more comes in, and all that is there can be had. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { StoreFull } from '../../src/store/store-error.ts'
import { again, newKey, newLink, newNotifier, newQueue, newSubscriber } from '../store/builders.ts'
import { ask } from '../support/redis/ask.ts'
import { checkResumed } from '../support/redis/calls.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

const done = { outcome: 'done' }

let server: RedisServer
before(async () => {
  server = await startRedis()
})
after(() => server.stop())

const allow = (bytes: number) => ask(server, (redis) => redis.config('SET', 'maxmemory', bytes))

const refused = (call: Promise<unknown>): Promise<void> => assert.rejects(call, StoreFull)

/** Two pods, and a queue with messages, a link and notifications; then there is no memory. */
const scene = async () => {
  await using parts = new AsyncDisposableStack()
  const stores = parts.use(await openPods({ urls: [server.url, server.url] }))
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const subscriber = newSubscriber()
  const link = newLink()
  const queue = await pod.create({ link, notifier: newNotifier() }, subscriber)
  const messages = [
    await pod.append(queue, pod.notification()),
    await pod.append(queue, pod.notification()),
  ]
  const spare = await pod.create()
  parts.defer(async () => void (await allow(0)))
  await allow(1)
  const owned = parts.move()
  const close = () => owned.disposeAsync()
  return { pod, other, subscriber, queue, messages, spare, [Symbol.asyncDispose]: close }
}

test('what would take memory is refused as StoreFull', async () => {
  await using at = await scene()
  const { pod, queue, spare } = at
  await refused(pod.store.appendMessage(queue, { message: pod.message() }))
  await refused(pod.store.createQueue(newQueue()))
  await refused(pod.store.secureQueue(queue, newKey()))
  await refused(pod.store.setLinkData(spare, newLink()))
  await refused(pod.store.setNotifier(spare, newNotifier(), 0))
  await allow(0)
  await pod.append(queue)
  await pod.append(spare)
})

test('what is there is read, taken over, acknowledged, given up and deleted', async () => {
  await using at = await scene()
  const { pod, other, subscriber, queue, messages, spare } = at
  const [first, second] = messages
  assert.ok(first && second && queue.notifier)
  const { recipientId, linkId = '', notifier } = queue
  const theirs = await other.load(queue)
  const taker = newSubscriber()
  const [taken] = await other.store.subscribe([theirs], taker)
  assert.ok(taken?.outcome === 'done' && taken.head?.messageId === first.messageId)
  const end = await pod.events.next(subscriber.connection)
  assert.equal(
    end.type === 'available' ? (await pod.events.next(subscriber.connection)).type : end.type,
    'ended',
  )
  assert.equal((await other.heads([recipientId], taker))[0] !== 'lost', true)
  const { messageId } = first
  const next = await other.store.acknowledge(theirs, { messageId, subscriber: taker })
  assert.ok(next.outcome === 'done' && next.head?.messageId === second.messageId)
  assert.equal((await other.store.peekMessage(theirs)).outcome, 'done')
  assert.equal((await other.find('link', [linkId]))[0]?.recipientId, recipientId)
  const watcher = newSubscriber()
  assert.deepEqual(await pod.store.subscribeNotifiers([queue], watcher), [done])
  assert.equal((await pod.take(notifier.notifierId, watcher)).length, 2)
  const [back] = await pod.store.subscribe([queue], again(watcher))
  assert.equal(back?.outcome, 'done')
  await pod.store.release(watcher.connection, { recipients: [recipientId], notifiers: [] })
  assert.deepEqual(await pod.heads([recipientId], watcher), ['lost'])
  assert.deepEqual(await pod.store.deleteLinkData(spare), done)
  assert.deepEqual(await pod.store.deleteQueue(await pod.load(spare), 0), done)
  assert.deepEqual(await pod.store.count(), await other.store.count())
  assert.deepEqual(await pod.store.deleteQueue(await pod.load(queue), 0), done)
})

test('link data is read', async () => {
  await using at = await scene()
  const { pod, queue } = at
  const opened = await pod.store.openLink(queue)
  assert.ok(opened.outcome === 'done' && opened.content !== undefined)
})

test('a notifier is removed', async () => {
  await using at = await scene()
  const { pod, queue } = at
  assert.deepEqual(await pod.store.removeNotifier(queue, 0), done)
})

test('nothing is left to do when there is memory again', async () => {
  await using at = await scene()
  const { pod, other, queue } = at
  await refused(pod.store.appendMessage(queue, { message: pod.message() }))
  await allow(0)
  await checkResumed(pod, other)
})
