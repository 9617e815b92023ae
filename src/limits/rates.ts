/** The rates of all clients together and of each. */
import { type Buckets, newBuckets } from './clients.ts'
import { addressRates, type LimitNumbers, type RateKind, totalRates } from './numbers.ts'
import { fullAfter, msPerToken, type Rate, waitMs } from './rate.ts'
import {
  addressRateNames,
  type LimitCounts,
  type LimitStatistics,
  totalRateNames,
} from './statistics.ts'

/** No token within the time that one is ready to wait. */
export const NEVER = Number.POSITIVE_INFINITY

export class Rates {
  readonly total = newBuckets('')
  readonly #statistics: LimitStatistics
  readonly #now: () => number
  /** Of which the other pods are told next; undefined where there are none. */
  #listed: Buckets[] | undefined
  #totals: readonly (Rate | undefined)[] = []
  #perAddress: readonly (Rate | undefined)[] = []
  #fillMs = 0

  constructor(numbers: LimitNumbers, { statistics, now, isShared }: RatesOptions) {
    this.#statistics = statistics
    this.#now = now
    if (isShared) this.#listed = []
    this.configure(numbers)
  }

  configure(numbers: LimitNumbers): void {
    this.#totals = totalRates(numbers)
    this.#perAddress = addressRates(numbers)
    const fills = this.#perAddress.map((rate) => (rate ? rate.burst * msPerToken(rate) : 0))
    this.#fillMs = Math.max(...fills)
  }

  /** Whether anything of the kind is limited. */
  isLimited(kind: RateKind): boolean {
    return this.#totals[kind] !== undefined || this.#perAddress[kind] !== undefined
  }

  /** In which every bucket of an address gets full. */
  get fillMs(): number {
    return this.#fillMs
  }

  rateOf(buckets: Buckets, kind: RateKind): Rate | undefined {
    return (buckets === this.total ? this.#totals : this.#perAddress)[kind]
  }

  /**
   * Takes a token, or the one that will be there within `patienceMs`.
   * @returns ms to wait for it; NEVER when nothing was taken
   */
  reserve(kind: RateKind, client: Buckets | undefined, patienceMs: number): number {
    const rate = this.#totals[kind]
    const own = client && this.#perAddress[kind]
    if (rate === undefined && own === undefined) return 0
    const now = this.#now()
    const forAll = rate === undefined ? 0 : waitMs(this.total.fullAt[kind] ?? 0, now, rate)
    const forOne = own === undefined ? 0 : waitMs(client?.fullAt[kind] ?? 0, now, own)
    const wait = Math.max(forOne, forAll)
    if (wait > 0) {
      const isOver = wait > patienceMs
      const counts = isOver ? this.#statistics.refusals : this.#statistics.delays
      this.#count(counts, kind, forOne >= forAll)
      if (isOver) return NEVER
    }
    if (rate !== undefined) this.#take(this.total, kind, now, rate)
    if (own !== undefined && client !== undefined) this.#take(client, kind, now, own)
    return wait
  }

  /** As `reserve` without patience, of the client's own bucket only. */
  reserveOwn(kind: RateKind, client: Buckets | undefined): number {
    const own = client && this.#perAddress[kind]
    if (own === undefined || client === undefined) return 0
    const now = this.#now()
    if (waitMs(client.fullAt[kind] ?? 0, now, own) > 0) {
      this.#count(this.#statistics.refusals, kind, true)
      return NEVER
    }
    this.#take(client, kind, now, own)
    return 0
  }

  /** Those from which tokens were taken since the last call. */
  takeListed(): readonly Buckets[] {
    const listed = this.#listed
    if (listed === undefined || listed.length === 0) return []
    this.#listed = []
    for (const buckets of listed) buckets.isListed = false
    return listed
  }

  /** `missingMs`: until the bucket is full, for all that the pods have told each other. */
  learn(buckets: Buckets, kind: RateKind, missingMs: number): void {
    const rate = this.rateOf(buckets, kind)
    if (rate === undefined) return
    const since = (buckets.unshared[kind] ?? 0) * msPerToken(rate)
    buckets.fullAt[kind] = Math.max(buckets.fullAt[kind] ?? 0, this.#now() + missingMs + since)
  }

  #take(buckets: Buckets, kind: RateKind, now: number, rate: Rate): void {
    buckets.fullAt[kind] = fullAfter(buckets.fullAt[kind] ?? 0, now, rate)
    if (this.#listed === undefined) return
    buckets.unshared[kind] = (buckets.unshared[kind] ?? 0) + 1
    if (buckets.isListed) return
    buckets.isListed = true
    this.#listed.push(buckets)
  }

  #count(counts: LimitCounts, kind: RateKind, isPerAddress: boolean): void {
    counts[(isPerAddress ? addressRateNames : totalRateNames)[kind]] += 1
  }
}

export interface RatesOptions {
  readonly statistics: LimitStatistics
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Whether other pods are to be told what is taken. */
  readonly isShared: boolean
}
