import { z } from 'zod'
import type { Blocking } from '../../protocol/error.ts'
import type { QueueRecord, QueueStore, Stale } from '../../store/store.ts'
import {
  type AdminContext,
  type Operation,
  type Outcome,
  onInput,
  type Refused,
  refuse,
} from '../operation.ts'
import { onQueue, queueFields } from '../queues.ts'
import { statusBody } from './queue-status.ts'

const LONGEST_NOTICE_SECONDS = 3650 * 86_400

const blockInput = z.strictObject({
  ...queueFields,
  reason: z.enum(['spam', 'content']),
  /** Seconds for which clients make no new addresses here; without `ttl`: for ever. */
  notice: z.exactOptional(
    z.strictObject({ ttl: z.exactOptional(z.int().min(1).max(LONGEST_NOTICE_SECONDS)) }),
  ),
})

const blockingOf = ({ reason, notice }: z.output<typeof blockInput>): Blocking => {
  if (notice === undefined) return { reason }
  return { reason, notice: notice.ttl === undefined ? {} : { ttlSeconds: notice.ttl } }
}

const off = refuse(403, 'blocking_off', 'queues are not blocked here: SLUICE_BLOCK_QUOTA is off')

const quotaReached = (limit: number): Refused =>
  refuse(429, 'quota_reached', `${limit} queues were blocked today (UTC): SLUICE_BLOCK_QUOTA`)

/**
 * A place in the day's quota, taken before the queue is blocked: so that no race exceeds the quota.
 * It is given back where the queue was surely not blocked by this operation.
 */
class Place {
  readonly #store: QueueStore
  readonly #limit: number
  #day: number | undefined

  constructor(store: QueueStore, limit: number) {
    this.#store = store
    this.#limit = limit
  }

  /** False where the quota is reached. */
  async take(): Promise<boolean> {
    if (this.#day !== undefined) return true
    const limit = this.#limit === 0 ? Number.MAX_SAFE_INTEGER : this.#limit
    const reserved = await this.#store.reserveBlock(limit)
    if (reserved.outcome === 'done') this.#day = reserved.day
    return reserved.outcome === 'done'
  }

  async giveBack(): Promise<void> {
    const day = this.#day
    this.#day = undefined
    if (day !== undefined) await this.#store.cancelBlock(day)
  }

  keep(): void {
    this.#day = undefined
  }
}

interface Blocked {
  readonly blocking: Blocking
  readonly place: Place
  readonly limit: number
}

const block = async (
  { store }: AdminContext,
  queue: QueueRecord,
  { blocking, place, limit }: Blocked,
): Promise<Outcome | Stale> => {
  // another reason is no other block
  if (queue.status.state === 'blocked') await place.giveBack()
  else if (!(await place.take())) return quotaReached(limit)
  const result = await store.blockQueue(queue, blocking)
  if (result.outcome === 'stale') return result
  place.keep()
  const body = statusBody({ state: 'blocked', blocking })
  return { body, audit: { reason: blocking.reason } }
}

export const queueBlock: Operation = {
  method: 'POST',
  path: '/v1/queues/block',
  run: onInput(blockInput, async (context, input) => {
    const { blockQuota: limit } = context.settings
    if (limit === 'off') return off
    const place = new Place(context.store, limit)
    const blocking = blockingOf(input)
    // what throws may have happened: its place stays taken
    const outcome = await onQueue(context, input, (queue) =>
      block(context, queue, { blocking, place, limit }),
    )
    await place.giveBack()
    return outcome
  }),
}
