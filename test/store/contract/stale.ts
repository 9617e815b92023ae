/** Nothing is done for a record that is not the present one: what it authorised may be void. */
import assert from 'node:assert/strict'
import type { MessageId } from '../../../src/protocol/ids.ts'
import type { QueueRecord, Subscriber } from '../../../src/store/store.ts'
import {
  contentOf,
  type Link,
  newKey,
  newLink,
  newNotifier,
  newNumber,
  newSubscriber,
} from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'
import { same } from '../same.ts'

const stale = { outcome: 'stale' }
const done = { outcome: 'done' }

interface Scene {
  readonly pod: Pod
  readonly queue: QueueRecord
  readonly owner: Subscriber
  /** Of the message that would be removed. */
  readonly messageId: MessageId
  readonly link: Link
}

type Call = (scene: Scene) => Promise<{ readonly outcome: string } | undefined>

/** Every call that rests on an authorised record. */
const calls: Readonly<Record<string, Call>> = {
  subscribe: async ({ pod, queue }) => (await pod.store.subscribe([queue], newSubscriber()))[0],
  peekMessage: ({ pod, queue }) => pod.store.peekMessage(queue),
  'acknowledge by a reader': ({ pod, queue, messageId }) =>
    pod.store.acknowledge(queue, { messageId }),
  'acknowledge by the subscriber': ({ pod, queue, messageId, owner }) =>
    pod.store.acknowledge(queue, { messageId, subscriber: owner }),
  'acknowledge by another': ({ pod, queue, messageId }) =>
    pod.store.acknowledge(queue, { messageId, subscriber: newSubscriber() }),
  appendMessage: ({ pod, queue }) =>
    pod.store.appendMessage(queue, { message: pod.message(), notification: pod.notification() }),
  secureQueue: ({ pod, queue }) => pod.store.secureQueue(queue, newKey()),
  replaceRecipientKeys: ({ pod, queue }) => pod.store.replaceRecipientKeys(queue, [newKey()]),
  suspendQueue: ({ pod, queue }) => pod.store.suspendQueue(queue),
  blockQueue: ({ pod, queue }) => pod.store.blockQueue(queue, { reason: 'content' }),
  unblockQueue: ({ pod, queue }) => pod.store.unblockQueue(queue),
  deleteQueue: ({ pod, queue }) => pod.store.deleteQueue(queue, newNumber()),
  describeQueue: ({ pod, queue }) => pod.store.describeQueue(queue),
  'setLinkData of other user data': ({ pod, queue, link }) =>
    pod.store.setLinkData(queue, { ...link, user: newLink().user }),
  'setLinkData of another link': ({ pod, queue }) => pod.store.setLinkData(queue, newLink()),
  deleteLinkData: ({ pod, queue }) => pod.store.deleteLinkData(queue),
  openLink: ({ pod, queue }) => pod.store.openLink(queue),
  'openLink with a key': ({ pod, queue }) => pod.store.openLink(queue, newKey()),
  setNotifier: ({ pod, queue }) => pod.store.setNotifier(queue, newNotifier(), newNumber()),
  removeNotifier: ({ pod, queue }) => pod.store.removeNotifier(queue, newNumber()),
  subscribeNotifiers: async ({ pod, queue }) =>
    (await pod.store.subscribeNotifiers([queue], newSubscriber()))[0],
}

/** The pod that calls has seen the record; it need not have seen the change. */
const checkOld = async (call: Call, here: Pod, there: Pod): Promise<void> => {
  const { store, events } = here
  const [owner, listener] = [newSubscriber(), newSubscriber()]
  const [link, notifier] = [newLink(), newNotifier()]
  const queue = await here.create({ link, notifier }, owner)
  await store.subscribeNotifiers([queue], listener)
  const notification = here.notification()
  const message = await here.append(queue, notification)
  assert.equal((await events.next(owner.connection)).type, 'available')
  assert.equal((await events.next(listener.connection)).type, 'notified')
  await there.store.secureQueue(await there.load(queue), newKey())
  const changed = await there.load(queue)

  const { messageId } = message
  assert.deepEqual(await call({ pod: here, queue, owner, messageId, link }), stale)

  const current = await here.load(queue)
  same(current, changed)
  same(await store.openLink(current), { outcome: 'done', content: contentOf(link) })
  same(await store.describeQueue(current), { outcome: 'done', size: 1, head: message })
  same(await here.heads([queue.recipientId], owner), [message])
  same(await here.take(notifier.notifierId, listener), [notification])
  assert.deepEqual(await here.rest(queue, owner), [])
  assert.deepEqual(await here.rest(queue, listener), [])
}

const checkDeleted = async (call: Call, here: Pod, there: Pod): Promise<void> => {
  const owner = newSubscriber()
  const [link, notifier] = [newLink(), newNotifier()]
  const queue = await here.create({ link, notifier }, owner)
  const { messageId } = await here.append(queue, here.notification())
  await there.store.deleteQueue(await there.load(queue), newNumber())

  assert.deepEqual(await call({ pod: here, queue, owner, messageId, link }), stale)

  assert.deepEqual(await here.find('recipient', [queue.recipientId]), [undefined])
  assert.deepEqual(await here.find('sender', [queue.senderId]), [undefined])
  assert.deepEqual(await here.find('link', [link.linkId]), [undefined])
  assert.deepEqual(await here.find('notifier', [notifier.notifierId]), [undefined])
}

/** What a record does not have yet is not taken for absent. */
const checkAdded = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  const [link, notifier] = [newLink(), newNotifier()]
  assert.deepEqual(await there.store.setLinkData(await there.load(queue), link), done)
  assert.deepEqual(await here.store.deleteLinkData(queue), stale)
  const withLink = await here.load(queue)
  const { store } = there
  assert.deepEqual(await store.setNotifier(await there.load(queue), notifier, newNumber()), done)
  assert.deepEqual(await here.store.removeNotifier(withLink, newNumber()), stale)
  const current = await here.load(queue)
  same(await here.find('link', [link.linkId]), [current])
  same(await here.find('notifier', [notifier.notifierId]), [current])
  const opened = await here.store.openLink(current)
  same(opened, { outcome: 'done', content: contentOf(link) })
}

export const staleCases = (check: Check): void => {
  for (const [name, call] of Object.entries(calls)) {
    check(`${name} with an old record does nothing`, (pod) => checkOld(call, pod, pod))
    check(`${name} with a deleted queue's record does nothing`, (pod) =>
      checkDeleted(call, pod, pod),
    )
  }

  check('what an old record did not have is not taken for absent', (pod) => checkAdded(pod, pod))

  check('an id given with an old record stays free', async (pod) => {
    const queue = await pod.create()
    await pod.store.secureQueue(queue, newKey())
    const [link, notifier] = [newLink(), newNotifier()]
    assert.deepEqual(await pod.store.setLinkData(queue, link), stale)
    assert.deepEqual(await pod.store.setNotifier(queue, notifier, newNumber()), stale)
    assert.deepEqual(await pod.find('link', [link.linkId]), [undefined])
    assert.deepEqual(await pod.find('notifier', [notifier.notifierId]), [undefined])
    const other = await pod.create({ link, notifier })
    same(await pod.find('link', [link.linkId]), [other])
    same(await pod.find('notifier', [notifier.notifierId]), [other])
  })
}

export const podStaleCases = (check: Check): void => {
  const twoPods = { pods: 2 }
  for (const [name, call] of Object.entries(calls)) {
    const old = (here: Pod, there: Pod) => checkOld(call, here, there)
    check(`${name} with a record that another pod made old does nothing`, old, twoPods)
    const deleted = (here: Pod, there: Pod) => checkDeleted(call, here, there)
    check(`${name} with a queue's record that another pod deleted does nothing`, deleted, twoPods)
  }

  check('what another pod has added is not taken for absent', checkAdded, twoPods)
}
