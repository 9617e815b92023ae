/** The death of a Redis primary under load, whose replica takes over. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { RecipientQueue, SmpClient } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { next } from '../client/support/next.ts'
import { Audit } from '../support/audit.ts'
import { Load, openAnywhere } from '../support/load.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startCluster, startSentinel } from '../support/redis.ts'
import { isolate, queuesOn, replicated, takenOver } from '../support/replication.ts'
import { within } from '../support/within.ts'

/** Half of them are acknowledged alone, half of them move alone. */
const QUIET_QUEUES = 8

type Durability = 'memory' | 'replica'

interface Topology extends AsyncDisposable {
  readonly url: string
  /** Of those whose queues are many enough for the test. */
  primary(): Promise<RedisServer>
  /** All that was written before is on the replicas. */
  replicated(): Promise<void>
  /** Kills the primary; resolves when there is all that any durability needs. */
  kill(primary: RedisServer): Promise<void>
}

const sentinelTopology = async (): Promise<Topology> => {
  // one replica takes over, the other one is then its replica
  const { url, primary, stop } = await startSentinel({ replicas: 2 })
  return {
    url,
    primary: async () => primary,
    replicated: () => replicated(primary),
    kill: () => primary.kill(),
    [Symbol.asyncDispose]: stop,
  }
}

const clusterTopology = async (): Promise<Topology> => {
  const { url, primaries, replicas, stop } = await startCluster()
  return {
    url,
    async primary() {
      const counts = await Promise.all(primaries.map(queuesOn))
      return primaries[counts.indexOf(Math.max(...counts))] ?? assert.fail('no primary')
    },
    async replicated() {
      await Promise.all(primaries.map(replicated))
    },
    async kill(primary) {
      await primary.kill()
      const replica = replicas[primaries.indexOf(primary)]
      await takenOver(replica ?? assert.fail('no replica'))
      // what was the primary is now the replica
      await primary.restart()
    },
    [Symbol.asyncDispose]: stop,
  }
}

interface Moments {
  /** What was acknowledged before this was on the replicas. */
  readonly replicatedAt: number
  readonly killedAt: number
}

/** What was acknowledged in the last moments of the primary, and how long clients waited. */
const describeLoss = (audit: Audit, { killedAt }: Moments): string => {
  const { missing } = audit
  const oldest = Math.min(killedAt, ...missing.map(({ endedAt }) => endedAt))
  const loss =
    missing.length === 0
      ? 'nothing acknowledged was lost'
      : `${missing.length} acknowledged messages were lost, of the last ` +
        `${(killedAt - oldest).toFixed(1)} ms`
  const waits = [...Map.groupBy(audit.accepted, ({ sender }) => sender).values()].map((all) => {
    const next = all.find(({ startedAt }) => startedAt > killedAt)
    return (next?.endedAt ?? Number.POSITIVE_INFINITY) - killedAt
  })
  return `${loss}; all senders had an OK again ${Math.round(Math.max(...waits))} ms after the kill`
}

type Link = 'replicating' | 'isolated'

/** Messages wait on a primary that is alone, which `memory` does not mind and `replica` does. */
const goAlone = async (primary: RedisServer, load: Load, { failures }: Audit): Promise<void> => {
  load.hold()
  await isolate(primary)
  await Promise.race([
    load.acceptance(5, 'without replicas'),
    until('clients are told that there are no replicas', () => failures.length > 0),
  ])
}

interface Scenario {
  readonly start: () => Promise<Topology>
  readonly durability: Durability
  readonly link: Link
}

const survive = async (t: TestContext, { start, durability, link }: Scenario): Promise<Audit> => {
  await using redis = await start()
  const env = { SLUICE_DURABILITY: durability, SLUICE_QUEUE_QUOTA: '100000' }
  await using pods = await Pods.start({ url: redis.url, count: 2, env })
  // what a primary had not told anybody of is forgotten, ACKs too
  const audit = new Audit({ mayRepeatAcknowledged: true })
  const options = { pods, audit, queues: 4, sendersEach: 2 }
  await using load = await Load.start(options, () => redis.replicated())
  await load.progress(20, 'before the kill')
  const primary = await redis.primary()
  const replicatedAt = performance.now()
  await redis.replicated()
  if (link === 'isolated') await goAlone(primary, load, audit)
  const moments = { replicatedAt, killedAt: performance.now() }
  await redis.kill(primary)
  load.release()
  await load.progress(20, 'after the failover')
  await load.finish()
  t.diagnostic(describeLoss(audit, moments))
  t.diagnostic(audit.summary)
  audit.checkDelivered()
  assert.ok(audit.missing.every(({ endedAt }) => endedAt >= replicatedAt))
  return audit
}

/** Every queue has one message that was delivered and not acknowledged. */
const openQuietQueues = async (client: SmpClient, sending: SmpClient) => {
  const queues = await Promise.all(Array.from({ length: QUIET_QUEUES }, () => client.createQueue()))
  return Promise.all(
    queues.map(async (queue) => {
      const sender = sending.openSender(queue)
      await sender.send(utf8Bytes('first'))
      return { queue, sender, first: await within('a message', next(queue.messages)) }
    }),
  )
}

/** What was acknowledged may come once more. */
const comes = async (queue: RecipientQueue, text: string): Promise<void> => {
  while ((await nextText(queue)) !== text);
}

const surviveSilence = async (start: () => Promise<Topology>): Promise<void> => {
  await using redis = await start()
  await using pods = await Pods.start({ url: redis.url, count: 2 })
  await using before = await openAnywhere(pods, 0)
  await using after = await openAnywhere(pods, 1)
  const quiet = await openQuietQueues(before, after)
  await redis.replicated()
  const primary = await redis.primary()
  await isolate(primary)
  // on the replicas no message is acknowledged, and no queue has moved
  const holders = await Promise.all(
    quiet.map(async ({ queue, first }, index) => {
      if (index % 2) await first.ack()
      if (index % 2) return queue
      const moved = after.openQueue(queue.credentials)
      await moved.subscribe()
      await comes(moved, 'first')
      return moved
    }),
  )
  await redis.kill(primary)
  for (const [index, { sender }] of quiet.entries()) {
    await until('a message is accepted', () => sender.send(utf8Bytes('second')).then(() => true))
    await comes(holders[index] ?? assert.fail(), 'second')
  }
}

const topologies = [
  ['Sentinel', sentinelTopology],
  ['Redis Cluster', clusterTopology],
] as const

// each mostly waits for servers to miss one another; more at once would miss each other for no reason
describe('the death of a primary', { concurrency: 2, timeout: 300_000 }, () => {
  for (const [name, start] of topologies) {
    test(`${name}, durability replica: nothing acknowledged is lost`, async (t) => {
      const audit = await survive(t, { start, durability: 'replica', link: 'isolated' })
      audit.check()
      audit.checkFailures()
      audit.checkNoEnds()
    })

    test(`${name}: what a lone primary forgets silences no queue`, () => surviveSilence(start))

    for (const link of ['replicating', 'isolated'] as const)
      test(`${name}, durability memory, ${link}: all goes on without the last moments`, async (t) => {
        await survive(t, { start, durability: 'memory', link })
      })
  }
})
