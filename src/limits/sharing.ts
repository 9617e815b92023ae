/** Buckets that the pods of a cluster share: each tells what it took and hears what is missing. */
import type { Buckets } from './clients.ts'
import { type RateKind, rateKinds } from './numbers.ts'
import { msPerToken } from './rate.ts'
import type { Rates } from './rates.ts'

export interface Usage {
  readonly pseudonym: string
  readonly kind: RateKind
  /** The time that brings back what was taken. */
  readonly takenMs: number
}

/** Where the pods meet. It learns nothing but these, and forgets them within minutes. */
export interface SharedBuckets {
  /** 32 bytes, the same for all pods: what pseudonyms are made with. */
  readonly secret: Uint8Array
  /** Ms until each of the buckets is full, in the order of `list`. */
  add(list: readonly Usage[]): Promise<readonly number[]>
}

export const SHARING_MS = 1_000
/** Who takes less than this part of its rate is not told of: most clients, where limits are sane. */
const LEAST_PART = 1 / 16

interface Told extends Usage {
  readonly buckets: Buckets
}

export class Sharing {
  readonly #rates: Rates
  readonly #shared: SharedBuckets
  #underWay: Promise<void> | undefined

  constructor(rates: Rates, shared: SharedBuckets) {
    this.#rates = rates
    this.#shared = shared
  }

  /** One exchange at a time: while Redis is away, each pod's own buckets hold. */
  exchange(): Promise<void> {
    this.#underWay ??= this.#exchange().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #exchange(): Promise<void> {
    const told = this.#rates.takeListed().flatMap((buckets) => this.#usageOf(buckets))
    if (told.length === 0) return
    try {
      const list = told.map(({ pseudonym, kind, takenMs }) => ({ pseudonym, kind, takenMs }))
      const missing = await this.#shared.add(list)
      told.forEach(({ buckets, kind }, index) => {
        this.#rates.learn(buckets, kind, missing[index] ?? 0)
      })
    } catch {
      // the store tells that Redis is away; it may have run or not, so it is not told again
    }
  }

  #usageOf(buckets: Buckets): readonly Told[] {
    return rateKinds.flatMap((kind): readonly Told[] => {
      const rate = this.#rates.rateOf(buckets, kind)
      const taken = buckets.unshared[kind] ?? 0
      buckets.unshared[kind] = 0
      if (rate === undefined || taken === 0) return []
      const takenMs = taken * msPerToken(rate)
      if (takenMs < SHARING_MS * LEAST_PART) return []
      return [{ pseudonym: buckets.pseudonym, kind, takenMs, buckets }]
    })
  }
}
