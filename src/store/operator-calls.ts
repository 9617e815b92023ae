/** What operators do with queues: calls of a store that no command of a client makes. */
import type { Blocking } from '../protocol/error.ts'
import type { ServerMemory } from './counts.ts'
import type { Done, QueueRecord, Stale } from './store.ts'

/** Whether a connection receives what comes for a queue, and for its notifier. */
export interface Subscriptions {
  readonly recipient: boolean
  readonly notifier: boolean
}

export interface OperatorCalls {
  /** As far as the store knows: a pod that was killed gives nothing up. */
  subscriptionsOf(
    queue: QueueRecord,
  ): Promise<Stale | ({ readonly outcome: 'done' } & Subscriptions)>

  /** The subscriber gets `blocked`. */
  blockQueue(queue: QueueRecord, blocking: Blocking): Promise<Stale | Done>
  unblockQueue(queue: QueueRecord): Promise<Stale | Done>

  /**
   * Counts one more queue that is blocked on this day (UTC), in the whole cluster, unless that are
   * `limit` already. It is not counted when its block is cancelled, with the day of the answer.
   */
  reserveBlock(
    limit: number,
  ): Promise<{ readonly outcome: 'done'; readonly day: number } | { readonly outcome: 'exhausted' }>
  cancelBlock(day: number): Promise<void>
  /** Of this day. */
  countBlocks(): Promise<number>

  /** Undefined where queues are in this process. Not for the path of a command. */
  serverMemory(): Promise<ServerMemory | undefined>
}

const MS_OF_DAY = 86_400_000

/** Whole days since the epoch. */
export const utcDay = (nowMs: number): number => Math.floor(nowMs / MS_OF_DAY)
