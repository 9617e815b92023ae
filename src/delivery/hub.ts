/** From the store's events to the sessions of this process. */
import type { Deliver, StoreEvent } from '../store/store.ts'

export interface Listener {
  receive(event: StoreEvent): void
}

export class Hub<L extends Listener> {
  readonly #listeners = new Map<number, L>()
  #lastConnection = 0
  #lastClaim = 0

  /** An event for a connection that is gone is nobody's. */
  readonly deliver: Deliver = (connection, event) => {
    this.#listeners.get(connection)?.receive(event)
  }

  get listeners(): IterableIterator<L> {
    return this.#listeners.values()
  }

  get size(): number {
    return this.#listeners.size
  }

  /** A number that no other connection of this process has. */
  nextConnection(): number {
    this.#lastConnection += 1
    return this.#lastConnection
  }

  nextClaim = (): number => {
    this.#lastClaim += 1
    return this.#lastClaim
  }

  add(connection: number, listener: L): void {
    this.#listeners.set(connection, listener)
  }

  remove(connection: number): void {
    this.#listeners.delete(connection)
  }
}
