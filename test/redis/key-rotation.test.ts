/**
 * Cluster keys rotate in two steps: every pod gets the new key as the second, then as the first.
 * Until the last queue made under the old key is gone, pods need both.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import { ClusterKeys } from '../../src/store/redis/cluster-keys.ts'
import { openRedisStore } from '../../src/store/redis/open.ts'
import type { RedisStore } from '../../src/store/redis/redis-store.ts'
import { ServerProblem } from '../../src/store/redis/server-check.ts'
import type { NewQueue, QueueParty, QueueRecord } from '../../src/store/store.ts'
import {
  contentOf,
  newKey,
  newLink,
  newNotifier,
  newQueue,
  newRecipientId,
  newSubscriber,
} from '../store/builders.ts'
import { limits, type Pod, type StoreFactory, sizeOf, startPods } from '../store/cluster.ts'
import { same } from '../store/same.ts'
import { ask } from '../support/redis/ask.ts'
import { startRedis, withPrefix } from '../support/redis.ts'
import { newClusterKey } from './store.ts'

type ClusterKeyList = readonly [Bytes, ...Bytes[]]

const done = { outcome: 'done' }
const taken = { outcome: 'taken' }

const server = await startRedis()
after(() => server.stop())

const optionsOf = (prefix: string, clusterKeys: ClusterKeyList) => ({
  url: withPrefix(server.url, prefix),
  clusterKeys,
  partitions: 4,
  durability: 'memory' as const,
  identity: 'test',
})

/** A pod for each list of keys, one after the other as in a rollout. */
const podsWith = (prefix: string, lists: readonly ClusterKeyList[]): StoreFactory => ({
  isClustered: true,
  async start(pods) {
    const faults: unknown[] = []
    const onFault = (error: unknown) => void faults.push(error)
    const stores: RedisStore[] = []
    for (const [index, pod] of pods.entries()) {
      const list = lists[index]
      assert.ok(list)
      stores.push(await openRedisStore({ ...pod, ...optionsOf(prefix, list), onFault }))
    }
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
        if (faults.length > 0) throw new AggregateError(faults, 'faults of the store')
      },
    }
  },
})

const newPrefix = (): string => `${randomBytes(6).toString('hex')}:`

const open = async (prefix: string, ...lists: readonly ClusterKeyList[]) => {
  const { pod, others, close } = await startPods(podsWith(prefix, lists), { pods: lists.length })
  return { pods: [pod, ...others] as const, [Symbol.asyncDispose]: close }
}

const whole = (): NewQueue => newQueue({ link: newLink(), notifier: newNotifier() })

interface Scene extends AsyncDisposable {
  readonly prefix: string
  readonly old: Bytes
  readonly new: Bytes
  /** Has the new key first. */
  readonly pod: Pod
  /** Has the old key first. */
  readonly other: Pod
  /** Made when there was the old key only, with one message and one notification. */
  readonly ids: NewQueue
}

const scene = async (): Promise<Scene> => {
  const prefix = newPrefix()
  const keys = { old: newClusterKey(), new: newClusterKey() }
  const ids = whole()
  {
    await using before = await open(prefix, [keys.old])
    const [first] = before.pods
    const queue = await first.create(ids)
    await first.append(queue, first.notification())
  }
  const at = await open(prefix, [keys.new, keys.old], [keys.old, keys.new])
  const [pod, other] = at.pods
  assert.ok(other)
  return { prefix, ...keys, pod, other, ids, [Symbol.asyncDispose]: at[Symbol.asyncDispose] }
}

const parties = ['recipient', 'sender', 'link', 'notifier'] as const

const idsOf = (queue: NewQueue): Readonly<Record<QueueParty, string>> => {
  assert.ok(queue.link && queue.notifier)
  const { recipientId: recipient, senderId: sender, link, notifier } = queue
  return { recipient, sender, link: link.linkId, notifier: notifier.notifierId }
}

const find = async (pod: Pod, queue: NewQueue): Promise<readonly (QueueRecord | undefined)[]> => {
  const ids = idsOf(queue)
  return Promise.all(parties.map(async (party) => (await pod.find(party, [ids[party]]))[0]))
}

const isFound = async (pod: Pod, queue: NewQueue): Promise<void> => {
  for (const record of await find(pod, queue)) assert.equal(record?.recipientId, queue.recipientId)
}

const isGone = async (pod: Pod, queue: NewQueue): Promise<void> => {
  assert.deepEqual(await find(pod, queue), [undefined, undefined, undefined, undefined])
}

const keysIn = (prefix: string): Promise<readonly string[]> =>
  ask(server, (redis) => redis.keys(`${prefix}*`))

/** Those of a queue: its hash, and its indexes. */
const namesUnder = (key: Bytes, queue: NewQueue): readonly string[] => {
  const keys = new ClusterKeys(nativeCrypto, [key])
  return Object.entries(idsOf(queue)).map(([party, id]) =>
    keys.blind(party as QueueParty, idBytes(id as QueueRecord['recipientId'])),
  )
}

const countNames = async (at: Scene, key: Bytes, queue: NewQueue): Promise<number> => {
  const names = new Set((await keysIn(at.prefix)).map((name) => name.split(':').at(-1)))
  return namesUnder(key, queue).filter((name) => names.has(name)).length
}

describe('a queue made under the old key', () => {
  test('is found by each of its ids by both kinds of pods', async () => {
    await using at = await scene()
    await isFound(at.pod, at.ids)
    await isFound(at.other, at.ids)
  })

  test('is served: messages, link and notifications', async () => {
    await using at = await scene()
    const { pod, other, ids } = at
    const queue = await pod.load(ids)
    const subscriber = newSubscriber()
    const listener = newSubscriber()
    const [head] = await pod.store.subscribe([queue], subscriber)
    assert.ok(head?.outcome === 'done' && head.head !== undefined)
    const { messageId } = head.head
    same(await pod.store.acknowledge(queue, { messageId, subscriber }), done)
    await pod.store.subscribeNotifiers([await pod.load(queue)], listener)
    const message = await other.append(await other.load(queue), other.notification())
    assert.equal((await pod.events.next(subscriber.connection)).type, 'available')
    same(await pod.heads([queue.recipientId], subscriber), [message])
    assert.ok(ids.notifier && ids.link)
    assert.equal((await pod.take(ids.notifier.notifierId, listener)).length, 2)
    same(await pod.store.openLink(queue), { outcome: 'done', content: contentOf(ids.link) })
  })

  test('is changed, and both kinds of pods see it', async () => {
    await using at = await scene()
    const { pod, other, ids } = at
    const [senderKey, recipientKey] = [newKey(), newKey()]
    assert.deepEqual(await pod.store.secureQueue(await pod.load(ids), senderKey), done)
    same((await other.load(ids)).senderKey, senderKey)
    const changing = other.store.replaceRecipientKeys(await other.load(ids), [recipientKey])
    assert.deepEqual(await changing, done)
    same((await pod.load(ids)).recipientKeys, [recipientKey])
    await isFound(pod, ids)
    assert.deepEqual(await pod.store.suspendQueue(await pod.load(ids)), done)
    assert.equal((await other.load(ids)).status.state, 'suspended')
  })

  test('takes other user data of its link, and no other fixed data', async () => {
    await using at = await scene()
    const { pod, other, ids } = at
    assert.ok(ids.link)
    const next = newLink({ linkId: ids.link.linkId, fixed: ids.link.fixed })
    assert.deepEqual(await pod.store.setLinkData(await pod.load(ids), next), done)
    same(await other.store.openLink(await other.load(ids)), { ...done, content: contentOf(next) })
    const wrong = newLink({ linkId: ids.link.linkId })
    for (const one of [pod, other])
      assert.deepEqual(await one.store.setLinkData(await one.load(ids), wrong), {
        outcome: 'refused',
      })
  })

  test('gets another link and notifier, and the old ids are free', async () => {
    await using at = await scene()
    const { pod, other, ids } = at
    const next = { ...ids, link: newLink(), notifier: newNotifier() }
    assert.deepEqual(await pod.store.deleteLinkData(await pod.load(ids)), done)
    assert.deepEqual(await pod.store.setLinkData(await pod.load(ids), next.link), done)
    assert.deepEqual(await pod.store.setNotifier(await pod.load(ids), next.notifier, 0), done)
    await isFound(other, next)
    const { link, notifier } = ids
    assert.ok(link && notifier)
    const heir = newQueue({ link, notifier })
    assert.deepEqual(await other.store.createQueue(heir), done)
    await isFound(pod, heir)
  })

  test('is deleted with all that it has, and its ids are free', async () => {
    await using at = await scene()
    const { pod, other, ids } = at
    assert.deepEqual(await pod.store.deleteQueue(await pod.load(ids), 0), done)
    await isGone(pod, ids)
    await isGone(other, ids)
    assert.equal(await countNames(at, at.old, ids), 0)
    assert.deepEqual(await sizeOf(pod.store), { queues: 0, messages: 0 })
    assert.deepEqual(await pod.store.createQueue({ ...ids, recipientId: newRecipientId() }), done)
  })
})

describe('an id that is in use under the other key is taken', () => {
  type Claim = (pod: Pod, present: NewQueue) => Promise<unknown>
  const claims: Readonly<Record<string, Claim>> = {
    'recipient, by NEW': (pod, { recipientId }) => pod.store.createQueue(newQueue({ recipientId })),
    'sender, by NEW': (pod, { senderId }) => pod.store.createQueue(newQueue({ senderId })),
    'link, by NEW': (pod, { link }) =>
      pod.store.createQueue(newQueue({ link: newLink(link && { linkId: link.linkId }) })),
    'notifier, by NEW': (pod, { notifier }) =>
      pod.store.createQueue(newQueue(notifier && { notifier })),
    'link, by LSET': async (pod, { link }) =>
      pod.store.setLinkData(await pod.create(), newLink(link && { linkId: link.linkId })),
    'notifier, by NKEY': async (pod, { notifier }) =>
      pod.store.setNotifier(await pod.create(), notifier ?? newNotifier(), 0),
  }
  for (const [name, claim] of Object.entries(claims))
    test(name, async () => {
      await using at = await scene()
      const made = whole()
      await at.pod.create(made)
      for (const [pod, present] of [
        [at.pod, at.ids],
        [at.other, made],
      ] as const) {
        assert.deepEqual(await claim(pod, present), taken)
        await isFound(pod, present)
      }
    })

  test('what was refused leaves its other ids free', async () => {
    await using at = await scene()
    const { senderId } = at.ids
    const refused = whole()
    assert.deepEqual(await at.pod.store.createQueue({ ...refused, senderId }), taken)
    await isGone(at.pod, refused)
    assert.deepEqual(await at.pod.store.createQueue(refused), done)
  })
})

test('of two pods that claim an id at once, each under its own key, one gets it', async () => {
  await using at = await scene()
  for (let round = 0; round < 30; round += 1) {
    const { senderId } = whole()
    const both = [at.pod, at.other].map((pod) => pod.store.createQueue(newQueue({ senderId })))
    const outcomes = (await Promise.all(both)).map(({ outcome }) => outcome)
    assert.ok(outcomes.includes('taken'), `in round ${round} both got it`)
  }
})

describe('a queue made under the new key', () => {
  test('is found and served by pods that have it second', async () => {
    await using at = await scene()
    const made = whole()
    const queue = await at.pod.create(made)
    await isFound(at.other, made)
    const message = await at.other.append(await at.other.load(queue))
    same(await at.pod.drain(queue), [message])
    assert.deepEqual(await at.other.store.deleteQueue(await at.other.load(queue), 0), done)
    await isGone(at.pod, made)
  })

  test('has its names and records under that key alone', async () => {
    await using at = await scene()
    const made = whole()
    const queue = await at.pod.create(made)
    assert.equal(await countNames(at, at.new, made), 4)
    assert.equal(await countNames(at, at.old, made), 0)
    const [name = ''] = namesUnder(at.new, made)
    const sealed = await ask(server, async (redis) => {
      const [key = ''] = await redis.keys(`${at.prefix}*:q:${name}`)
      const pieces = await redis.hgetallBuffer(key)
      return Buffer.concat(
        Object.keys(pieces)
          .filter((field) => /^\d+$/.test(field))
          .sort((a, b) => Number(a) - Number(b))
          .map((field) => pieces[field] ?? Buffer.alloc(0)),
      )
    })
    assert.ok(new ClusterKeys(nativeCrypto, [at.new]).open(sealed))
    assert.equal(new ClusterKeys(nativeCrypto, [at.old]).open(sealed), undefined)
    assert.equal(queue.recipientId, made.recipientId)
  })
})

/** Commands of a client: what it costs tells nothing of whether there is a queue. */
test('the same round trips for a queue that is missing, under the old key, and under the new', async () => {
  await using at = await scene()
  const made = whole()
  await at.pod.create(made)
  // watched alone: the other's upkeep would count
  await using alone = await open(at.prefix, [at.new, at.old])
  const counts = async (ids: NewQueue, party: QueueParty): Promise<string> => {
    await ask(server, (redis) => redis.config('RESETSTAT'))
    await alone.pods[0].find(party, [idsOf(ids)[party]])
    const stats = await ask(server, (redis) => redis.info('commandstats'))
    return ['get', 'hgetall', 'eval', 'evalsha', 'exists', 'hget', 'ttl']
      .map(
        (name) =>
          `${name} ${new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0}`,
      )
      .join(', ')
  }
  for (const party of parties) {
    const expected = party === 'recipient' ? 'get 0, hgetall 2' : 'get 2, hgetall 2'
    for (const ids of [whole(), at.ids, made])
      assert.equal(
        await counts(ids, party),
        `${expected}, eval 0, evalsha 0, exists 0, hget 0, ttl 0`,
      )
  }
})

describe('a pod that lacks a key is refused with one line, and changes nothing', () => {
  const recordedIn = (prefix: string) => ask(server, (redis) => redis.hgetall(`${prefix}cluster`))

  const refusal = async (prefix: string, list: ClusterKeyList): Promise<string> => {
    const before = await recordedIn(prefix)
    const own = { deliver: () => {}, now: Date.now, limits, onFault: () => {} }
    const opening = openRedisStore({ ...own, ...optionsOf(prefix, list) })
    const error = await opening.then(
      (store) => store.close(),
      (problem: unknown) => problem,
    )
    assert.ok(error instanceof ServerProblem, `${error}`)
    assert.doesNotMatch(error.message, /\n/)
    assert.deepEqual(await recordedIn(prefix), before)
    return error.message
  }

  const idOf = (key: Bytes): string => new ClusterKeys(nativeCrypto, [key]).ids[0] ?? ''

  const cases: Readonly<Record<string, (at: Scene) => ClusterKeyList>> = {
    'only the new one': (at) => [at.new],
    'another one': () => [newClusterKey()],
    'another one and the new one': (at) => [newClusterKey(), at.new],
  }
  for (const [name, listOf] of Object.entries(cases))
    test(name, async () => {
      await using at = await scene()
      const line = await refusal(at.prefix, listOf(at))
      assert.match(line, /SLUICE_CLUSTER_KEY/)
      assert.ok(line.includes(idOf(at.old)), 'it names the key that is missing')
      assert.match(line, /newest first/)
      for (const key of [at.old, at.new, ...listOf(at)])
        for (const coding of ['hex', 'base64', 'base64url'] as const)
          assert.ok(!line.includes(Buffer.from(key).toString(coding)), 'it tells no key')
    })

  test('only the old one, once queues may have been made under the new', async () => {
    await using at = await scene()
    assert.ok((await refusal(at.prefix, [at.old])).includes(idOf(at.new)))
  })
})
