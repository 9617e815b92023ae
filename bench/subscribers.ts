/** Connections that subscribe to many queues, as when a relay's whole clientele comes back. */
import type { SmpConnection } from '../src/client/connection.ts'
import type { Command } from '../src/protocol/command.ts'
import { type Measured, measureCpu } from './measured.ts'
import { type BenchQueue, replyOf } from './queues.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

/** What one block holds (v16 and later, Ed25519). */
export const BATCH = 135
const BATCHES_IN_FLIGHT = 4
/** To each relay. */
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

/** Fresh connections, several to each relay, subscribe to a part of the queues each. */
export const subscribeAfresh = async (
  relays: readonly RelayUnderTest[],
  queues: readonly BenchQueue[],
): Promise<{ readonly measured: Measured<number>; readonly connections: SmpConnection[] }> => {
  const onEvent = (): void => {}
  const opened = relays.map((relay) => relay.connectMany(CONNECTIONS, { onEvent }))
  const connections = (await Promise.all(opened)).flat()
  const share = Math.ceil(queues.length / connections.length)
  const measured = await measureCpu(relays, async () => {
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
