/** What one SMP session may do. */
import type { Client } from './clients.ts'
import type { Handshake } from './handshakes.ts'
import { NEW, SEND } from './numbers.ts'
import { NEVER } from './rates.ts'
import type { State } from './state.ts'

/**
 * How long a command may wait for its turn while its connection is not read. Half of what stock
 * clients wait for an answer at least (10 s).
 */
export const PATIENCE_MS = 5_000

/** Resolves after so many ms, or when the relay stops. */
export type Delay = (ms: number) => Promise<void>

export class SessionLimits {
  readonly #state: State
  readonly #delay: Delay
  /** None for those whom limits do not concern. */
  readonly #client: Client | undefined
  #handshake: Handshake | undefined
  #created = 0

  constructor(state: State, address: string | undefined, delay: Delay) {
    this.#state = state
    this.#delay = delay
    this.#client = state.isExempt(address) ? undefined : state.take(address)
  }

  /** As `Visit.arrives`, for the hello. */
  arrives(drop: () => void): boolean {
    if (this.#client === undefined) return true
    this.#handshake = this.#state.handshakes.begin(this.#client, this.#state.now, drop)
    return this.#handshake !== undefined
  }

  settles(): void {
    if (this.#handshake !== undefined) this.#state.handshakes.end(this.#handshake)
    this.#handshake = undefined
  }

  /** Once, at its end. */
  close(): void {
    this.settles()
    if (this.#client !== undefined) this.#state.leave(this.#client)
  }

  /** Whether `reserve` may say anything but 0. */
  get isPacing(): boolean {
    if (this.#client === undefined) return false
    const { rates } = this.#state
    return rates.isLimited(SEND) || rates.isLimited(NEW)
  }

  /** Ms until the command may run; NEVER: it may not. */
  reserve(tag: 'NEW' | 'SEND'): number {
    if (this.#client === undefined) return 0
    const client = this.#state.known(this.#client)
    return this.#state.rates.reserve(tag === 'SEND' ? SEND : NEW, client, PATIENCE_MS)
  }

  /** What may never run is refused after as long as the longest wait: that slows whoever goes on. */
  async wait(ms: number): Promise<void> {
    if (ms > 0) await this.#delay(ms === NEVER ? PATIENCE_MS : ms)
  }

  /** Whether it may create one more queue, which then counts. */
  mayCreate(): boolean {
    const most = this.#state.numbers.limitQueuesPerConnection
    if (this.#client !== undefined && most > 0 && this.#created >= most)
      return this.#refused('queuesPerConnection')
    this.#created += 1
    return true
  }

  /** Whether it may read one more queue than these. */
  maySubscribe(present: number): boolean {
    const most = this.#state.numbers.limitSubscriptionsPerConnection
    if (this.#client === undefined || most === 0 || present < most) return true
    return this.#refused('subscriptionsPerConnection')
  }

  /** Whether the cluster takes one more message. */
  mayStore(): boolean {
    return !this.#state.stored.isFull || this.#refused('storedBytes')
  }

  stored(): void {
    this.#state.stored.accepted()
  }

  #refused(name: 'queuesPerConnection' | 'subscriptionsPerConnection' | 'storedBytes'): false {
    this.#state.statistics.refusals[name] += 1
    return false
  }
}
