/**
 * Handshakes under way, which cost a stranger nothing to begin. When there are too many, a place is
 * taken from the client that has most of them, so that nobody is kept out by somebody else.
 */
import type { Link } from './chain.ts'
import type { Client } from './clients.ts'
import type { LimitStatistics } from './statistics.ts'

/**
 * A handshake that takes longer than this waits for its client, not for the relay. Among clients
 * that hold equally much only such a one is dropped: dropping others would undo the work of a relay
 * that many reach at once, after a restart of its neighbour.
 */
export const SLOW_MS = 3_000

/** In the chain of its client until it ends. */
export interface Handshake extends Link<Handshake> {
  readonly client: Client
  readonly beganAt: number
  readonly drop: () => void
  hasEnded: boolean
}

export interface HandshakeNumbers {
  readonly limitHandshakes: number
  readonly limitHandshakesPerAddress: number
}

export class Handshakes {
  readonly #statistics: LimitStatistics
  #numbers: HandshakeNumbers
  #size = 0
  /** Clients by how many they have under way; in each set those first who came to it first. */
  readonly #byCount: Set<Client>[] = []
  #most = 0

  constructor(numbers: HandshakeNumbers, statistics: LimitStatistics) {
    this.#numbers = numbers
    this.#statistics = statistics
  }

  get size(): number {
    return this.#size
  }

  configure(numbers: HandshakeNumbers): void {
    this.#numbers = numbers
  }

  /**
   * `drop` is called when its place is taken; it has ended then. Undefined when there is no place.
   * Those without an address are one client.
   */
  begin(client: Client, now: number, drop: () => void): Handshake | undefined {
    if (!this.#makeRoom(client, now)) return undefined
    const handshake: Handshake = {
      ...{ client, beganAt: now, drop, hasEnded: false },
      ...{ older: undefined, newer: undefined },
    }
    this.#move(client, () => client.handshakes.add(handshake))
    this.#size += 1
    return handshake
  }

  /** Without effect for one that has ended. */
  end(handshake: Handshake): void {
    const { client } = handshake
    if (handshake.hasEnded) return
    handshake.hasEnded = true
    this.#move(client, () => client.handshakes.remove(handshake))
    this.#size -= 1
  }

  #makeRoom(client: Client, now: number): boolean {
    const { limitHandshakes, limitHandshakesPerAddress } = this.#numbers
    const own = client.handshakes.size
    const isOver = limitHandshakesPerAddress > 0 && own >= limitHandshakesPerAddress
    if (!isOver && (limitHandshakes === 0 || this.#size < limitHandshakes)) return true
    // one of the two ends, the old or the new
    this.#statistics.refusals[isOver ? 'handshakesPerAddress' : 'handshakes'] += 1
    if (isOver) return this.#dropOldest(client, now, SLOW_MS)
    const [holder = client] = this.#byCount[this.#most] ?? []
    return this.#dropOldest(holder, now, own + 1 < this.#most ? 0 : SLOW_MS)
  }

  /** Whether there was one that old. */
  #dropOldest(client: Client, now: number, leastMs: number): boolean {
    const oldest = client.handshakes.first
    if (oldest === undefined || now - oldest.beganAt < leastMs) return false
    this.end(oldest)
    oldest.drop()
    return true
  }

  #move(client: Client, change: () => void): void {
    this.#byCount[client.handshakes.size]?.delete(client)
    change()
    const count = client.handshakes.size
    if (count > 0) {
      this.#byCount[count] ??= new Set()
      this.#byCount[count].add(client)
    }
    // counts change by one, so the next lower set is never far
    if (count > this.#most) this.#most = count
    while (this.#most > 0 && this.#byCount[this.#most]?.size === 0) this.#most -= 1
  }
}
