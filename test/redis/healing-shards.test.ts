/** A Redis Cluster that has lost a shard for good: a primary and all that could take over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotOf } from '../../src/store/redis/partitions.ts'
import type { QueueRecord } from '../../src/store/store.ts'
import { newMessageId, newSubscriber } from '../store/builders.ts'
import type { Pod } from '../store/cluster.ts'
import { ask, fieldOf } from '../support/redis/ask.ts'
import { checkFailed, checkResumed, checkUnavailable } from '../support/redis/calls.ts'
import { primaryOf } from '../support/redis/slot-move.ts'
import { openPods } from '../support/redis/store-pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisCluster, type RedisServer, startCluster } from '../support/redis.ts'
import { within } from '../support/within.ts'

const BOUND_MS = 30_000

const stateOf = (server: RedisServer) =>
  ask(server, async (redis) => fieldOf(`${await redis.cluster('INFO')}`, 'cluster_state'))

const slotsFailing = (server: RedisServer) =>
  ask(server, async (redis) =>
    Number(fieldOf(`${await redis.cluster('INFO')}`, 'cluster_slots_fail')),
  )

/** The first primary's, which is stopped, and the others'. */
interface Halves {
  readonly dead: QueueRecord
  readonly alive: readonly QueueRecord[]
}

const scene = async (fullCoverage: 'yes' | 'no') => {
  await using parts = new AsyncDisposableStack()
  const args = ['--cluster-require-full-coverage', fullCoverage, '--appendonly', 'yes']
  const cluster = parts.use(await startCluster({ primaries: 3, replicasEach: 1, args }))
  const stores = parts.use(await openPods({ urls: [cluster.url, cluster.url] }))
  const [pod, other] = stores.pods
  assert.ok(pod && other)
  const [doomed] = cluster.primaries
  const isDoomed = (tag: string) => primaryOf(cluster, slotOf(tag)) === doomed
  const create = (tag: string) => pod.create({ recipientId: stores.recipientIn(tag) })
  const deadTag = stores.keys.tags.find(isDoomed) ?? ''
  const alive = stores.keys.tags.filter((tag) => !isDoomed(tag))
  const queues: Halves = {
    dead: await create(deadTag),
    alive: await Promise.all(alive.slice(0, 6).map(create)),
  }
  const owned = parts.move()
  const close = () => owned.disposeAsync()
  return { cluster, pod, other, queues, [Symbol.asyncDispose]: close }
}

/** A primary and its replica, both of them. */
const killShard = async ({ primaries, replicas }: RedisCluster): Promise<RedisServer> => {
  const [primary, witness] = primaries
  const [replica] = replicas
  assert.ok(primary && replica && witness)
  await Promise.all([primary.kill(), replica.kill()])
  await until('the others know', async () => (await slotsFailing(witness)) > 0)
  return witness
}

const reviveShard = async ({ primaries, replicas, nodes }: RedisCluster): Promise<void> => {
  await Promise.all([primaries[0]?.restart(), replicas[0]?.restart()])
  for (const node of nodes)
    await until('the cluster is whole', async () => (await stateOf(node)) === 'ok')
}

/** In the middle of a batch with queues that can be asked about. */
const inBatch = ({ dead, alive }: Halves): readonly QueueRecord[] => [
  ...alive.slice(0, 3),
  dead,
  ...alive.slice(3),
]

const checkBatch = async (
  batch: readonly QueueRecord[],
  dead: QueueRecord | undefined,
  answers: Promise<readonly { outcome: string }[]>,
): Promise<void> => {
  const all = await within('a batch is answered', answers, BOUND_MS)
  assert.equal(all.length, batch.length)
  all.forEach((answer, index) => {
    if (dead === undefined || batch[index] === dead) checkFailed(answer)
    else assert.notEqual(answer.outcome, 'failed', `queue ${index}`)
  })
}

const checkBatches = async (pod: Pod, queues: Halves, dead?: QueueRecord): Promise<void> => {
  const batch = inBatch(queues)
  const ids = batch.map(({ recipientId }) => recipientId)
  const subscriber = newSubscriber()
  await checkBatch(batch, dead, pod.store.loadQueues('recipient', ids, { fresh: true }))
  await checkBatch(batch, dead, pod.store.subscribe(batch, subscriber))
  await checkBatch(batch, dead, pod.store.fetchHeads(ids, subscriber))
}

test('the others serve their slots: only what the dead shard has fails, also within a batch', async () => {
  await using at = await scene('no')
  const { cluster, pod, other, queues } = at
  await killShard(cluster)
  await checkBatches(pod, queues, queues.dead)
  await checkUnavailable(pod.store.appendMessage(queues.dead, { message: pod.message() }))
  for (const queue of queues.alive) await other.append(await other.load(queue))
  await reviveShard(cluster)
  await checkResumed(pod, other)
  await pod.append(await pod.load(queues.dead))
})

test('the others serve nothing (CLUSTERDOWN): every call is given up, until the shard is back', async () => {
  await using at = await scene('yes')
  const { cluster, pod, other, queues } = at
  const witness = await killShard(cluster)
  await until('the cluster is down', async () => (await stateOf(witness)) === 'fail')
  await checkBatches(pod, queues)
  const all = inBatch(queues)
  const messageId = newMessageId()
  await Promise.all([
    ...all.map((queue) => checkUnavailable(other.store.acknowledge(queue, { messageId }))),
    ...all.map((queue) =>
      checkUnavailable(pod.store.appendMessage(queue, { message: pod.message() })),
    ),
  ])
  await reviveShard(cluster)
  await checkResumed(pod, other)
  for (const queue of all) await pod.append(await pod.load(queue))
})
