/**
 * What is remembered of clients: their buckets and how much they hold, under a keyed hash of their
 * address, in memory only. A client is forgotten when it holds nothing and its buckets are full.
 */
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

export interface Client extends Buckets {
  /** What keeps it in memory: connections and sessions. */
  holds: number
  connections: number
  /** Under way, the oldest first. */
  readonly handshakes: Set<Handshake>
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
  readonly #idle = new Set<Client>()

  get size(): number {
    return this.#known.size
  }

  /** The client, which is then to be left. */
  take(pseudonym: string): Client {
    const client = this.#known.get(pseudonym) ?? this.#add(pseudonym)
    if (client.holds === 0) this.#idle.delete(client)
    client.holds += 1
    return client
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
    for (const { idleSince } of this.#idle) {
      if (idleSince + fillMs > now) return
      this.#forgetFirst()
    }
  }

  #add(pseudonym: string): Client {
    const client: Client = {
      ...newBuckets(pseudonym),
      holds: 0,
      connections: 0,
      handshakes: new Set(),
      idleSince: 0,
    }
    this.#known.set(pseudonym, client)
    return client
  }

  #forgetFirst(): void {
    for (const client of this.#idle) {
      this.#idle.delete(client)
      this.#known.delete(client.pseudonym)
      return
    }
  }
}
