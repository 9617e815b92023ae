/** Redis that is full. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openClient, type SenderQueue, SmpRefusal } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { expectRefusal } from '../client/support/failure.ts'
import { next } from '../client/support/next.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import { ask, fieldOf } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { within } from '../support/within.ts'

const ROOM_BYTES = 4_000_000
const TIGHTER_BYTES = 1_000_000

const limitMemory = (redis: RedisServer, more: number): Promise<unknown> =>
  ask(redis, async (client) => {
    const used = Number(fieldOf(await client.info('memory'), 'used_memory'))
    await client.config('SET', 'maxmemory', used + more)
  })

const isQuota = (error: unknown): boolean =>
  error instanceof SmpRefusal && error.error.code === 'QUOTA'

/** Whether it was accepted; anything but OK and QUOTA is an error. */
const trySend = async (sender: SenderQueue, text: string): Promise<boolean> => {
  try {
    await sender.send(utf8Bytes(text))
    return true
  } catch (error) {
    if (isQuota(error)) return false
    throw error
  }
}

/** Until one is refused; what was accepted. */
const fill = async (sender: SenderQueue): Promise<string[]> => {
  const accepted: string[] = []
  for (;;) {
    const text = `message ${accepted.length}`
    if (!(await trySend(sender, text))) return accepted
    accepted.push(text)
  }
}

describe('Redis that is full', { timeout: 120_000 }, () => {
  test('takes no more messages, gives out those it has, and then takes more', async (t) => {
    await using redis = await startRedis()
    const env = { SLUICE_QUEUE_QUOTA: '100000' }
    await using pods = await Pods.start({ url: redis.url, count: 2, env })
    await using a = await openClient({ address: pods.at(0).address })
    await using b = await openClient({ address: pods.at(1).address })
    const [pushed, waiting] = [await a.createQueue(), await a.createQueue({ subscribe: false })]
    const [fetched, unwanted] = [
      await a.createQueue({ subscribe: false }),
      await b.createQueue({ subscribe: false }),
    ]
    for (const queue of [fetched, unwanted]) await b.openSender(queue).send(utf8Bytes('early'))
    const [toPushed, toWaiting] = [b.openSender(pushed), a.openSender(waiting)]
    await limitMemory(redis, ROOM_BYTES)
    const accepted = await Promise.all([fill(toPushed), fill(toWaiting)])
    // what was freed since then must not let one more in
    await limitMemory(redis, -TIGHTER_BYTES)
    t.diagnostic(`${accepted.flat().length} messages were accepted before it was full`)

    for (const sender of [toPushed, toWaiting, b.openSender(waiting), a.openSender(pushed)])
      await expectRefusal(sender.send(utf8Bytes('too much')), 'QUOTA')
    await assert.rejects(a.createQueue())

    const message = await within('GET', fetched.get())
    assert.ok(message)
    await message.ack()
    assert.equal(await fetched.get(), undefined)
    await unwanted.delete()
    const moved = b.openQueue(waiting.credentials)
    await moved.subscribe()
    for (const [index, queue] of [pushed, moved].entries())
      for (const text of accepted[index] ?? []) assert.equal(await nextText(queue), text)

    await until('sending works again', () => trySend(toPushed, 'after'))
    assert.equal(await nextText(pushed), 'after')
    const made = await b.createQueue()
    await a.openSender(made).send(utf8Bytes('to a new queue'))
    await within('a message', next(made.messages))
  })
})
