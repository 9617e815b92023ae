/**
 * Somebody who may write to Redis, and has no cluster key: what pods take from there, and what they
 * do not (SECURITY.md, "Somebody who writes to Redis").
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import { openMessage, sealMessage } from '../../src/crypto/message-box.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { latin1Text, utf8Bytes } from '../../src/protocol/bytes.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import { ClusterKeys } from '../../src/store/redis/cluster-keys.ts'
import { encodeMessage } from '../../src/store/redis/message-codec.ts'
import type { QueueRecord } from '../../src/store/store.ts'
import {
  bytes,
  contentOf,
  newKey,
  newLink,
  newMessageId,
  newSubscriber,
} from '../store/builders.ts'
import { startPods } from '../store/cluster.ts'
import { ask } from '../support/redis/ask.ts'
import { place } from '../support/redis/at-rest.ts'
import { startRedis } from '../support/redis.ts'
import { redisExactlyAt } from './store.ts'

type KeyKind = 'q' | 'm' | 'l'

/** A pod, and the key of a queue in the hands of somebody else. */
const scene = async () => {
  await using parts = new AsyncDisposableStack()
  const server = parts.adopt(await startRedis(), (one) => one.stop())
  const { clusterKey, url } = place(server)
  const { pod, close } = await startPods(redisExactlyAt({ url, clusterKey }))
  let isClosed = false
  const closeOnce = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await close()
  }
  parts.defer(closeOnce)
  const keys = new ClusterKeys(crypto, [clusterKey])
  const owned = parts.move()
  return {
    pod,
    /** Rejects where the store had faults, as the end of a scene does. */
    close: closeOnce,
    write: <T>(how: (redis: Redis) => Promise<T>): Promise<T> => ask(server, how),
    async keyOf({ recipientId }: QueueRecord, kind: KeyKind): Promise<string> {
      const blind = keys.blind('recipient', idBytes(recipientId))
      const [key] = await ask(server, (redis) => redis.keys(`*:q:${blind}`))
      assert.ok(key)
      return key.replace(/:q:/, `:${kind}:`)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('a record that was changed is none, and no other queue', async () => {
  await using it = await scene()
  const { pod } = it
  const queue = await pod.create()
  const key = await it.keyOf(queue, 'q')
  const piece = await it.write((redis) => redis.hgetBuffer(key, '1'))
  assert.ok(piece)
  piece[20] = (piece[20] ?? 0) ^ 1
  await it.write((redis) => redis.hset(key, '1', piece))
  const [found] = await pod.store.loadQueues('recipient', [queue.recipientId], { fresh: true })
  assert.equal(found?.outcome, 'failed')
})

test('the record of another queue is not found by the ids of this one', async () => {
  await using it = await scene()
  const { pod } = it
  const [queue, other] = [await pod.create(), await pod.create({ recipientKeys: [newKey()] })]
  const [to, from] = [await it.keyOf(queue, 'q'), await it.keyOf(other, 'q')]
  await it.write((redis) => redis.copy(from, to, 'REPLACE'))
  assert.deepEqual(await pod.find('recipient', [queue.recipientId]), [undefined])
  assert.deepEqual(await pod.find('sender', [queue.senderId]), [undefined])
  assert.equal((await pod.load(other)).recipientId, other.recipientId)
})

test('an older record of the queue is taken for the present one', async () => {
  await using it = await scene()
  const { pod } = it
  const [former, present] = [newKey(), newKey()]
  const queue = await pod.create({ recipientKeys: [former] })
  const key = await it.keyOf(queue, 'q')
  const old = await it.write((redis) => redis.dumpBuffer(key))
  await pod.store.replaceRecipientKeys(queue, [present])
  assert.deepEqual((await pod.load(queue)).recipientKeys, [present])
  await it.write((redis) => redis.restore(key, 0, old, 'REPLACE'))
  assert.deepEqual((await pod.load(queue)).recipientKeys, [former])
})

test('link data of another queue is given to those who ask, for whom it is not signed', async () => {
  await using it = await scene()
  const { pod } = it
  const [link, another] = [newLink(), newLink()]
  const [queue, other] = [await pod.create({ link }), await pod.create({ link: another })]
  const [to, from] = [await it.keyOf(queue, 'l'), await it.keyOf(other, 'l')]
  await it.write((redis) => redis.copy(from, to, 'REPLACE'))
  const content = contentOf(another)
  assert.deepEqual(await pod.store.openLink(queue), { outcome: 'done', content })
})

test('messages made up or of another queue reach the recipient, who cannot open them', async () => {
  await using it = await scene()
  const { pod } = it
  const [queue, other] = [await pod.create(), await pod.create()]
  const messageId = newMessageId()
  const [own, foreign] = [queue, other].map(({ dhSecret }) =>
    sealMessage(
      crypto,
      { secret: dhSecret, messageId: idBytes(messageId) },
      {
        ...{ tag: 'message', timestamp: pod.clock.seconds, notification: false },
        body: utf8Bytes('hello'),
      },
    ),
  )
  assert.ok(own && foreign)
  const opens = (body: Uint8Array): boolean => {
    try {
      const key = { secret: queue.dhSecret, messageId: idBytes(messageId) }
      return openMessage(crypto, key, body) !== undefined
    } catch {
      return false
    }
  }
  assert.ok(opens(own))
  const list = await it.keyOf(queue, 'm')
  for (const body of [foreign, bytes(own.length)]) {
    const { head } = encodeMessage({
      ...{ kind: 'message', messageId, timestamp: pod.clock.seconds, body },
    })
    const element = Buffer.concat([Buffer.from(head, 'latin1'), body])
    await it.write((redis) => redis.multi().del(list).rpush(list, element).exec())
    const subscriber = newSubscriber()
    await pod.store.subscribe([await pod.load(queue)], subscriber)
    const [message] = await pod.heads([queue.recipientId], subscriber)
    assert.ok(typeof message === 'object' && message.kind === 'message')
    assert.equal(latin1Text(message.body), latin1Text(body))
    assert.ok(!opens(message.body))
  }
})

test('what no pod wrote into a mailbox is a fault, and what comes after it is read', async () => {
  await using it = await scene()
  const { pod } = it
  const queue = await pod.create()
  const subscriber = newSubscriber()
  await pod.store.subscribe([queue], subscriber)
  const [mailbox] = await it.write(async (redis) => {
    const channels = await redis.call('PUBSUB', 'SHARDCHANNELS')
    return Array.isArray(channels) ? channels.map(String) : []
  })
  assert.ok(mailbox)
  const blind = (await it.keyOf(queue, 'q')).split(':').at(-1)
  const { connection, claim } = subscriber
  const ending = `e:${connection.toString(36)}:${claim.toString(36)}:${blind}`
  const lies = ['', 'x', '\0\xff', 'b:1:1:q:{', 'a:::::', ending]
  await it.write((redis) =>
    redis
      .multi()
      .rpush(mailbox, ...lies)
      .spublish(mailbox, '')
      .exec(),
  )
  // somebody can say that the queue was taken over
  const { recipientId: entityId } = queue
  assert.deepEqual(await pod.events.next(connection), { type: 'ended', entityId, claim })
  await assert.rejects(it.close(), AggregateError)
})
