/** Redis that reads its data set: after a restart, or with connections that it already has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { newSubscriber } from '../store/builders.ts'
import { ask, fieldOf } from '../support/redis/ask.ts'
import { checkDelivered, checkResumed, checkUnavailable } from '../support/redis/calls.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

const KEY_LOAD_MICROSECONDS = 100
/** Redis answers others after so many keys of the file that it appends to. */
const SLOWLY = [
  ...['--key-load-delay', `${KEY_LOAD_MICROSECONDS}`],
  ...['--loading-process-events-interval-bytes', '1024'],
  ...['--enable-debug-command', 'yes'],
]
/** At least 8 s of loading: longer than a call is sent again. */
const KEYS = 80_000

/** Keys beside those of the pods, to spend time on. */
const fill = (server: RedisServer): Promise<unknown> =>
  ask(server, async (redis: Redis) => {
    const pipeline = redis.pipeline()
    for (let i = 0; i < KEYS; i += 1) pipeline.set(`filling:${i}`, '')
    await pipeline.exec()
  })

/** Other clients wait until it has loaded all. */
const askLoading = async <Answer>(
  { port }: RedisServer,
  question: (redis: Redis) => Promise<Answer>,
): Promise<Answer> => {
  const redis = new Redis({ port, enableReadyCheck: false, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

const isLoading = (server: RedisServer): Promise<boolean> =>
  askLoading(server, async (redis) => fieldOf(await redis.info('persistence'), 'loading') === '1')

/** The rest takes no time. */
const hurry = (server: RedisServer) =>
  askLoading(server, (redis) => redis.config('SET', 'key-load-delay', 0))

const scene = async () => {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await startRedis({ args: [...SLOWLY, '--appendonly', 'yes'] }))
  await fill(server)
  const stores = parts.use(await openPods({ urls: [server.url, server.url] }))
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const subscriber = newSubscriber()
  const queue = await pod.create({}, subscriber)
  const owned = parts.move()
  const close = () => owned.disposeAsync()
  return { server, pod, other, subscriber, queue, [Symbol.asyncDispose]: close }
}

test('after a restart that takes long: calls are given up, and go on when it has read all', async () => {
  await using at = await scene()
  const { server, pod, other, queue, subscriber } = at
  const restarting = server.restart()
  await until('it is loading', () => isLoading(server))
  await checkUnavailable(pod.store.appendMessage(queue, { message: pod.message() }))
  assert.ok(await isLoading(server), 'it was loading all the time')
  await hurry(server)
  await restarting
  await checkResumed(pod, other)
  await checkDelivered(other, pod, { queue, connection: subscriber.connection })
})

test('after a restart that takes a moment: calls that meet it wait', async () => {
  await using at = await scene()
  const { server, pod } = at
  const created = await pod.create()
  const restarting = server.restart()
  await until('it is loading', () => isLoading(server))
  const appending = pod.append(created)
  await hurry(server)
  await appending
  await restarting
  assert.equal((await pod.drain(created)).length, 1)
})

test('on the connections that it has (LOADING): the same', async () => {
  await using at = await scene()
  const { server, pod, other, queue, subscriber } = at
  const reloading = ask(server, (redis) => redis.call('DEBUG', 'RELOAD')).catch(() => {})
  await until('it is loading', () => isLoading(server))
  await checkUnavailable(pod.store.appendMessage(queue, { message: pod.message() }))
  await hurry(server)
  await reloading
  await checkResumed(pod, other)
  await checkDelivered(other, pod, { queue, connection: subscriber.connection })
})
