/** The limits of a relay: what connections ask, and what goes on beside them. */
import { setTimeout as delay } from 'node:timers/promises'
import { hasAddressLimits, type LimitNumbers } from './numbers.ts'
import { type Delay, SessionLimits } from './session-limits.ts'
import { SHARING_MS, type SharedBuckets, Sharing } from './sharing.ts'
import { SoleAddress } from './sole-address.ts'
import { State, type StateOptions } from './state.ts'
import type { LimitStatistics } from './statistics.ts'
import { Visit } from './visit.ts'

/** In exchanges. */
const BETWEEN_COUNTS = 5

export interface LimitsOptions extends Omit<StateOptions, 'secret' | 'isShared' | 'now'> {
  readonly now?: () => number
  readonly delay?: Delay
  randomBytes(length: number): Uint8Array
  /** Rates are those of the cluster then. */
  readonly shared?: SharedBuckets | undefined
  /** One line for the operator, without an address. */
  readonly warn: (message: string) => void
}

const SECRET_BYTES = 32
const USELESS =
  'all clients seem to come from one private address, so limits by address are useless: see SLUICE_PROXY_PROTOCOL_FROM'

export class Limits {
  readonly #state: State
  readonly #sharing: Sharing | undefined
  readonly #soleAddress: SoleAddress
  readonly #stopping = new AbortController()
  readonly #delay: Delay
  #timer: NodeJS.Timeout | undefined
  #ticks = 0

  constructor(numbers: LimitNumbers, options: LimitsOptions) {
    const { shared, warn, now = () => performance.now() } = options
    // new with each start, unless the pods have to speak of the same clients
    const secret = shared?.secret ?? options.randomBytes(SECRET_BYTES)
    const isShared = shared !== undefined
    this.#state = new State(numbers, { ...options, now, secret, isShared })
    if (shared !== undefined) this.#sharing = new Sharing(this.#state.rates, shared)
    const { signal } = this.#stopping
    this.#delay =
      options.delay ?? ((ms) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined))
    this.#soleAddress = new SoleAddress(() => warn(USELESS))
  }

  get statistics(): LimitStatistics {
    return this.#state.statistics
  }

  /** Clients that are remembered: those who hold something, or whose buckets are not full. */
  get clients(): number {
    return this.#state.clients.size
  }

  get handshakes(): number {
    return this.#state.handshakes.size
  }

  /** For all that happens from now on; whether rates are shared stays. */
  configure(numbers: LimitNumbers): void {
    this.#state.configure(numbers)
  }

  start(): void {
    void this.#state.stored.refresh()
    this.#timer = setInterval(() => void this.tick(), SHARING_MS).unref()
  }

  /** Nobody waits for a turn after this. */
  stop(): void {
    clearInterval(this.#timer)
    this.#stopping.abort()
  }

  /** Of a new connection; undefined: it is to be closed. `address` is absent where it comes later. */
  connect(address?: string): Visit | undefined {
    if (address !== undefined) this.#look(address)
    return Visit.begin(this.#state, address)
  }

  /** Of an SMP session, beside the visit of its connection. */
  session(address: string | undefined): SessionLimits {
    return new SessionLimits(this.#state, address, this.#delay)
  }

  async tick(): Promise<void> {
    const { clients, rates, stored, now } = this.#state
    clients.forget(now, rates.fillMs)
    this.#ticks += 1
    await Promise.all([
      this.#sharing?.exchange(),
      this.#ticks % BETWEEN_COUNTS === 0 ? stored.refresh() : undefined,
    ])
  }

  #look(address: string): void {
    if (!this.#soleAddress.isOpen || !hasAddressLimits(this.#state.numbers)) return
    if (!this.#state.isExempt(address)) this.#soleAddress.saw(address)
  }
}
