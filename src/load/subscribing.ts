/** SUB for many queues, as when an app, or a relay's whole clientele, comes back. */
import type { SmpConnection } from '../client/connection.ts'
import type { Command } from '../protocol/command.ts'
import { type MadeQueue, replyOf } from './queues.ts'

/** What one block holds (v16 and later, Ed25519). */
export const BATCH = 135
const BATCHES_IN_FLIGHT = 4

const SUB: Command<'SUB'> = { tag: 'SUB' }

/** How many were subscribed; `onBatch` is told of each answered batch and its milliseconds. */
export const subscribeAll = async (
  connection: SmpConnection,
  queues: readonly MadeQueue[],
  onBatch: (count: number, ms: number) => void = () => {},
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
      const sentAt = performance.now()
      for (const result of await connection.requestBatch(requests)) replyOf(result)
      onBatch(batch.length, performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, worker))
  return queues.length
}
