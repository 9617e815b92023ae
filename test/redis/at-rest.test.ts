/**
 * What Redis holds says nothing without the cluster key: its keys, values, files and slow log are
 * read after conversations in which everything happens, and searched for every id and secret.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { openClient, type SmpClient } from '../../src/client/index.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { type Bytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import { type EntityId, idBytes } from '../../src/protocol/ids.ts'
import { ClusterKeys } from '../../src/store/redis/cluster-keys.ts'
import type { NewQueue, QueueParty } from '../../src/store/store.ts'
import {
  bytes,
  newKey,
  newLink,
  newLinkId,
  newNotifier,
  newNumber,
  newQueue,
  newSubscriber,
} from '../store/builders.ts'
import { type Pod, startPods } from '../store/cluster.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import {
  assertHidden,
  latin1,
  place,
  readAll,
  type Secrets,
  start,
} from '../support/redis/at-rest.ts'
import { newClusterKey, redisExactlyAt } from './store.ts'

const secretsOf = (name: string, queue: NewQueue): Secrets => ({
  [`recipient id of ${name}`]: idBytes(queue.recipientId),
  [`sender id of ${name}`]: idBytes(queue.senderId),
  [`secret of ${name}`]: queue.dhSecret,
  ...Object.fromEntries(queue.recipientKeys.map(({ raw }, i) => [`key ${i} of ${name}`, raw])),
  ...(queue.senderKey && { [`sender key of ${name}`]: queue.senderKey.raw }),
  ...(queue.link && {
    [`link id of ${name}`]: idBytes(queue.link.linkId),
    [`fixed data of ${name}`]: queue.link.fixed,
    [`user data of ${name}`]: queue.link.user,
  }),
  ...(queue.notifier && {
    [`notifier id of ${name}`]: idBytes(queue.notifier.notifierId),
    [`notifier key of ${name}`]: queue.notifier.authKey.raw,
    [`notifier secret of ${name}`]: queue.notifier.dhSecret,
  }),
})

const full = (): NewQueue =>
  newQueue({ senderKey: newKey(), link: newLink(), notifier: newNotifier() })

/** Everything that a store is told, with names for what must not be found. */
const converse = async (pod: Pod, other: Pod) => {
  const [made, changed, deleted] = [full(), newQueue(), full()]
  const [senderKey, recipientKey, link] = [newKey(), newKey(), newLink()]
  const subscriber = newSubscriber()
  const queue = await pod.create(made, subscriber)
  const elsewhere = await other.load(queue)
  await other.store.subscribeNotifiers([elsewhere], newSubscriber())
  const messages = [await other.append(elsewhere, other.notification())]
  messages.push(await pod.append(queue, pod.notification()))
  await pod.create(changed)
  const loaded = () => pod.load(changed)
  await pod.store.secureQueue(await loaded(), senderKey)
  await pod.store.replaceRecipientKeys(await loaded(), [recipientKey])
  await pod.store.setLinkData(await loaded(), link)
  const user = bytes(300)
  await pod.store.setLinkData(await loaded(), { ...link, user })
  const [first, second] = [newNotifier(), newNotifier()]
  for (const one of [first, second]) await pod.store.setNotifier(await loaded(), one, newNumber())
  await pod.store.openLink(await loaded())
  await pod.store.blockQueue(await loaded(), { reason: 'spam', notice: { ttlSeconds: 1000 } })
  await pod.store.reserveBlock(20)
  const gone = await pod.create(deleted)
  await pod.append(gone, pod.notification())
  await pod.store.deleteQueue(gone, newNumber())
  const unknown = newLinkId()
  await pod.find('link', [unknown])
  const later = { ...changed, senderKey, recipientKeys: [recipientKey], link }
  const secrets: Secrets = {
    ...secretsOf('a queue', made),
    ...secretsOf('a changed queue', changed),
    ...secretsOf('it with its first notifier', { ...later, notifier: first }),
    ...secretsOf('it with its second one', { ...later, link: { ...link, user }, notifier: second }),
    ...secretsOf('a deleted queue', deleted),
    'unknown id': idBytes(unknown),
  }
  return { secrets, queue, messages }
}

/** The pod is gone without a word: nobody empties its mailboxes. */
const leaveMail = async (pod: Pod, dying: Pod): Promise<Secrets> => {
  const ids = full()
  const queue = await pod.create(ids)
  const holder = newSubscriber()
  await dying.store.subscribe([await dying.load(queue)], holder)
  await dying.store.subscribeNotifiers([await dying.load(queue)], holder)
  await dying.store.close()
  const later = await pod.load(queue)
  await pod.append(later, pod.notification())
  await pod.store.blockQueue(later, { reason: 'content', notice: {} })
  await pod.store.setNotifier(await pod.load(queue), newNotifier(), newNumber())
  await pod.store.subscribe([await pod.load(queue)], newSubscriber())
  return secretsOf('the dead pod’s queue', ids)
}

describe('after a conversation of stores', async () => {
  const server = await start()
  const { clusterKey, prefix, url } = place(server)
  const { pod, others, close } = await startPods(redisExactlyAt({ url, clusterKey }), { pods: 3 })
  after(() => close().finally(() => server.stop()))
  const [other, dying] = others
  assert.ok(other && dying)
  const { secrets, queue, messages } = await converse(pod, other)
  const more = await leaveMail(pod, dying)
  const held = await readAll(server)

  test('every kind of thing is there', () => {
    const kinds = new Set(held.keys.map((key) => /^\w+:\{\w+\}:(\w)/.exec(key)?.[1]))
    assert.deepEqual(kinds, new Set(['q', 'm', 'l', 'n', 'i', 'b', 'c', 'k', undefined]))
    const boxes = held.keys.filter((key) => /:b:/.test(key)).map((key) => held.values.get(key))
    const letters = boxes.flatMap((box) => [...(box ?? '').matchAll(/^\w/gm)].map(String))
    assert.deepEqual(new Set(letters), new Set(['a', 'b', 'n', 'D', 'e']))
  })

  test('no id, key, secret or link data is found', () => {
    assert.match(held.log, /EVALSHA/)
    assertHidden(held, { ...secrets, ...more })
    assertHidden(held, { 'cluster key': clusterKey })
  })

  test('what is searched for would be found', () => {
    const text = held.everything
    for (const secret of Object.values(secrets))
      for (const coding of ['latin1', 'hex', 'base64', 'base64url'] as const) {
        const everything = `${text} x${Buffer.from(secret).toString(coding)}y `
        assert.throws(() => assertHidden({ ...held, everything }, { secret }))
      }
  })

  // message ids mean something to a connected recipient only, and the scripts need them
  test('messages are there as their recipient gets them, and nothing else of them', () => {
    const keys = new ClusterKeys(nativeCrypto, [clusterKey])
    const blind = keys.blind('recipient', idBytes(queue.recipientId))
    const name = held.keys.find((key) => key.endsWith(`:m:${blind}`))
    const seconds = (timestamp: number) => String(timestamp).padStart(12, '0')
    const expected = messages.map(
      ({ messageId, timestamp, body }) => `m${seconds(timestamp)}${messageId}${latin1(body)}`,
    )
    assert.equal(held.values.get(name ?? ''), expected.join('\n'))
  })

  test('names are made of nothing but the prefix, partitions, kinds and keyed hashes', () => {
    const name = /^\{[0-9a-z]{3}\}:(c|k:\d{5}|b:[\w-]{8}|[qmlni]:[\w-]{22})$|^cluster$/
    for (const key of held.keys) {
      assert.ok(key.startsWith(prefix))
      assert.match(key.slice(prefix.length), name)
    }
  })

  test('a sender leads to its recipient by the cluster key only', () => {
    const ids: readonly (readonly [QueueParty, EntityId | undefined])[] = [
      ['sender', queue.senderId],
      ['link', queue.linkId],
      ['notifier', queue.notifier?.notifierId],
    ]
    const [ours, others] = [clusterKey, newClusterKey()].map(
      (key) => new ClusterKeys(nativeCrypto, [key]),
    )
    assert.ok(ours && others)
    const recipient = idBytes(queue.recipientId)
    for (const [party, id] of ids) {
      assert.ok(id)
      const find = (keys: ClusterKeys) =>
        held.keys.find((key) => key.endsWith(`:i:${keys.blind(party, idBytes(id))}`))
      assert.equal(held.values.get(find(ours) ?? ''), ours.blind('recipient', recipient))
      assert.equal(find(others), undefined)
      // the same bytes as an id of another kind have another name
      assert.notEqual(ours.blind(party, recipient), ours.blind('recipient', recipient))
    }
  })
})

/** Or whoever can set link data would learn the name of any id. */
test('the hash of link data is never the name of an id', () => {
  const keys = new ClusterKeys(nativeCrypto, [newClusterKey()])
  const id = bytes(24)
  for (const party of ['recipient', 'sender', 'link', 'notifier'] as const)
    for (const first of Array(256).keys())
      assert.notEqual(
        keys.fixedHashes(Uint8Array.of(first, ...id))[0],
        keys.blind(party, id),
        party,
      )
})

test('what is the same twice is not the same in Redis', async () => {
  await using server = await start()
  const clusterKey = newClusterKey()
  const places = [place(server, clusterKey), place(server, clusterKey)]
  const ids = full()
  const sealed: (readonly string[])[] = []
  for (const { url, prefix } of places) {
    const { pod, close } = await startPods(redisExactlyAt({ url, clusterKey }))
    try {
      const queue = await pod.create(ids)
      const read = async () => {
        const { keys, values } = await readAll(server)
        const of = (kind: string) =>
          keys.find((key) => key.startsWith(prefix) && key.includes(kind))
        return [values.get(of(':q:') ?? '') ?? '', values.get(of(':l:') ?? '') ?? '']
      }
      sealed.push(await read())
      const { link } = ids
      assert.ok(link)
      await pod.store.setLinkData(queue, link)
      await pod.store.replaceRecipientKeys(await pod.load(queue), ids.recipientKeys)
      sealed.push(await read())
    } finally {
      await close()
    }
  }
  for (const index of [0, 1]) {
    const texts = sealed.map((one) => one[index] ?? '')
    // no run of bytes that would tell that they are the same
    const runs = texts.map((text) => new Set(text.match(/[\s\S]{24}/g)))
    assert.ok(texts.every(({ length }) => length > 100))
    for (const [i, one] of runs.entries())
      for (const other of runs.slice(i + 1)) assert.ok(![...one].some((run) => other.has(run)))
  }
})

const secretsOfQueue = ({
  credentials,
}: Awaited<ReturnType<SmpClient['createQueue']>>): Secrets => {
  const { recipientId, senderId, linkId, key, secret, notifier } = credentials
  assert.ok(linkId && notifier)
  return {
    'recipient id': idBytes(recipientId),
    'sender id': idBytes(senderId),
    'link id': idBytes(linkId),
    'notifier id': idBytes(notifier.notifierId),
    'recipient key': nativeCrypto.keyPairOf(key).publicKey.raw,
    'queue secret': secret,
    'notifier key': nativeCrypto.keyPairOf(notifier.key).publicKey.raw,
    'notifier secret': notifier.secret,
  }
}

const text = (name: string): Bytes => utf8Bytes(`${name} ${randomBytes(24).toString('hex')}`)

test('after a conversation through two relays no id, key, text or client address is found', async () => {
  await using server = await start()
  const { url } = place(server)
  await using pods = await Pods.start({ url, count: 2 })
  await using a = await openClient({ address: pods.at(0).address })
  await using b = await openClient({ address: pods.at(1).address })
  const [fixed, user, said, unread, silent] = ['fixed', 'user', 'said', 'unread', 'silent'].map(
    text,
  )
  assert.ok(fixed && user && said && unread && silent)
  const queue = await a.createQueue({ notifier: true, link: () => ({ fixed, user }) })
  const key = await b.makeSenderKey()
  const sender = b.openSender({ senderId: queue.senderId, key })
  await sender.secure()
  await sender.send(said, { notification: true })
  assert.equal(await nextText(queue), Buffer.from(said).toString())
  await sender.send(unread, { notification: true })
  // its subscriber's pod dies, and the mail for it stays
  const moved = b.openQueue(queue.credentials)
  await moved.subscribe()
  await pods.at(1).kill()
  await a.openSender({ senderId: (await a.createQueue()).senderId }).send(silent)
  await a.openQueue(queue.credentials).subscribe()
  const held = await readAll(server)
  assertHidden(held, {
    ...secretsOfQueue(queue),
    'sender key': key.publicKey.raw,
    ...{ fixed, user, said, unread, silent },
  })
  assert.ok(
    held.keys.some((key) => /:b:/.test(key)),
    'there is mail for the dead',
  )
  for (const address of ['127.0.0.1', 'localhost']) assert.ok(!held.everything.includes(address))
})
