/** What is too old, by the clock and the limits of the in-memory store. */
import { expiryHorizon, type Head, type StoreOptions } from '../store.ts'
import type { MemoryQueue } from './memory-queue.ts'

type Options = Pick<StoreOptions, 'now' | 'limits' | 'measures'>

export class MemoryExpiry {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  expire(queue: MemoryQueue): void {
    this.#expire(queue, expiryHorizon(this.#options.limits, this.#nowSeconds))
  }

  expireBeforeSend(queue: MemoryQueue): void {
    const { expireOnSend, messageTtlSeconds } = this.#options.limits
    if (expireOnSend) this.#expire(queue, this.#nowSeconds - messageTtlSeconds)
    else this.expire(queue)
  }

  /** The oldest message that has not expired. */
  headOf(queue: MemoryQueue): Head {
    this.expire(queue)
    return queue.head === undefined ? { outcome: 'done' } : { outcome: 'done', head: queue.head }
  }

  /** Seconds: notifications from before are expired. */
  get notificationHorizon(): number {
    return this.#nowSeconds - this.#options.limits.notificationTtlSeconds
  }

  get #nowSeconds(): number {
    return Math.floor(this.#options.now() / 1000)
  }

  #expire(queue: MemoryQueue, horizonSeconds: number): void {
    const count = queue.expire(horizonSeconds)
    const { measures } = this.#options
    if (measures !== undefined) measures.expiredMessages += count
  }
}
