/** What a load has to work with, and what it leaves to be cleared away. */
import { connectSmp } from '../client/connect.ts'
import type { LoadPlan } from './plan.ts'
import type { MadeQueue } from './queues.ts'
import { BATCH } from './subscribing.ts'
import type { Tally } from './tally.ts'
import { serverTarget, type Target } from './target.ts'

/** One kind of load, ready to run. */
export interface Course {
  readonly tallies: readonly Tally[]
  /** Whether running it for a while before changes what is measured. */
  readonly warmsUp: boolean
  /** `tallies` stand for its own: the first run is not counted. */
  run(milliseconds: number, tallies: readonly Tally[]): Promise<void>
  close(): Promise<void>
}

const DELETE_MS = 30_000

export class Stage {
  readonly plan: LoadPlan
  readonly signal: AbortSignal
  readonly target: Target
  readonly #made: MadeQueue[]

  constructor(plan: LoadPlan, signal: AbortSignal, made: MadeQueue[] = []) {
    this.#made = made
    this.plan = plan
    this.signal = signal
    this.target = serverTarget(plan.server, signal)
  }

  readonly onMade = (queues: readonly MadeQueue[]): void => {
    this.#made.push(...queues)
  }

  /** For a part of the load: its queues are cleared away with those of the whole. */
  withPlan(plan: LoadPlan): Stage {
    return new Stage(plan, this.signal, this.#made)
  }

  /** Deletes all queues, over a connection of its own; how many are left. */
  async clear(): Promise<number> {
    const waiting = this.#made.splice(0)
    let left = waiting.length
    if (left === 0) return 0
    try {
      const address = this.plan.server
      await using connection = await connectSmp({
        address,
        connectMs: DELETE_MS,
        responseMs: DELETE_MS,
        onEvent: () => {},
      })
      while (waiting.length > 0) {
        const requests = waiting.splice(0, BATCH).map(({ recipientId, recipientKey }) => ({
          command: { tag: 'DEL' } as const,
          entityId: recipientId,
          key: recipientKey,
        }))
        for (const result of await connection.requestBatch(requests))
          if ('reply' in result) left -= 1
      }
    } catch {
      // what is left is counted
    }
    return left
  }
}

/** A pause that ends with the signal, and does not say so. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
