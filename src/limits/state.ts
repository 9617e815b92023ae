/** What all connections of a pod share: numbers, buckets, and who holds how much. */
import type { BlockList } from 'node:net'
import { latin1Text } from '../protocol/bytes.ts'
import { type Client, ClientTable } from './clients.ts'
import { Handshakes } from './handshakes.ts'
import { isListed, listOf, networkOf } from './network.ts'
import type { LimitNumbers } from './numbers.ts'
import { Rates } from './rates.ts'
import { LimitStatistics } from './statistics.ts'
import { StoredBytes, type StoredBytesOptions } from './stored-bytes.ts'

const PSEUDONYM_BYTES = 16

export interface StateOptions extends StoredBytesOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** 32 bytes: addresses are remembered as hashes under it. */
  readonly secret: Uint8Array
  readonly isShared: boolean
  keyedHash(key: Uint8Array, message: Uint8Array, length: number): Uint8Array
}

export class State {
  readonly statistics = new LimitStatistics()
  readonly rates: Rates
  readonly handshakes: Handshakes
  readonly clients = new ClientTable()
  readonly stored: StoredBytes
  /** All whose address is not known; no limit by address concerns it. */
  readonly nobody: Client = this.clients.take('nobody')
  /** Open now, of those that limits concern. */
  connections = 0
  readonly #options: StateOptions
  #numbers: LimitNumbers
  #exempt: BlockList | undefined

  constructor(numbers: LimitNumbers, options: StateOptions) {
    this.#options = options
    this.#numbers = numbers
    this.rates = new Rates(numbers, { ...options, statistics: this.statistics })
    this.handshakes = new Handshakes(numbers, this.statistics)
    this.stored = new StoredBytes(numbers.limitStoredBytes, options)
    this.#exempt = numbers.limitExempt && listOf(numbers.limitExempt)
  }

  get numbers(): LimitNumbers {
    return this.#numbers
  }

  get now(): number {
    return this.#options.now()
  }

  configure(numbers: LimitNumbers): void {
    this.#numbers = numbers
    this.rates.configure(numbers)
    this.handshakes.configure(numbers)
    this.stored.configure(numbers.limitStoredBytes)
    this.#exempt = numbers.limitExempt && listOf(numbers.limitExempt)
  }

  isExempt(address: string | undefined): boolean {
    return address !== undefined && this.#exempt !== undefined && isListed(this.#exempt, address)
  }

  /** Who is at the address, to be left with `leave`. */
  take(address: string | undefined): Client {
    const network = address === undefined ? undefined : networkOf(address)
    if (network === undefined) return this.clients.take(this.nobody.pseudonym)
    const { keyedHash, secret } = this.#options
    return this.clients.take(latin1Text(keyedHash(secret, network, PSEUDONYM_BYTES)))
  }

  leave(client: Client): void {
    this.clients.leave(client, this.now)
  }

  /** Undefined for those without an address, whom limits by address do not concern. */
  known(client: Client): Client | undefined {
    return client === this.nobody ? undefined : client
  }
}
