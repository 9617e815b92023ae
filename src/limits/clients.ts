/**
 * What is remembered of clients: their buckets and how much they hold, under a keyed hash of their
 * address, in memory only. A client is forgotten when it holds nothing and its buckets are full.
 */
import { Chain, type Link } from './chain.ts'
import type { Handshake } from './handshakes.ts'
import { rateKinds } from './numbers.ts'

/** Of clients that hold nothing. The one that was idle for longest makes room: some 20 MB. */
export const MOST_IDLE = 65_536

/** The buckets of one client, or of all together. */
export interface Buckets {
  /** A hash, one character a byte; empty for all together. */
  readonly pseudonym: string
  /** By kind: when the bucket is full again. */
  readonly fullAt: number[]
  /** By kind: tokens taken that the other pods do not know of. */
  readonly unshared: number[]
  /** Whether it is among those that the other pods are told of next. */
  isListed: boolean
}

/** In the chain of the idle ones while it is one. */
export interface Client extends Buckets, Link<Client> {
  /** What keeps it in memory: connections and sessions. */
  holds: number
  connections: number
  /** Under way, the oldest first. */
  readonly handshakes: Chain<Handshake>
  idleSince: number
}

export const newBuckets = (pseudonym: string): Buckets => ({
  pseudonym,
  fullAt: rateKinds.map(() => 0),
  unshared: rateKinds.map(() => 0),
  isListed: false,
})

export class ClientTable {
  readonly #known = new Map<string, Client>()
  /** In the order in which they became idle. */
  readonly #idle = new Chain<Client>()

  get size(): number {
    return this.#known.size
  }

  /** The client, which is then to be left. */
  take(pseudonym: string): Client {
    const present = this.#known.get(pseudonym)
    if (present === undefined) return this.#add(pseudonym)
    if (present.holds === 0) this.#idle.remove(present)
    present.holds += 1
    return present
  }

  leave(client: Client, now: number): void {
    client.holds -= 1
    if (client.holds > 0) return
    if (client.fullAt.every((fullAt) => fullAt <= now)) {
      this.#known.delete(client.pseudonym)
      return
    }
    client.idleSince = now
    this.#idle.add(client)
    if (this.#idle.size > MOST_IDLE) this.#forgetFirst()
  }

  /** Those who have been idle for so long that their buckets must be full. */
  forget(now: number, fillMs: number): void {
    while (this.#idle.first !== undefined && this.#idle.first.idleSince + fillMs <= now)
      this.#forgetFirst()
  }

  #add(pseudonym: string): Client {
    const client: Client = {
      ...newBuckets(pseudonym),
      holds: 1,
      connections: 0,
      handshakes: new Chain(),
      idleSince: 0,
      older: undefined,
      newer: undefined,
    }
    this.#known.set(pseudonym, client)
    return client
  }

  #forgetFirst(): void {
    const { first } = this.#idle
    if (first === undefined) return
    this.#idle.remove(first)
    this.#known.delete(first.pseudonym)
  }
}
