/** Who is sent away from a pod that has not heard of Redis for 15 seconds, and how many at a time. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { ClusterKeys } from '../../../src/store/redis/cluster-keys.ts'
import { Servers } from '../../../src/store/redis/connection/servers.ts'
import { Isolation } from '../../../src/store/redis/isolation.ts'
import { Keys } from '../../../src/store/redis/keys.ts'
import { Mailboxes } from '../../../src/store/redis/mailboxes.ts'
import { Pod } from '../../../src/store/redis/pod.ts'
import { Repository } from '../../../src/store/redis/repository.ts'
import type { StoreEvent } from '../../../src/store/store.ts'
import { bytes, newQueue, newRecipientId } from '../../store/builders.ts'
import { limits } from '../../store/cluster.ts'

const ISOLATED_AFTER_MS = 15_000
const LEAST = 50

/** Nobody listens there: this pod never hears anything. */
const nowhere = {
  kind: 'standalone',
  nodes: [{ host: '127.0.0.1', port: 1 }],
  tls: false,
  database: 0,
  prefix: '',
} as const

const nothing = (): void => {}

/** A pod with so many connections that hold something, and its clock. */
const start = (context: TestContext, connections: number) => {
  let now = performance.now()
  context.mock.method(performance, 'now', () => now)
  const servers = new Servers({
    ...{
      address: nowhere,
      durability: 'memory',
      durabilityReplicas: 1,
      onError: nothing,
      onLost: nothing,
    },
  })
  context.after(() => servers.close())
  const keys = new Keys('', 1)
  const clusterKeys = new ClusterKeys(nativeCrypto, [bytes(32)])
  const decoy = { ...newQueue(), status: { state: 'active' } } as const
  const sent: (readonly [number, StoreEvent])[] = []
  const pod = new Pod({
    ...{ servers, keys, clusterKeys, limits, crypto: nativeCrypto, pod: 'pod', now: Date.now },
    durability: 'memory',
    repository: new Repository({ servers, keys, clusterKeys, decoy, cachedQueues: 100 }),
    deliver: (connection, event) => void sent.push([connection, event]),
    onDoubt: nothing,
  })
  for (let connection = 0; connection < connections; connection += 1)
    for (const claim of [1, 2])
      pod.interests.open('recipient', newRecipientId(), {
        ...{ connection, claim, claimedAt: 0, blind: 'blind' },
      })
  const mailboxes = new Mailboxes(pod, { onFault: nothing, onLost: nothing })
  const isolation = new Isolation(pod, mailboxes)
  const check = (): number => {
    const before = sent.length
    isolation.check()
    return sent.length - before
  }
  const pass = (ms: number): void => {
    now += ms
  }
  return { pod, sent, check, pass }
}

test('nobody, until it has not heard anything for 15 seconds', (t) => {
  const { check, pass } = start(t, 10)
  assert.equal(check(), 0)
  pass(ISOLATED_AFTER_MS - 1)
  assert.equal(check(), 0)
  pass(1)
  assert.equal(check(), 10)
})

test('each connection once, however much it holds, and then it holds nothing', (t) => {
  const { pod, sent, check, pass } = start(t, 3)
  pass(ISOLATED_AFTER_MS)
  check()
  const event = { type: 'isolated', claim: 0 }
  assert.deepEqual(
    sent,
    [0, 1, 2].map((connection) => [connection, event]),
  )
  assert.equal(pod.interests.size, 0)
  assert.equal(check(), 0)
})

test('at least 50 at a time', (t) => {
  const { check, pass } = start(t, 120)
  pass(ISOLATED_AFTER_MS)
  assert.deepEqual([check(), check(), check(), check()], [LEAST, LEAST, 20, 0])
})

test('a twentieth of those there were at first, so that it has an end', (t) => {
  const { check, pass } = start(t, 2001)
  pass(ISOLATED_AFTER_MS)
  const counts = Array.from({ length: 21 }, check)
  assert.deepEqual(counts, [...Array(19).fill(101), 2001 - 19 * 101, 0])
})
