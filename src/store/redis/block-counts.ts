/** How many queues operators have blocked today: one counter for the cluster, a key for each day. */
import { utcDay } from '../operator-calls.ts'
import { textOf } from './answer.ts'
import { durably } from './changes.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

/** Longer than any pod takes it for the day that it is. */
const KEPT_SECONDS = 2 * 86_400

export class BlockCounts {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  async reserve(limit: number) {
    const day = this.#today
    const args = [limit, KEPT_SECONDS]
    const { word } = await this.#pod.run(scripts.reserveBlock, [this.#key(day)], args, durably)
    return word === 'done'
      ? ({ outcome: 'done', day } as const)
      : ({ outcome: 'exhausted' } as const)
  }

  async cancel(day: number): Promise<void> {
    await this.#pod.run(scripts.cancelBlock, [this.#key(day)], [])
  }

  async count(): Promise<number> {
    const key = this.#key(this.#today)
    return Number(textOf(await this.#pod.options.servers.call(key, 'GET', [key])) || 0)
  }

  get #today(): number {
    return utcDay(this.#pod.options.now())
  }

  #key(day: number): string {
    return this.#pod.options.keys.blocks(day)
  }
}
