/** A server that is killed, restarted, or does not say a word. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { newMessageId, newSubscriber } from '../store/builders.ts'
import {
  checkDelivered,
  checkFailed,
  checkNoWrites,
  checkResumed,
  checkUnavailable,
} from '../support/redis/calls.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { Traffic } from '../support/redis/traffic.ts'
import { until } from '../support/redis/until.ts'
import { startRedis } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

const BOUND_MS = 30_000
const limits = { queueQuota: 1_000_000 }

/** A server that keeps what it was told, two pods, one of them behind a network of its own. */
const scene = async () => {
  await using parts = new AsyncDisposableStack()
  const args = ['--appendonly', 'yes', '--appendfsync', 'always']
  const server = parts.use(await startRedis({ args }))
  const network = parts.use(await TcpProxy.start(server.port))
  const stores = parts.use(await openPods({ urls: [network.url, server.url], limits }))
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  // for what may happen to it after it was given up
  const spare = await pod.create()
  const owned = parts.move()
  const close = () => owned.disposeAsync()
  return { server, network, pod, other, subscriber, queue, spare, [Symbol.asyncDispose]: close }
}

type Scene = Awaited<ReturnType<typeof scene>>

const checkBack = async ({ pod, other, queue, subscriber }: Scene): Promise<void> => {
  await checkResumed(pod, other)
  await checkDelivered(other, pod, { queue, connection: subscriber.connection })
}

/** Reads too. */
const checkNothing = async ({ pod, queue, spare }: Scene): Promise<void> => {
  const ids = [queue.recipientId]
  const [loaded, heads] = await within(
    'batches are answered',
    Promise.all([
      pod.store.loadQueues('recipient', ids, { fresh: true }),
      pod.store.fetchHeads(ids, { connection: 1 }),
      checkUnavailable(pod.store.peekMessage(queue)),
      checkUnavailable(pod.store.count()),
      checkNoWrites(pod, spare),
    ]),
    BOUND_MS,
  )
  checkFailed(loaded[0])
  checkFailed(heads[0])
}

describe('a server', { concurrency: 2 }, () => {
  test('that is killed: calls are given up, and go on after its restart', async () => {
    await using at = await scene()
    await at.server.kill()
    await checkNothing(at)
    await at.server.restart()
    await checkBack(at)
  })

  test('that is killed and back at once: calls wait for it', async () => {
    await using at = await scene()
    const { server, pod, spare } = at
    await server.kill()
    const appending = pod.append(spare)
    await server.restart()
    await appending
    await checkBack(at)
  })

  test('that is restarted again and again under calls: none is a fault', async () => {
    await using at = await scene()
    const { server, pod, other } = at
    const queues = await Promise.all(Array.from({ length: 8 }, () => pod.create()))
    {
      await using traffic = new Traffic(
        queues.map((queue) => async () => {
          const { messageId } = await other.append(queue)
          const answer = await pod.store.acknowledge(queue, { messageId })
          assert.equal(answer.outcome, 'done')
        }),
      )
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
        await traffic.progress()
        await server.kill(signal)
        await server.restart()
      }
      await traffic.progress()
    }
    await checkBack(at)
  })

  test('that is silent: calls are given up, and go on when it speaks', async () => {
    await using at = await scene()
    await at.server.pause()
    await checkNothing(at)
    await at.server.resume()
    await checkBack(at)
  })

  test('whose network is silent: what was under way is given up, and is not written twice', async () => {
    await using at = await scene()
    const { network, pod, other, queue } = at
    network.drop()
    await checkUnavailable(pod.store.appendMessage(queue, { message: pod.message() }))
    await other.append(await other.load(queue))
    network.heal()
    await checkBack({ ...at, queue: await pod.create({}, at.subscriber) })
    // the one that was given up may be there or not
    const count = (await other.drain(await other.load(queue))).length
    assert.ok(count === 1 || count === 2, `${count} messages`)
  })

  test('that broke the connection: what was lost meanwhile is told after', async () => {
    await using at = await scene()
    const { network, pod, other, queue, subscriber } = at
    network.reset()
    const [taken] = await other.store.subscribe([await other.load(queue)], newSubscriber())
    assert.equal(taken?.outcome, 'done')
    const gone = await pod.store.acknowledge(queue, { messageId: newMessageId() }).catch((e) => e)
    assert.ok(gone instanceof StoreUnavailable)
    network.heal()
    await until('END', () =>
      pod.events.all(subscriber.connection).some(({ type }) => type === 'ended'),
    )
  })
})
