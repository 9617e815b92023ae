/** News of a failover that end an attempt to connect, after which the Redis client tries no more. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Redis } from 'ioredis'
import { parseRedisAddress } from '../../src/store/redis/address.ts'
import { connectionTo, keepOpen } from '../../src/store/redis/connection/options.ts'
import { until } from '../support/redis/until.ts'
import { CALM_SENTINEL, startSentinel } from '../support/redis.ts'

const sentinel = await startSentinel(CALM_SENTINEL)
after(() => sentinel.stop())

/** What the client's own listener to the sentinels does when a primary was replaced. */
const tellOfFailover = (redis: Redis): void => {
  const connector: unknown = Reflect.get(redis, 'connector')
  assert.ok(typeof connector === 'object' && connector !== null && 'disconnect' in connector)
  assert.ok(typeof connector.disconnect === 'function')
  connector.disconnect()
}

const scene = () => {
  const redis = connectionTo(parseRedisAddress(sentinel.url))
  const problems: string[] = []
  const counts = { ended: 0 }
  redis.on('error', ({ message }: Error) => problems.push(message))
  redis.on('end', () => {
    counts.ended += 1
  })
  return { redis, problems, counts }
}

test('the connection is made all the same', async () => {
  const { redis, problems } = scene()
  redis.once('connecting', () => tellOfFailover(redis))
  const close = keepOpen(redis)
  await until('it is connected', () => redis.status === 'ready')
  assert.deepEqual(problems, ['Connection is closed.'])
  close()
})

test('one that is closed stays so', async () => {
  const { redis, counts } = scene()
  const close = keepOpen(redis)
  await until('it is connected', () => redis.status === 'ready')
  close()
  await until('it has ended', () => counts.ended > 0)
  assert.equal(redis.status, 'end')
})
