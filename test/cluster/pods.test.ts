/** What one pod does is seen on the others. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  type ClientEvent,
  connectSmp,
  openClient,
  type RecipientQueue,
  type ReplyTag,
  type SmpClient,
  type SmpConnection,
} from '../../src/client/index.ts'
import { utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import type { EntityId } from '../../src/protocol/ids.ts'
import { expectRefusal } from '../client/support/failure.ts'
import { next } from '../client/support/next.ts'
import { Audit } from '../support/audit.ts'
import { Load, openAnywhere } from '../support/load.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import { until } from '../support/redis/until.ts'
import { redisUrl } from '../support/redis.ts'
import { within } from '../support/within.ts'

/** END is due within a second; the rest is for a machine that is busy. */
const END_LIMIT_MS = 5000

let pods: Pods
before(async () => {
  // senders that do not wait for their recipient must not fill its queue
  const env = { SLUICE_QUEUE_QUOTA: '100000' }
  pods = await Pods.start({ url: await redisUrl('pods:'), count: 3, env })
})
after(() => pods[Symbol.asyncDispose]())

const open = (pod: number): Promise<SmpClient> => openClient({ address: pods.at(pod).address })

/** A client on each pod. */
const scene = async () => {
  await using parts = new AsyncDisposableStack()
  const a = parts.use(await open(0))
  const b = parts.use(await open(1))
  const c = parts.use(await open(2))
  const owned = parts.move()
  return { a, b, c, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const textOf = ({ body }: { readonly body: Uint8Array }): string => utf8Text(body)

const nextEnd = (events: AsyncIterable<ClientEvent>) =>
  within(
    'the end of a subscription',
    (async () => {
      for await (const event of events) if (event.tag === 'subscriptionEnded') return event
      return assert.fail('there are no more events')
    })(),
    END_LIMIT_MS,
  )

describe('a queue', { timeout: 120_000 }, () => {
  test('made on one pod takes messages on another, which a third gives out', async () => {
    await using at = await scene()
    const { a, b, c } = at
    const { credentials } = await a.createQueue({ subscribe: false })
    const key = await b.makeSenderKey()
    const sender = b.openSender({ senderId: credentials.senderId, key })
    await sender.secure()
    const queue = c.openQueue(credentials)
    await sender.send(utf8Bytes('before SUB'))
    await queue.subscribe()
    assert.equal(await nextText(queue), 'before SUB')
    for (const text of ['pushed', 'pushed again']) {
      await sender.send(utf8Bytes(text))
      assert.equal(await nextText(queue), text)
    }
    assert.equal((await a.openQueue(credentials).info()).size, 0)
  })

  test('has one subscriber: SUB on another pod ends the one before', async () => {
    await using at = await scene()
    const { a, b, c } = at
    const queue = await a.createQueue()
    const sender = c.openSender(queue)
    await sender.send(utf8Bytes('not acknowledged'))
    const first = await within('a message', next(queue.messages))
    const events = a.events()
    const moved = b.openQueue(queue.credentials)
    await moved.subscribe()
    const ended = await nextEnd(events)
    assert.ok(ended.queue === queue && ended.reason === 'taken over')
    const again = await within('the message again', next(moved.messages))
    assert.equal(again.id, first.id)
    await again.ack()
    await sender.send(utf8Bytes('to the second'))
    assert.equal(await nextText(moved), 'to the second')
    // and back
    const eventsOfSecond = b.events()
    await queue.subscribe()
    assert.equal((await nextEnd(eventsOfSecond)).reason, 'taken over')
    await sender.send(utf8Bytes('to the first'))
    assert.equal(await nextText(queue), 'to the first')
  })

  test('that is deleted on another pod ends with DELD for its subscribers', async () => {
    await using at = await scene()
    const { a, b, c } = at
    const queue = await a.createQueue({ notifier: true })
    const { notifier } = queue.credentials
    assert.ok(notifier)
    const watcher = c.openNotifier(notifier)
    await watcher.subscribe()
    const events = a.events()
    const eventsOfWatcher = c.events()
    await b.openQueue(queue.credentials).delete()
    const ended = await nextEnd(events)
    assert.ok(ended.queue === queue && ended.reason === 'deleted')
    const watched = await nextEnd(eventsOfWatcher)
    assert.ok(watched.queue === watcher && watched.reason === 'deleted')
    await expectRefusal(c.openSender(queue).send(utf8Bytes('nowhere')), 'AUTH')
  })

  test('notifies a watcher on another pod, and the next one when the watch moves', async () => {
    await using at = await scene()
    const { a, b, c } = at
    const queue = await a.createQueue({ notifier: true })
    const { notifier } = queue.credentials
    assert.ok(notifier)
    const sender = b.openSender(queue)
    const first = c.openNotifier(notifier)
    await first.subscribe()
    await sender.send(utf8Bytes('silent'))
    await sender.send(utf8Bytes('loud'), { notification: true })
    const notification = await within('a notification', next(first.notifications))
    const silent = await within('a message', next(queue.messages))
    assert.notEqual(silent.id, notification.messageId)
    await silent.ack()
    assert.equal((await within('a message', next(queue.messages))).id, notification.messageId)
    const events = c.events()
    const second = b.openNotifier(notifier)
    await second.subscribe()
    assert.equal((await nextEnd(events)).reason, 'taken over')
    await sender.send(utf8Bytes('loud again'), { notification: true })
    await within('a notification', next(second.notifications))
  })

  test('keeps the order of its senders on all pods', async (t) => {
    const audit = new Audit()
    await using load = await Load.start({ pods, audit, queues: 1, sendersEach: 6, pauseMs: 1 })
    await load.progress(40, 'from all pods')
    await load.finish()
    audit.check()
    audit.checkNoFailures()
    audit.checkNoEnds()
    t.diagnostic(audit.summary)
  })
})

interface Heard {
  readonly tag: ReplyTag
  readonly entityId: EntityId
}

/** A connection that wants the queue of the moment. */
class Contender implements AsyncDisposable {
  readonly #connection: SmpConnection
  readonly #heard: readonly Heard[]

  private constructor(connection: SmpConnection, heard: readonly Heard[]) {
    this.#connection = connection
    this.#heard = heard
  }

  static async open(pod: number): Promise<Contender> {
    const heard: Heard[] = []
    const { address } = pods.at(pod)
    const connection = await connectSmp({
      address,
      onEvent: ({ entityId, reply: { tag } }) => heard.push({ tag, entityId }),
    })
    return new Contender(connection, heard)
  }

  async subscribe({ credentials: { recipientId: entityId, key } }: RecipientQueue): Promise<void> {
    await this.#connection.request({ tag: 'SUB' }, { entityId, key })
  }

  /** What was answered before this has been heard. */
  async ping(): Promise<void> {
    await this.#connection.request({ tag: 'PING' })
  }

  count(tag: ReplyTag, { recipientId }: RecipientQueue): number {
    return this.#heard.filter((one) => one.tag === tag && one.entityId === recipientId).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }
}

describe('a race of SUB', { timeout: 120_000 }, () => {
  const ROUNDS = 30

  const openContenders = async () => {
    await using parts = new AsyncDisposableStack()
    const all: Contender[] = []
    for (const pod of [0, 1, 2, 0, 1, 2]) all.push(parts.use(await Contender.open(pod)))
    const owned = parts.move()
    return { all, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }

  test('from all pods has one winner, and END for everybody else', async () => {
    await using client = await open(0)
    await using contenders = await openContenders()
    const { all } = contenders
    for (let round = 0; round < ROUNDS; round += 1) {
      const queue = await client.createQueue({ subscribe: false })
      const count = (tag: ReplyTag) => all.map((one) => one.count(tag, queue))
      const sum = (tag: ReplyTag) => count(tag).reduce((total, one) => total + one)
      await Promise.all(all.map((one) => one.subscribe(queue)))
      await until('all but one hear END', () => sum('END') === all.length - 1)
      assert.equal(Math.max(...count('END')), 1)
      await client.openSender(queue).send(utf8Bytes(`round ${round}`))
      await until('one hears MSG', () => sum('MSG') > 0)
      assert.equal(all[count('END').indexOf(0)]?.count('MSG', queue), 1)
      // a second race, in which the holder of the queue takes part
      await Promise.all(all.map((one) => one.subscribe(queue)))
      await Promise.all(all.map((one) => one.ping()))
      await queue.delete()
      await until('one is told of the end', () => sum('DELD') > 0)
      await Promise.all(all.map((one) => one.ping()))
      assert.equal(sum('DELD'), 1)
    }
  })
})

describe('what is revoked on one pod', { timeout: 120_000 }, () => {
  const ROUNDS = 10

  test('is refused on the others from the OK on: OFF and DEL', async () => {
    await using at = await scene()
    const { a, b, c } = at
    for (let round = 0; round < ROUNDS; round += 1) {
      const queue = await a.createQueue()
      const credentials = { senderId: queue.senderId, key: await b.makeSenderKey() }
      await b.openSender(credentials).secure()
      const sender = c.openSender(credentials)
      await sender.send(utf8Bytes('hello'))
      await (round % 2 ? queue.suspend() : queue.delete())
      await expectRefusal(sender.send(utf8Bytes('late')), 'AUTH')
      await expectRefusal(b.openSender(credentials).send(utf8Bytes('late')), 'AUTH')
    }
  })

  test('is refused on the others from the OK on: KEY, RKEY and NDEL', async () => {
    await using at = await scene()
    const { a, b, c } = at
    for (let round = 0; round < ROUNDS; round += 1) {
      const queue = await a.createQueue({ mode: 'contact', notifier: true })
      const { senderId, credentials } = queue
      const { notifier } = credentials
      assert.ok(notifier)
      await c.openSender({ senderId }).send(utf8Bytes('from anybody'))
      const key = await c.makeSenderKey()
      await queue.secure(key.publicKey)
      await expectRefusal(c.openSender({ senderId }).send(utf8Bytes('late')), 'AUTH')
      await c.openSender({ senderId, key }).send(utf8Bytes('from its sender'))
      await b.openNotifier(notifier).subscribe()
      await queue.removeNotifier()
      await expectRefusal(b.openNotifier(notifier).subscribe(), 'AUTH')
      const elsewhere = b.openQueue(credentials)
      assert.equal((await elsewhere.info()).size, 2)
      const { publicKey } = a.crypto.generateKeyPair('Ed25519')
      await queue.replaceKeys([publicKey])
      await expectRefusal(elsewhere.info(), 'AUTH')
      await expectRefusal(c.openQueue(credentials).subscribe(), 'AUTH')
    }
  })
})

describe('the end of a pod', { timeout: 120_000 }, () => {
  test('by SIGKILL sends its clients to another one, where they go on', async () => {
    const extra = await pods.add()
    const first = pods.all.indexOf(extra)
    await using moving = await openAnywhere(pods, first)
    await using sending = await openAnywhere(pods, first)
    await using staying = await open(0)
    const queues = await Promise.all(Array.from({ length: 150 }, () => moving.createQueue()))
    const [queue] = queues
    const last = queues.at(-1)
    assert.ok(queue && last)
    const sender = sending.openSender(queue)
    await sender.send(utf8Bytes('before'))
    const before = await within('a message', next(moving.messages))
    const events = moving.events()
    await extra.kill()
    // to the mailbox of a pod that is no more
    await staying.openSender(queue).send(utf8Bytes('meanwhile'))
    assert.equal((await within('an event', next(events))).tag, 'disconnected')
    await before.ack()
    const meanwhile = await within('a message', next(moving.messages))
    assert.equal(textOf(meanwhile), 'meanwhile')
    await meanwhile.ack()
    await sending.openSender(last).send(utf8Bytes('to another'))
    const other = await within('a message', next(moving.messages))
    assert.ok(other.queue === last && textOf(other) === 'to another')
  })

  test('on a port that it shares leaves the address as it was', async () => {
    const env = { SLUICE_REUSE_PORT: 'on' }
    const one = await pods.add(env)
    const two = await pods.add({ ...env, SLUICE_PORT: `${one.port}` })
    const { address } = two
    await using parts = new AsyncDisposableStack()
    const openOne = async () => parts.use(await openClient({ address, backoff: { firstMs: 50 } }))
    const clients = await Promise.all(Array.from({ length: 8 }, openOne))
    const queues = await Promise.all(clients.map((client) => client.createQueue()))
    await one.kill()
    for (const [index, queue] of queues.entries()) {
      await clients
        .at(index - 1)
        ?.openSender(queue)
        .send(utf8Bytes(`to ${index}`))
      assert.equal(await nextText(queue), `to ${index}`)
    }
    await two.kill()
  })
})
