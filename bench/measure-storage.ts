/** What queues and messages take of Redis' memory. */
import type { SmpConnection } from '../src/client/connection.ts'
import { ENCRYPTED_MESSAGE_BYTES } from '../src/crypto/message-box.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import { fullSizeBody } from '../src/load/message-load.ts'
import { createQueues, replyOf, type SecuredQueue, secureQueues } from '../src/load/queues.ts'
import { closeAll } from '../src/load/target.ts'
import type { Command } from '../src/protocol/command.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import type { RedisUnderTest } from './redis-under-test.ts'
import { subscribeAfresh } from './subscribers.ts'

export interface StorageOptions {
  /** Empty: a Redis of the bench's own. */
  readonly redisUrl: string
  readonly queues: number
  /** Queues that get messages, at most `queues`. */
  readonly filled: number
}

/** Bytes in Redis for each. */
export interface Stored {
  readonly what: string
  readonly count: number
  readonly bytes: number
  /** What it should be at most. */
  readonly goal?: number
}

export interface StorageFigures {
  readonly redis: string
  /** Bytes that every key's name is longer than those of a Redis without others in it. */
  readonly prefixBytes: number
  readonly queues: readonly Stored[]
  readonly messages: readonly Stored[]
  /** Bytes of a message that the relay has to store: what the recipient gets. */
  readonly bodyBytes: number
}

const IDLE_QUEUE_GOAL = 900
const MESSAGE_GOAL = ENCRYPTED_MESSAGE_BYTES * 1.03
/** Beyond the first one in a queue. */
const FURTHER_MESSAGES = 4
/** Commands in flight at once. */
const AT_ONCE = 512
/** Messages are a block each. */
const MESSAGES_AT_ONCE = 32

const inChunks = async <T>(
  items: readonly T[],
  size: number,
  work: (chunk: readonly T[]) => Promise<unknown>,
): Promise<void> => {
  for (let at = 0; at < items.length; at += size) await work(items.slice(at, at + size))
}

const createSecured = async (
  connection: SmpConnection,
  count: number,
): Promise<readonly SecuredQueue[]> => {
  const queues: SecuredQueue[] = []
  const created = await createQueues(connection, count, { subscribe: false })
  await inChunks(created, AT_ONCE, async (chunk) => {
    queues.push(...(await secureQueues(connection, chunk)))
  })
  return queues
}

const addNotifiers = (
  connection: SmpConnection,
  queues: readonly SecuredQueue[],
): Promise<void> => {
  const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
  return inChunks(queues, AT_ONCE, async (chunk) => {
    const requests = chunk.map(({ recipientId, recipientKey }) => {
      const { publicKey: authKey } = crypto.generateKeyPair('Ed25519')
      const command: Command<'NKEY'> = { tag: 'NKEY', authKey, dhKey }
      return { command, entityId: recipientId, key: recipientKey }
    })
    for (const result of await connection.requestBatch(requests)) replyOf(result)
  })
}

const SEND: Command<'SEND'> = { tag: 'SEND', notification: false, body: fullSizeBody }

const sendToEach = (connection: SmpConnection, queues: readonly SecuredQueue[]): Promise<void> =>
  inChunks(queues, MESSAGES_AT_ONCE, async (chunk) => {
    const requests = chunk.map(({ senderId, senderKey }) => ({
      command: SEND,
      entityId: senderId,
      key: senderKey,
    }))
    for (const result of await connection.requestBatch(requests)) replyOf(result)
  })

/** Bytes that `work` leaves in Redis for each of `count`. */
const growthOf = async (
  redis: RedisUnderTest,
  count: number,
  work: () => Promise<unknown>,
): Promise<number> => {
  const before = await redis.memory()
  await work()
  return ((await redis.memory()) - before) / count
}

const queueRows = (idle: number, subscribed: number, notifier: number) => (count: number) =>
  [
    { what: 'idle queue, secured', count, bytes: idle, goal: IDLE_QUEUE_GOAL },
    { what: 'the same while subscribed', count, bytes: idle + subscribed },
    { what: 'idle queue with a notifier', count, bytes: idle + notifier },
  ] satisfies readonly Stored[]

export const measureStorage = async ({
  redisUrl,
  queues: count,
  filled,
}: StorageOptions): Promise<StorageFigures> => {
  await using cluster = await ClusterUnderTest.start(redisUrl, 1)
  const { redis } = cluster
  await using connection = await cluster.relay(0).connect()
  // what every cluster has once, scripts for example, is not counted
  await sendToEach(connection, await createSecured(connection, Math.ceil(count / 4)))
  const queues: SecuredQueue[] = []
  const idle = await growthOf(redis, count, async () => {
    queues.push(...(await createSecured(connection, count)))
  })
  const subscribers: SmpConnection[] = []
  const subscribed = await growthOf(redis, count, async () => {
    subscribers.push(...(await subscribeAfresh(cluster.relays, queues)).connections)
  })
  await closeAll(subscribers)
  await cluster.idle()
  const some = queues.slice(0, filled)
  const first = await growthOf(redis, some.length, () => sendToEach(connection, some))
  const further = await growthOf(redis, some.length * FURTHER_MESSAGES, async () => {
    for (let i = 0; i < FURTHER_MESSAGES; i++) await sendToEach(connection, some)
  })
  const notifier = await growthOf(redis, count, () => addNotifiers(connection, queues))
  return {
    redis: await redis.version(),
    prefixBytes: redis.prefixBytes,
    queues: queueRows(idle, subscribed, notifier)(count),
    messages: [
      { what: 'first message of a queue', count: some.length, bytes: first, goal: MESSAGE_GOAL },
      {
        what: 'each further one',
        count: some.length * FURTHER_MESSAGES,
        bytes: further,
        goal: MESSAGE_GOAL,
      },
    ],
    bodyBytes: ENCRYPTED_MESSAGE_BYTES,
  }
}
