/** What operators do at one pod, as clients at the others see it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { openClient, type SmpClient, SmpRefusal } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { expectRefusal, failure } from '../client/support/failure.ts'
import { Admin, adminToken, idText } from '../support/admin.ts'
import { Pods } from '../support/pods.ts'
import { ask } from '../support/redis/ask.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis, withPrefix } from '../support/redis.ts'
import { within } from '../support/within.ts'

const QUOTA = 30

let server: RedisServer
let pods: Pods
let admins: readonly Admin[] = []

/** As the pod's log says. */
const adminPortOf = async (index: number): Promise<number> => {
  let port = 0
  await until('the admin port is in the log', () => {
    port = Number(/"adminPort":(\d+)/.exec(pods.at(index).log)?.[1] ?? 0)
    return port > 0
  })
  return port
}

before(async () => {
  server = await startRedis()
  const env = {
    SLUICE_LOG_LEVEL: 'info',
    SLUICE_ADMIN_PORT: '0',
    SLUICE_ADMIN_TOKEN: adminToken,
    SLUICE_BLOCK_QUOTA: `${QUOTA}`,
  }
  const url = withPrefix(server.url, `${randomBytes(4).toString('hex')}:`)
  pods = await Pods.start({ url, count: 3, env })
  admins = await Promise.all([0, 1, 2].map(async (index) => new Admin(await adminPortOf(index))))
})
after(async () => {
  await pods[Symbol.asyncDispose]()
  await server.stop()
})

const adminOf = (pod: number): Admin => admins[pod] ?? assert.fail('a pod has an admin API')

/** A client on each of the second and third pods; operators use the first. */
const scene = async () => {
  const recipient = await openClient({ address: pods.at(1).address })
  const sender = await openClient({ address: pods.at(2).address })
  return {
    recipient,
    sender,
    [Symbol.asyncDispose]: async () => {
      recipient.close()
      sender.close()
    },
  }
}

const nextOf = (client: SmpClient, tag: string) => {
  const events = client.events()
  return within(
    tag,
    (async () => {
      for await (const event of events) if (event.tag === tag) return event
      return assert.fail('there are no more events')
    })(),
  )
}

const refusedWith = async (promise: Promise<unknown>) => {
  const error = await failure(promise)
  assert.ok(error instanceof SmpRefusal, String(error))
  return error.error
}

const hello = utf8Bytes('hello')

describe('an operator at one pod', { timeout: 120_000 }, () => {
  test('blocks: told to the subscriber at another, refused to the sender at a third', async () => {
    await using at = await scene()
    const queue = await at.recipient.createQueue()
    const sender = at.sender.openSender(queue)
    await sender.send(hello)
    const event = nextOf(at.recipient, 'blocked')
    const notice = { ttl: 3600 }
    const blocked = { code: 'BLOCKED', blocking: { reason: 'spam', notice: { ttlSeconds: 3600 } } }
    const { senderId } = queue
    assert.equal(
      (await adminOf(0).queue('block', senderId, { reason: 'spam', notice })).status,
      200,
    )
    const told = await event
    assert.ok(told.tag === 'blocked')
    assert.deepEqual(told.error, blocked)
    assert.deepEqual(await refusedWith(sender.send(hello)), blocked)
    assert.deepEqual(await refusedWith(queue.info()), blocked)
    for (const pod of [0, 1, 2]) {
      const { body } = await adminOf(pod).queue('status', senderId)
      const { state, reason, messages, subscribed } = body
      assert.deepEqual([state, reason, messages, subscribed], ['blocked', 'spam', 1, true])
    }
    // the others have cached that the queue is blocked
    assert.equal((await adminOf(0).queue('unblock', senderId)).status, 200)
    await sender.send(hello)
    assert.equal((await queue.info()).size, 2)
  })

  test('deletes: told to the subscriber at another, and to that of its notifier', async () => {
    await using at = await scene()
    const queue = await at.recipient.createQueue({ notifier: true })
    const { notifier } = queue.credentials
    assert.ok(notifier)
    await at.sender.openNotifier(notifier).subscribe()
    const ends = [at.recipient, at.sender].map((client) => nextOf(client, 'subscriptionEnded'))
    const sender = at.sender.openSender(queue)
    await sender.send(hello)
    const { status, body } = await adminOf(0).queue('delete', queue.senderId)
    assert.deepEqual({ status, body }, { status: 200, body: { deleted: true, messages: 1 } })
    for (const end of await Promise.all(ends))
      assert.ok(end.tag === 'subscriptionEnded' && end.reason === 'deleted')
    await expectRefusal(sender.send(hello), 'AUTH')
    await expectRefusal(queue.info(), 'AUTH')
    assert.equal((await adminOf(2).queue('status', queue.senderId)).status, 404)
  })

  test('takes no place for a queue that another blocks at the same time', async () => {
    await using at = await scene()
    const [first, second] = [await at.recipient.createQueue(), await at.recipient.createQueue()]
    const all = (operation: string, { senderId }: typeof first) =>
      Promise.all(
        [0, 1, 2].map((pod) => adminOf(pod).queue(operation, senderId, { reason: 'spam' })),
      )
    assert.deepEqual(
      (await all('block', first)).map(({ status }) => status),
      [200, 200, 200],
    )
    assert.equal(await adminOf(0).blockedToday(), 2)
    assert.equal((await adminOf(1).queue('block', second.senderId, { reason: 'spam' })).status, 200)
    assert.equal(await adminOf(2).blockedToday(), 3)
  })

  test('has one quota with those at the others, whatever they do at once', async () => {
    await using at = await scene()
    const used = Number(await adminOf(0).blockedToday())
    const queues = await Promise.all(
      Array.from({ length: QUOTA + 15 }, () => at.recipient.createQueue({ subscribe: false })),
    )
    const answers = await Promise.all(
      queues.map(({ senderId }, index) =>
        adminOf(index % 3).queue('block', senderId, { reason: 'content' }),
      ),
    )
    const blocked = answers.filter(({ status }) => status === 200).length
    const refused = answers.filter(({ body }) => body.code === 'quota_reached').length
    assert.deepEqual([blocked, refused], [QUOTA - used, 15 + used])
    for (const pod of [0, 1, 2]) assert.equal(await adminOf(pod).blockedToday(), QUOTA)
    const states = await Promise.all(
      queues.map(({ senderId }) => adminOf(1).queue('status', senderId)),
    )
    assert.equal(states.filter(({ body }) => body.state === 'blocked').length, blocked)
  })

  test('leaves nothing in Redis that can be read, and no id in the logs', async () => {
    await using at = await scene()
    const queue = await at.recipient.createQueue({ notifier: true })
    const { senderId } = queue
    await adminOf(0).queue('status', senderId)
    await adminOf(1).queue('unblock', senderId)
    await ask(server, async (redis) => {
      const counters: string[] = []
      for await (const keys of redis.scanStream())
        for (const key of keys.map(String)) {
          if (/:k:/.test(key)) counters.push(key)
          for (const id of [senderId, queue.credentials.recipientId])
            assert.ok(!key.includes(idText(id)) && !key.includes(id))
        }
      assert.equal(counters.length, 1)
      const [counter = ''] = counters
      assert.match(counter, /^\w+:\{\w+\}:k:\d+$/)
      assert.match(String(await redis.get(counter)), /^\d+$/)
      assert.ok((await redis.ttl(counter)) > 86_400)
    })
    for (const { log } of pods.all) {
      assert.doesNotMatch(log, /fault/)
      assert.ok(!log.includes(idText(senderId)) && !log.includes(adminToken))
    }
  })
})
