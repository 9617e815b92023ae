/**
 * Which queues were active: their names in Redis go into one HyperLogLog for each UTC day, from
 * which they cannot be got back. Noted in this process and written now and then, together.
 */

import type { ActiveInPeriods, ActiveQueues } from '../counts.ts'
import { dayOf, firstDayOf, type Period } from '../periods.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Servers } from './connection/servers.ts'
import type { ActivityKind, Keys } from './keys.ts'

/** Names written at once; so many make a write of their own. */
const MOST_PENDING = 4096
const KEPT_SECONDS = 40 * 86_400

export interface ActivityOptions {
  readonly servers: Servers
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export class Activity {
  readonly #options: ActivityOptions
  readonly #pending: Readonly<Record<ActivityKind, Set<BlindId>>> = {
    all: new Set(),
    notifying: new Set(),
  }

  constructor(options: ActivityOptions) {
    this.#options = options
  }

  note(queue: BlindId, isNotifying: boolean): void {
    const { all, notifying } = this.#pending
    all.add(queue)
    if (isNotifying) notifying.add(queue)
    // what cannot be written is missing in an estimate
    if (all.size >= MOST_PENDING) this.#write().catch(() => undefined)
  }

  /** @throws as `Servers.call` */
  async count(): Promise<ActiveQueues> {
    await this.#write()
    const [all, notifying] = await Promise.all([this.#counts('all'), this.#counts('notifying')])
    return { all, notifying }
  }

  async #write(): Promise<void> {
    await Promise.all([this.#writeKind('all'), this.#writeKind('notifying')])
  }

  async #writeKind(kind: ActivityKind): Promise<void> {
    const pending = [...this.#pending[kind]]
    this.#pending[kind].clear()
    if (pending.length === 0) return
    const { servers, keys, now } = this.#options
    const key = keys.activity(kind, dayOf(now()))
    await Promise.all([
      servers.call(key, 'PFADD', [key, ...pending]),
      servers.call(key, 'EXPIRE', [key, KEPT_SECONDS]),
    ])
  }

  async #counts(kind: ActivityKind): Promise<ActiveInPeriods> {
    const [day, week, month] = await Promise.all([
      this.#estimate(kind, 'day'),
      this.#estimate(kind, 'week'),
      this.#estimate(kind, 'month'),
    ])
    return { day, week, month }
  }

  async #estimate(kind: ActivityKind, period: Period): Promise<number> {
    const { servers, keys, now } = this.#options
    const today = dayOf(now())
    const all: string[] = []
    for (let day = firstDayOf(period, today); day <= today; day++)
      all.push(keys.activity(kind, day))
    const estimate = await servers.call(keys.activity(kind, today), 'PFCOUNT', all)
    return typeof estimate === 'number' ? estimate : 0
  }
}
