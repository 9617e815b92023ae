/** Which connections of this pod hold services, and who holds the services that it tells. */
import type { Service, Subscriber } from '../store.ts'
import { type Holding, nobody } from './holder.ts'

/** A connection has one service. */
export interface ServiceHold extends Subscriber {
  readonly service: Service
  readonly claimedAt: number
  /** Whether Redis is known to have the claim. */
  isHeld: boolean
  /** Partitions in which notifications may wait. */
  readonly waiting: Set<string>
}

export class ServiceHolds {
  readonly #byConnection = new Map<number, ServiceHold>()

  /** Before Redis is asked, so that what it causes finds the hold. */
  open(service: Service, { connection, claim, claimedAt }: Subscriber & { claimedAt: number }) {
    const waiting = this.#byConnection.get(connection)?.waiting ?? new Set<string>()
    const hold: ServiceHold = { connection, claim, claimedAt, service, isHeld: false, waiting }
    this.#byConnection.set(connection, hold)
    return hold
  }

  get(connection: number): ServiceHold | undefined {
    return this.#byConnection.get(connection)
  }

  drop({ connection, claim }: Subscriber): void {
    if (this.#byConnection.get(connection)?.claim === claim) this.#byConnection.delete(connection)
  }

  /** Forgets a connection and returns what it held. */
  take(connection: number): ServiceHold | undefined {
    const hold = this.#byConnection.get(connection)
    this.#byConnection.delete(connection)
    return hold
  }

  get connections(): readonly number[] {
    return [...this.#byConnection.keys()]
  }

  [Symbol.iterator](): IterableIterator<ServiceHold> {
    return this.#byConnection.values()
  }
}

const REMEMBERED = 10_000

/** By the name of the service; those remembered first go first. */
export class ServiceHolders {
  readonly #holdings = new Map<string, Holding>()

  get({ name }: Service): Holding {
    return this.#holdings.get(name) ?? nobody
  }

  set({ name }: Service, holding: Holding): void {
    this.#holdings.delete(name)
    this.#holdings.set(name, holding)
    for (const oldest of this.#holdings.keys()) {
      if (this.#holdings.size <= REMEMBERED) break
      this.#holdings.delete(oldest)
    }
  }
}
