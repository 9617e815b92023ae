/** What a relay does with its connections as a whole: serve them, shed some, drain. */
import { Drain, type Drainable } from './drain.ts'
import type { Random } from './leavers.ts'
import { Rebalancer, type RebalancerOptions } from './rebalancer.ts'
import { Shed, type ShedCount, type ShedOptions } from './shed.ts'

/** `draining` from the first moment of a drain on, also when no connection is left. */
export type RelayState = 'serving' | 'draining' | 'stopped'

export interface LifecycleSettings {
  readonly drainDelaySeconds: number
  readonly drainSeconds: number
  readonly rebalance: boolean
}

export interface LifecycleParts extends Pick<RebalancerOptions, 'shareLoad' | 'onFault' | 'log'> {
  readonly target: Drainable
  /** Read when they are used. */
  readonly settings: LifecycleSettings
  readonly random?: Random
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

const monotonic = (): number => performance.now()

export class Lifecycle {
  readonly #parts: LifecycleParts
  readonly #chance: { readonly random: Random; readonly now: () => number }
  readonly #rebalancer: Rebalancer
  #drain: Drain | undefined
  #shed: Shed | undefined
  #isStopped = false

  constructor(parts: LifecycleParts) {
    const { target, random = Math.random, now = monotonic } = parts
    this.#parts = parts
    this.#chance = { random, now }
    this.#rebalancer = new Rebalancer({
      ...parts,
      connections: () => target.size,
      // somebody's own wish goes before
      shed: (count, overSeconds) => {
        if ((this.#shed?.connectionsLeft ?? 0) === 0) this.#begin({ count, overSeconds })
      },
    })
    this.configure()
  }

  get state(): RelayState {
    if (this.#isStopped) return 'stopped'
    return this.#drain === undefined ? 'serving' : 'draining'
  }

  /** After the settings have changed. */
  configure(): void {
    this.#rebalancer.set(this.state === 'serving' && this.#parts.settings.rebalance)
  }

  /** The same one every time. */
  drain(): Drain {
    const { drainDelaySeconds, drainSeconds } = this.#parts.settings
    return this.#drained(drainDelaySeconds * 1000, drainSeconds * 1000)
  }

  /** In place of one that is under way. @throws RangeError */
  shed(options: ShedOptions): Shed {
    if (this.state !== 'serving') throw new RangeError('the relay is stopping')
    return this.#begin(options)
  }

  /** Those that were not asked to leave yet stay. */
  stopShedding(): void {
    this.#shed?.stop()
  }

  /** Without a drain before: all leave at once, and are answered within the bound. */
  async stop(): Promise<void> {
    const boundMs = this.#parts.settings.drainSeconds * 1000
    const drain = this.#drained(0, boundMs)
    drain.hasten(boundMs)
    this.#parts.target.leaveOthers()
    await drain.done
    await this.#rebalancer.stop()
    this.#isStopped = true
  }

  #begin(options: ShedOptions | ShedCount): Shed {
    this.#shed?.stop()
    const { connections } = this.#parts.target
    this.#shed = new Shed(options, { connections, ...this.#chance })
    return this.#shed
  }

  #drained(delayMs: number, boundMs: number): Drain {
    if (this.#drain !== undefined) return this.#drain
    this.#shed?.stop()
    void this.#rebalancer.stop()
    this.#drain = new Drain(this.#parts.target, { delayMs, boundMs, ...this.#chance })
    return this.#drain
  }
}
