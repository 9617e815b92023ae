/** Changes of records: what each makes of the record. */
import assert from 'node:assert/strict'
import type { Blocking } from '../../../src/protocol/error.ts'
import type { NewQueue, QueueRecord, QueueStatus } from '../../../src/store/store.ts'
import { newKey, newLink, newNotifier, newSubscriber } from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const stale = { outcome: 'stale' }

const fieldsOf = ({ revision: _, ...fields }: QueueRecord) => fields

const withStatus = (queue: QueueRecord, status: QueueStatus): QueueRecord => ({ ...queue, status })

interface Change {
  readonly name: string
  /** Of the queue; without it, it has a link and a notifier. */
  readonly from?: Partial<NewQueue>
  /** Changes the queue; answers with the record that it should have, of whatever revision. */
  make(pod: Pod, queue: QueueRecord): Promise<QueueRecord>
}

const blockings: readonly Blocking[] = [
  { reason: 'spam' },
  { reason: 'content', notice: {} },
  { reason: 'content', notice: { ttlSeconds: 86_400 } },
]

const keyChanges: readonly Change[] = [
  {
    name: 'secureQueue sets the sender key',
    async make({ store }, queue) {
      const senderKey = newKey()
      assert.deepEqual(await store.secureQueue(queue, senderKey), done)
      return { ...queue, senderKey }
    },
  },
  {
    name: 'openLink with a key sets the sender key',
    async make({ store }, queue) {
      const senderKey = newKey()
      assert.equal((await store.openLink(queue, senderKey)).outcome, 'done')
      return { ...queue, senderKey }
    },
  },
  {
    name: 'replaceRecipientKeys replaces all of them',
    async make({ store }, queue) {
      const recipientKeys = [newKey(), newKey()]
      assert.deepEqual(await store.replaceRecipientKeys(queue, recipientKeys), done)
      return { ...queue, recipientKeys }
    },
  },
]

const statusChanges: readonly Change[] = [
  {
    name: 'suspendQueue suspends',
    async make({ store }, queue) {
      assert.deepEqual(await store.suspendQueue(queue), done)
      return withStatus(queue, { state: 'suspended' })
    },
  },
  ...blockings.map((blocking) => ({
    name: `blockQueue keeps ${JSON.stringify(blocking)}`,
    async make({ store }: Pod, queue: QueueRecord) {
      assert.deepEqual(await store.blockQueue(queue, blocking), done)
      return withStatus(queue, { state: 'blocked', blocking })
    },
  })),
  {
    name: 'blockQueue replaces an earlier block',
    async make(pod, queue) {
      await pod.store.blockQueue(queue, { reason: 'content', notice: { ttlSeconds: 1 } })
      const blocking = { reason: 'spam' } as const
      assert.deepEqual(await pod.store.blockQueue(await pod.load(queue), blocking), done)
      return withStatus(queue, { state: 'blocked', blocking })
    },
  },
  {
    name: 'suspendQueue replaces a block',
    async make(pod, queue) {
      await pod.store.blockQueue(queue, { reason: 'spam' })
      assert.deepEqual(await pod.store.suspendQueue(await pod.load(queue)), done)
      return withStatus(queue, { state: 'suspended' })
    },
  },
  {
    name: 'unblockQueue makes the queue active again',
    async make(pod, queue) {
      await pod.store.blockQueue(queue, { reason: 'content', notice: { ttlSeconds: 1 } })
      assert.deepEqual(await pod.store.unblockQueue(await pod.load(queue)), done)
      return withStatus(queue, { state: 'active' })
    },
  },
]

const linkAndNotifierChanges: readonly Change[] = [
  {
    name: 'deleteLinkData removes the link',
    async make({ store }, queue) {
      assert.deepEqual(await store.deleteLinkData(queue), done)
      const { linkId: _, ...rest } = queue
      return rest
    },
  },
  {
    name: 'setLinkData sets the link',
    from: {},
    async make({ store }, queue) {
      const link = newLink()
      assert.deepEqual(await store.setLinkData(queue, link), done)
      return { ...queue, linkId: link.linkId }
    },
  },
  {
    name: 'setNotifier sets the notifier',
    from: {},
    async make({ store }, queue) {
      const notifier = newNotifier()
      assert.deepEqual(await store.setNotifier(queue, notifier, 0), done)
      return { ...queue, notifier }
    },
  },
  {
    name: 'setNotifier replaces the notifier',
    async make({ store }, queue) {
      const notifier = newNotifier()
      assert.deepEqual(await store.setNotifier(queue, notifier, 0), done)
      return { ...queue, notifier }
    },
  },
  {
    name: 'removeNotifier removes it',
    async make({ store }, queue) {
      assert.deepEqual(await store.removeNotifier(queue, 0), done)
      const { notifier: _, ...rest } = queue
      return rest
    },
  },
]

export const changeCases = (check: Check): void => {
  for (const { name, from, make } of [...keyChanges, ...statusChanges, ...linkAndNotifierChanges])
    check(`${name}, in a record of a higher revision`, async (pod) => {
      const queue = await pod.create(from ?? { link: newLink(), notifier: newNotifier() })
      const expected = await make(pod, queue)
      const changed = await pod.load(queue)
      same(fieldsOf(changed), fieldsOf(expected))
      assert.ok(changed.revision > queue.revision, 'a higher revision')
    })

  check('each of several changes makes a higher revision', async (pod) => {
    let queue = await pod.create()
    for (const change of ['blockQueue', 'unblockQueue', 'blockQueue', 'unblockQueue'] as const) {
      assert.deepEqual(await pod.store[change](queue, { reason: 'spam' }), done)
      assert.deepEqual(await pod.store[change](queue, { reason: 'spam' }), stale)
      const changed = await pod.load(queue)
      assert.ok(changed.revision > queue.revision)
      queue = changed
    }
  })

  check('what changes no record lets it hold', async (pod) => {
    const { store } = pod
    const subscriber = newSubscriber()
    const notifier = newNotifier()
    const queue = await pod.create({ link: newLink(), notifier })
    await store.subscribe([queue], subscriber)
    await store.subscribeNotifiers([queue], subscriber)
    const { messageId } = await pod.append(queue, pod.notification())
    await store.peekMessage(queue)
    await store.describeQueue(queue)
    await store.openLink(queue)
    await store.fetchHeads([queue.recipientId], subscriber)
    await pod.take(notifier.notifierId, subscriber)
    assert.deepEqual(await store.acknowledge(queue, { messageId, subscriber }), done)
    same(await pod.load(queue), queue)
  })

  check('whether a queue is suspended or blocked is for its users to judge', async (pod) => {
    const queue = await pod.create()
    await pod.store.suspendQueue(queue)
    const first = await pod.append(await pod.load(queue))
    await pod.store.blockQueue(await pod.load(queue), { reason: 'spam' })
    const second = await pod.append(await pod.load(queue))
    same(await pod.drain(await pod.load(queue)), [first, second])
  })
}
