/** What operators do with queues through the admin API, as clients of the relay see it. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  nativeCrypto as crypto,
  openClient,
  type SmpClient,
  SmpRefusal,
} from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import { base64url } from '../../src/protocol/text.ts'
import { expectRefusal, failure } from '../client/support/failure.ts'
import { startTestRelay, type TestRelay } from '../client/support/relay.ts'
import { Admin, adminToken } from '../support/admin.ts'
import { within } from '../support/within.ts'

const settings = { adminPort: '0', adminToken, hosts: 'smp.example.org' }

let relay: TestRelay
let admin: Admin
let client: SmpClient
before(async () => {
  relay = await startTestRelay(settings)
  admin = new Admin(relay.adminPort)
  client = await openClient({ address: relay.address })
})
after(async () => {
  client.close()
  await relay[Symbol.asyncDispose]()
})

const body = utf8Bytes('hello')

const refusedWith = async (promise: Promise<unknown>) => {
  const error = await failure(promise)
  assert.ok(error instanceof SmpRefusal, String(error))
  return error.error
}

/** What comes for a client until an event of this kind. */
const nextOf = <T extends string>(from: SmpClient, tag: T) => {
  const events = from.events()
  return within(
    `an event ${tag}`,
    (async () => {
      for await (const event of events) if (event.tag === tag) return event
      return assert.fail('there are no more events')
    })(),
  )
}

const contactQueue = async () => {
  const linkId = linkIdOf(crypto.randomBytes(24))
  const link = () => ({ linkId, fixed: utf8Bytes('fixed'), user: utf8Bytes('user') })
  return { linkId, queue: await client.createQueue({ mode: 'contact', link }) }
}

const done = (status: number, answer: object) => ({ status, body: answer })
const brief = ({ status, body: answer }: { status: number; body: object }) => ({
  status,
  body: answer,
})

describe('the status of a queue', () => {
  const fresh = { state: 'active', mode: 'messaging', secured: false, link: false, messages: 0 }

  test('says what it holds, and neither keys nor ids', async () => {
    const queue = await client.createQueue({ subscribe: false, notifier: true })
    const { senderId } = queue
    const first = await admin.queue('status', senderId)
    const notifier = { subscribed: false }
    assert.deepEqual(brief(first), done(200, { ...fresh, subscribed: false, notifier }))
    const key = await client.makeSenderKey()
    const sender = client.openSender({ senderId, key })
    await sender.secure()
    await sender.send(body)
    await queue.subscribe()
    assert.deepEqual((await admin.queue('status', senderId)).body, {
      ...fresh,
      secured: true,
      messages: 1,
      subscribed: true,
      notifier,
    })
  })

  test('is found by its link id too, but not by those of its recipient and notifier', async () => {
    const { queue, linkId } = await contactQueue()
    const { status, body: answer } = await admin.queue('status', linkId)
    assert.deepEqual([status, answer.mode, answer.link], [200, 'contact', true])
    const { notifier } = (await client.createQueue({ notifier: true })).credentials
    assert.ok(notifier)
    const unknown = crypto.randomBytes(24)
    for (const id of [queue.credentials.recipientId, notifier.notifierId, linkIdOf(unknown)])
      for (const operation of ['status', 'unblock', 'delete']) {
        const refused = await admin.queue(operation, id)
        assert.deepEqual([refused.status, refused.body.code], [404, 'not_found'])
      }
    await queue.info()
  })

  test('is refused where the link was of another server', async () => {
    const { senderId } = await client.createQueue()
    const ask = (server: object) => admin.queue('status', senderId, { server })
    const fingerprint = base64url(relay.address.keyHash)
    const other = base64url(crypto.randomBytes(32))
    const own = ['SMP.example.org']
    for (const server of [{ fingerprint, hosts: ['b'] }, { hosts: ['a', ...own] }, {}])
      assert.equal((await ask(server)).status, 200)
    for (const server of [{ fingerprint: other, hosts: own }, { hosts: ['a'] }, { hosts: [] }]) {
      const { status, body: answer } = await ask(server)
      assert.deepEqual([status, answer.code], [409, 'other_server'])
      assert.ok(String(answer.message).includes(fingerprint))
    }
  })
})

describe('a blocked queue', () => {
  test('tells its subscriber, and refuses everything but its end', async () => {
    const queue = await client.createQueue({ notifier: true })
    const { senderId } = queue
    const sender = client.openSender({ senderId })
    await sender.send(body)
    const event = nextOf(client, 'blocked')
    const notice = { ttl: 86_400 }
    const blocked = { state: 'blocked', reason: 'spam', notice }
    const answer = await admin.queue('block', senderId, { reason: 'spam', notice })
    assert.deepEqual(brief(answer), done(200, blocked))
    const told = await event
    const error = { code: 'BLOCKED', blocking: { reason: 'spam', notice: { ttlSeconds: 86_400 } } }
    assert.ok(told.tag === 'blocked')
    assert.equal(told.queue.credentials.recipientId, queue.credentials.recipientId)
    assert.deepEqual(told.error, error)
    const key = await client.makeSenderKey()
    const refused: readonly Promise<unknown>[] = [
      sender.send(body),
      client.openSender({ senderId, key }).secure(),
      client.openQueue(queue.credentials).subscribe(),
      queue.info(),
      queue.addNotifier(),
    ]
    for (const one of refused) assert.deepEqual(await refusedWith(one), error)
    const { body: status } = await admin.queue('status', senderId)
    const { state, reason, messages, subscribed } = status
    assert.deepEqual([state, reason, messages, subscribed], ['blocked', 'spam', 1, true])
    await queue.delete()
    assert.equal((await admin.queue('status', senderId)).status, 404)
  })

  test('refuses its link', async () => {
    const { queue, linkId } = await contactQueue()
    await admin.queue('block', linkId, { reason: 'content' })
    assert.deepEqual(await refusedWith(client.readContactLink(linkId)), {
      code: 'BLOCKED',
      blocking: { reason: 'content' },
    })
    await admin.queue('unblock', linkId)
    assert.equal((await client.readContactLink(linkId)).senderId, queue.senderId)
  })

  test('works again when it is unblocked, which it can be once', async () => {
    const queue = await client.createQueue()
    const sender = client.openSender(queue)
    await admin.queue('block', queue.senderId, { reason: 'spam', notice: {} })
    await expectRefusal(sender.send(body), 'BLOCKED')
    const answer = await admin.queue('unblock', queue.senderId)
    assert.deepEqual(brief(answer), done(200, { state: 'active' }))
    await sender.send(body)
    const again = await admin.queue('unblock', queue.senderId)
    assert.deepEqual([again.status, again.body.code], [409, 'not_blocked'])
  })

  test('that its owner suspended stays suspended when it is unblocked', async () => {
    const queue = await client.createQueue()
    await queue.suspend()
    assert.equal((await admin.queue('unblock', queue.senderId)).status, 409)
    await expectRefusal(client.openSender(queue).send(body), 'AUTH')
  })
})

test('a queue that is deleted is gone, with its messages, and its subscriber is told', async () => {
  const queue = await client.createQueue()
  const sender = client.openSender(queue)
  await sender.send(body)
  const event = nextOf(client, 'subscriptionEnded')
  const answer = await admin.queue('delete', queue.senderId)
  assert.deepEqual(brief(answer), done(200, { deleted: true, messages: 1 }))
  const ended = await event
  assert.ok(ended.tag === 'subscriptionEnded')
  assert.equal(ended.reason, 'deleted')
  await expectRefusal(sender.send(body), 'AUTH')
  assert.equal((await admin.queue('delete', queue.senderId)).status, 404)
})

describe('the quota of blocks', () => {
  const withQuota = async (blockQuota: string) => {
    const limited = await startTestRelay({ ...settings, blockQuota })
    const owner = await openClient({ address: limited.address })
    return {
      admin: new Admin(limited.adminPort),
      owner,
      [Symbol.asyncDispose]: async () => {
        owner.close()
        await limited[Symbol.asyncDispose]()
      },
    }
  }

  test('bounds the queues that are blocked a day, whatever is done at once', async () => {
    await using at = await withQuota('3')
    const queues = await Promise.all(Array.from({ length: 8 }, () => at.owner.createQueue()))
    const answers = await Promise.all(
      queues.map(({ senderId }) => at.admin.queue('block', senderId, { reason: 'spam' })),
    )
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    assert.equal(refused?.body.code, 'quota_reached')
    assert.equal(await at.admin.blockedToday(), 3)
  })

  test('counts a queue once, and no block that did not happen', async () => {
    await using at = await withQuota('1')
    const { senderId } = await at.owner.createQueue()
    const unknown = linkIdOf(crypto.randomBytes(24))
    assert.equal((await at.admin.queue('block', unknown, { reason: 'spam' })).status, 404)
    assert.equal(await at.admin.blockedToday(), 0)
    for (const reason of ['spam', 'content', 'content'])
      assert.equal((await at.admin.queue('block', senderId, { reason })).status, 200)
    assert.equal(await at.admin.blockedToday(), 1)
    assert.equal((await at.admin.queue('unblock', senderId)).status, 200)
    assert.equal((await at.admin.queue('block', senderId, { reason: 'spam' })).status, 429)
  })

  test('of 0 is none, and off refuses every block', async () => {
    await using free = await withQuota('0')
    const { senderId } = await free.owner.createQueue()
    assert.equal((await free.admin.queue('block', senderId, { reason: 'spam' })).status, 200)
    assert.equal(await free.admin.blockedToday(), 1)
    await using off = await withQuota('off')
    const queue = await off.owner.createQueue()
    const answer = await off.admin.queue('block', queue.senderId, { reason: 'spam' })
    assert.deepEqual([answer.status, answer.body.code], [403, 'blocking_off'])
  })
})
