/** The part of the in-memory store that belongs to no queue: how many were blocked today. */
import { type OperatorCalls, utcDay } from '../operator-calls.ts'

type Calls = Pick<OperatorCalls, 'reserveBlock' | 'cancelBlock' | 'countBlocks'>

export class MemoryBlocks implements Calls {
  readonly #now: () => number
  #day = 0
  #blocked = 0

  constructor(now: () => number) {
    this.#now = now
  }

  async reserveBlock(limit: number) {
    this.#turnDay()
    if (this.#blocked >= limit) return { outcome: 'exhausted' } as const
    this.#blocked += 1
    return { outcome: 'done', day: this.#day } as const
  }

  async cancelBlock(day: number) {
    this.#turnDay()
    if (day === this.#day && this.#blocked > 0) this.#blocked -= 1
  }

  async countBlocks() {
    this.#turnDay()
    return this.#blocked
  }

  #turnDay(): void {
    const today = utcDay(this.#now())
    if (today !== this.#day) this.#blocked = 0
    this.#day = today
  }
}
