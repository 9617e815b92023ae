/** Tells the other relays of the cluster how many connections this one has, and closes some if too many. */
import type { Logger } from 'pino'
import { Imbalance } from './imbalance.ts'

export const ROUND_SECONDS = 10

export interface RebalancerOptions {
  connections(): number
  /** See QueueStore; undefined where there are no others. */
  shareLoad(connections: number | undefined): Promise<readonly number[]> | undefined
  /** Closes so many over that time. */
  shed(count: number, overSeconds: number): void
  readonly onFault: (error: unknown, during: string) => void
  readonly log: Pick<Logger, 'info' | 'warn'>
}

export class Rebalancer {
  readonly #options: RebalancerOptions
  #imbalance = new Imbalance()
  #timer: NodeJS.Timeout | undefined
  #isSharing = false
  #wasShedding = false

  constructor(options: RebalancerOptions) {
    this.#options = options
  }

  /** Whether it is to do its work from now on. */
  set(isOn: boolean): void {
    if (isOn) this.#timer ??= setInterval(() => void this.#round(), ROUND_SECONDS * 1000).unref()
    else void this.stop()
  }

  /** Resolves when the others are told that this relay is not one of them. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#imbalance = new Imbalance()
    await this.#share(undefined)
  }

  async #round(): Promise<void> {
    if (this.#isSharing) return
    const own = this.#options.connections()
    this.#isSharing = true
    const all = await this.#share(own)
    this.#isSharing = false
    if (all === undefined || this.#timer === undefined) return
    const wasFutile = this.#imbalance.isFutile
    const count = this.#imbalance.next(own, all)
    if (count > 0) this.#options.shed(count, ROUND_SECONDS)
    this.#tell(own, count, !wasFutile && this.#imbalance.isFutile)
  }

  async #share(connections: number | undefined): Promise<readonly number[] | undefined> {
    try {
      return await this.#options.shareLoad(connections)
    } catch (error) {
      this.#options.onFault(error, 'sharing of load')
      return undefined
    }
  }

  #tell(connections: number, count: number, becameFutile: boolean): void {
    const { log } = this.#options
    const isShedding = count > 0
    if (becameFutile) log.warn({ connections }, 'rebalancing does not help: it rests for an hour')
    else if (isShedding && !this.#wasShedding) log.info({ connections }, 'rebalancing')
    else if (!isShedding && this.#wasShedding) log.info({ connections }, 'rebalancing has ended')
    this.#wasShedding = isShedding
  }
}
