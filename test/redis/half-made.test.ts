/**
 * A pod that dies between any two steps of NEW, LSET, NKEY, LDEL, NDEL and DEL leaves all of it or
 * nothing, and nothing that is in the way of the next attempt for more than a minute. The pod's way
 * to Redis ends after the n-th of its writes, for each n; another pod looks.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { NewQueue, Notifier, QueueRecord, QueueStore } from '../../src/store/store.ts'
import {
  contentOf,
  type Link,
  newLink,
  newNotifier,
  newQueue,
  newRecipientId,
} from '../store/builders.ts'
import { type Pod, sizeOf } from '../store/cluster.ts'
import { same } from '../store/same.ts'
import { minuteLater, passing } from '../support/redis/passing.ts'
import { within } from '../support/within.ts'
import { server, withCuttable } from './cuttable.ts'

const done = { outcome: 'done' }

interface At {
  /** The one that lives. */
  readonly pod: Pod
  readonly prefix: string
}

interface Change<Scene> {
  /** By the pod that lives. */
  readonly prepare: (pod: Pod) => Promise<Scene>
  /** By the one that dies; `record` is as it loaded it, if there is one. */
  readonly act: (store: QueueStore, scene: Scene, record: QueueRecord) => Promise<unknown>
  readonly recordOf?: (scene: Scene) => QueueRecord
  readonly check: (at: At, scene: Scene) => Promise<void>
}

/** Dies after that many writes; false: the change needed no more of them. */
const dieAfter = <Scene>(writes: number, change: Change<Scene>): Promise<boolean> =>
  withCuttable({}, async ({ pod, cutPod: mortal, proxy, prefix }) => {
    const scene = await change.prepare(pod)
    const of = change.recordOf?.(scene)
    const record = of ? await mortal.load(of) : ({} as QueueRecord)
    proxy.allow(writes)
    const acted = change.act(mortal.store, scene, record).then(
      () => 'finished' as const,
      () => 'failed' as const,
    )
    const cut = proxy.cut.then(() => 'cut' as const)
    const end = await within('the change ends or is cut', Promise.race([acted, cut]))
    assert.notEqual(end, 'failed')
    await change.check({ pod, prefix }, scene)
    return end === 'cut'
  })

/** One subtest for each number of writes. */
const everyDeath = async <Scene>(t: TestContext, change: Change<Scene>): Promise<void> => {
  let writes = 0
  for (let isCut = true; isCut; writes += 1) {
    await t.test(`after ${writes} writes`, async () => {
      isCut = await dieAfter(writes, change)
    })
  }
  assert.ok(writes > 1, 'it writes something')
}

const parties = ['recipient', 'sender', 'link', 'notifier'] as const

const whole = (): NewQueue => newQueue({ link: newLink(), notifier: newNotifier() })

/** All of its ids lead to it, or none does. */
const isWhole = async ({ pod }: At, queue: NewQueue, when: string): Promise<boolean> => {
  const { recipientId, senderId, link, notifier } = queue
  assert.ok(link && notifier)
  const ids = [recipientId, senderId, link.linkId, notifier.notifierId]
  const finding = parties.map((party, i) => pod.find(party, ids.slice(i, i + 1)))
  const seen = (await Promise.all(finding)).map(([one]) => one?.recipientId === recipientId)
  assert.equal(new Set(seen).size, 1, `${when}: seen by ${parties.filter((_, i) => seen[i])} only`)
  return seen[0] === true
}

test('NEW, and the same again from another pod', (t) =>
  everyDeath(t, {
    prepare: async () => whole(),
    act: (store, queue) => store.createQueue(queue),
    async check(at, queue) {
      const { store } = at.pod
      const queues = async () => (await store.count()).queues
      // what will vanish may still be seen: nobody was told of it
      if (!(await isWhole(at, queue, 'at once'))) {
        const { outcome } = await store.createQueue({ ...queue, recipientId: newRecipientId() })
        if (outcome === 'done') return
        assert.ok(
          (await passing(server, at.prefix)).length > 0,
          'an id is taken and will not be given back',
        )
      }
      await minuteLater(server, at.prefix)
      if (!(await isWhole(at, queue, 'a minute later'))) {
        assert.equal(await queues(), 0)
        assert.deepEqual(await store.createQueue(queue), done)
        await minuteLater(server, at.prefix)
        assert.ok(await isWhole(at, queue, 'made again'))
      }
      assert.equal(await queues(), 1)
    },
  }))

interface WithLink {
  readonly queue: QueueRecord
  readonly link: Link
}

const opens = async ({ pod }: At, { link, queue }: WithLink): Promise<boolean> => {
  const [record] = await pod.find('link', [link.linkId])
  if (record === undefined) return false
  assert.equal(record.recipientId, queue.recipientId)
  same(await pod.store.openLink(record), { outcome: 'done', content: contentOf(link) })
  return true
}

const lset: Omit<Change<WithLink>, 'check'> = {
  prepare: async (pod) => ({ queue: await pod.create(), link: newLink() }),
  recordOf: ({ queue }) => queue,
  act: (store, { link }, record) => store.setLinkData(record, link),
}

for (const when of ['at once', 'a minute later'])
  test(`LSET is seen by its id and in the record, or neither; and the same again ${when}`, (t) =>
    everyDeath(t, {
      ...lset,
      async check(at, scene) {
        if (when !== 'at once') await minuteLater(server, at.prefix)
        const { queue, link } = scene
        const hadLink = (await at.pod.load(scene.queue)).linkId !== undefined
        const isSeen = await opens(at, scene)
        const again = await at.pod.store.setLinkData(await at.pod.load(queue), link)
        assert.deepEqual(again, done)
        assert.ok(await opens(at, scene))
        await minuteLater(server, at.prefix)
        assert.ok(await opens(at, scene), 'a minute later')
        assert.equal(isSeen, hadLink)
      },
    }))

test('LDEL: the link is gone or opens, and its id is free once it is gone', (t) =>
  everyDeath(t, {
    async prepare(pod) {
      const link = newLink()
      return { queue: await pod.create({ link }), link }
    },
    recordOf: ({ queue }: WithLink) => queue,
    act: (store, _, record) => store.deleteLinkData(record),
    async check(at, scene) {
      const hasLink = (await at.pod.load(scene.queue)).linkId !== undefined
      assert.equal(await opens(at, scene), hasLink)
      if (hasLink) return
      const other = { queue: await at.pod.create(), link: newLink({ linkId: scene.link.linkId }) }
      assert.deepEqual(await at.pod.store.setLinkData(other.queue, other.link), done)
      assert.ok(await opens(at, other))
    },
  }))

interface WithNotifiers {
  readonly queue: QueueRecord
  readonly old: Notifier
  readonly next: Notifier
}

const notifies = async ({ pod }: At, { queue }: WithNotifiers, one: Notifier): Promise<boolean> => {
  const [record] = await pod.find('notifier', [one.notifierId])
  return record?.recipientId === queue.recipientId
}

const nkey: Omit<Change<WithNotifiers>, 'check'> = {
  async prepare(pod) {
    const [old, next] = [newNotifier(), newNotifier()]
    return { queue: await pod.create({ notifier: old }), old, next }
  },
  recordOf: ({ queue }) => queue,
  act: (store, { next }, record) => store.setNotifier(record, next, 0),
}

const ndel: typeof nkey = { ...nkey, act: (store, _, record) => store.removeNotifier(record, 0) }

for (const [name, change] of Object.entries({ NKEY: nkey, NDEL: ndel })) {
  test(`${name}: the notifier of the record is the one that is found`, (t) =>
    everyDeath(t, {
      ...change,
      async check(at, scene) {
        const { notifier } = await at.pod.load(scene.queue)
        const compare = async (when: string) => {
          for (const one of [scene.old, scene.next])
            assert.equal(
              await notifies(at, scene, one),
              one.notifierId === notifier?.notifierId,
              when,
            )
        }
        await compare('at once')
        await minuteLater(server, at.prefix)
        await compare('a minute later')
      },
    }))

  test(`${name}, and NKEY from another pod; other ids are free`, (t) =>
    everyDeath(t, {
      ...change,
      async check(at, scene) {
        const last = newNotifier()
        const { store } = at.pod
        assert.deepEqual(await store.setNotifier(await at.pod.load(scene.queue), last, 0), done)
        assert.ok(await notifies(at, scene, last))
        await minuteLater(server, at.prefix)
        assert.ok(await notifies(at, scene, last), 'a minute later')
        const other = await at.pod.create()
        for (const notifier of [scene.old, scene.next])
          assert.deepEqual(
            await store.setNotifier(await at.pod.load(other), notifier, 0),
            done,
            notifier === scene.old ? 'the old id' : 'the new id',
          )
      },
    }))
}

test('DEL: all or nothing is left, and then the ids are free at once', (t) =>
  everyDeath(t, {
    async prepare(pod) {
      const queue = whole()
      const record = await pod.create(queue)
      await pod.append(record, pod.notification())
      return { queue, record }
    },
    recordOf: ({ record }) => record,
    act: (store, _, record) => store.deleteQueue(record, 0),
    async check(at, { queue }) {
      const isThere = await isWhole(at, queue, 'at once')
      const counted = isThere ? 1 : 0
      assert.deepEqual(await sizeOf(at.pod.store), { queues: counted, messages: counted })
      if (isThere)
        assert.deepEqual(await at.pod.store.deleteQueue(await at.pod.load(queue), 0), done)
      const next = { ...queue, recipientId: newRecipientId() }
      assert.deepEqual(await at.pod.store.createQueue(next), done)
      await minuteLater(server, at.prefix)
      assert.ok(await isWhole(at, next, 'made with its ids'))
      assert.deepEqual(await sizeOf(at.pod.store), { queues: 1, messages: 0 })
    },
  }))
