/** What a SUB costs when an app, or a relay's whole clientele, comes back. */
import type { SmpConnection } from '../src/client/connection.ts'
import type { Command } from '../src/protocol/command.ts'
import { type BenchQueue, createQueues, replyOf } from './queues.ts'
import { type Measured, RelayUnderTest } from './relay-under-test.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface SubscriptionOptions {
  readonly queues: number
  readonly rounds: number
}

export interface SubscriptionFigures {
  readonly queues: number
  readonly batch: number
  /** Microseconds of the relay's CPU. */
  readonly cpuPerSub: Spread
  readonly perSecond: Spread
  /** Microseconds of the relay's CPU, creation by NEW. */
  readonly cpuPerNew: number
}

/** What one block holds (v16 and later, Ed25519). */
const BATCH = 135
const BATCHES_IN_FLIGHT = 4
const CONNECTIONS = 4

const SUB: Command<'SUB'> = { tag: 'SUB' }

const subscribe = async (
  connection: SmpConnection,
  queues: readonly BenchQueue[],
): Promise<number> => {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < queues.length) {
      const batch = queues.slice(next, next + BATCH)
      next += BATCH
      const requests = batch.map(({ recipientId, recipientKey }) => ({
        command: SUB,
        entityId: recipientId,
        key: recipientKey,
      }))
      for (const result of await connection.requestBatch(requests)) replyOf(result)
    }
  }
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, worker))
  return queues.length
}

/** Each of several fresh connections subscribes to its part of the queues. */
export const subscribeAfresh = async (
  relay: RelayUnderTest,
  queues: readonly BenchQueue[],
): Promise<{ readonly measured: Measured<number>; readonly connections: SmpConnection[] }> => {
  const onEvent = (): void => {}
  const connections = await relay.connectMany(CONNECTIONS, { onEvent })
  const share = Math.ceil(queues.length / CONNECTIONS)
  const measured = await relay.measure(async () => {
    const counts = await Promise.all(
      connections.map((connection, i) =>
        subscribe(connection, queues.slice(i * share, (i + 1) * share)),
      ),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  })
  return { measured, connections }
}

export const closeAll = async (connections: readonly SmpConnection[]): Promise<void> => {
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))

export const measureSubscriptions = async ({
  queues: count,
  rounds: roundCount,
}: SubscriptionOptions): Promise<SubscriptionFigures> => {
  await using relay = await RelayUnderTest.start()
  const [creator] = await relay.connectMany(1)
  if (creator === undefined) throw new Error('no connection')
  const created = await relay.measure(() => createQueues(creator, count, { subscribe: false }))
  const queues = created.value
  creator.close()
  const rounds: Measured<number>[] = []
  // the first one warms up both sides
  for (let i = 0; i <= roundCount; i++) {
    const { measured, connections } = await subscribeAfresh(relay, queues)
    if (i > 0) rounds.push(measured)
    await closeAll(connections)
    await settle()
  }
  return {
    queues: count,
    batch: BATCH,
    cpuPerSub: spreadOf(rounds.map(({ cpu, value }) => cpu / value)),
    perSecond: spreadOf(rounds.map(({ value, seconds }) => value / seconds)),
    cpuPerNew: created.cpu / count,
  }
}
