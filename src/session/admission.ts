/** From the claims of a block to commands that may run: queues loaded, credentials verified. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Lookup, QueueStore } from '../store/store.ts'
import {
  type Authorized,
  type Claimed,
  type Faulty,
  isFaulty,
  isRefused,
  loadQueues,
  type Refused,
} from './authorize.ts'
import { Turn } from './turn.ts'
import { verifyFound } from './verify.ts'

/** Keys tried, 40 to 190 us each, before other connections have their turn. */
const CHECKED_KEYS = 32

type Queues = ReadonlyMap<Claimed, Lookup>
type Verified = Authorized | Refused | Faulty

export interface AdmissionOptions {
  readonly store: QueueStore
  readonly crypto: CryptoProvider
  readonly onFault: (error: unknown, during: string) => void
}

/** What the verification of a claim costs: a queue may have 255 recipient keys, all to be tried. */
const keyCount = ({ party }: Claimed, found: Lookup | undefined): number =>
  party === 'recipient' && found?.outcome === 'found' ? found.queue.recipientKeys.length : 1

export class Admission {
  readonly #options: AdmissionOptions
  readonly #turn = new Turn(CHECKED_KEYS)

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** In the order of the claims. */
  async authorize(claims: readonly (Claimed | Refused)[]): Promise<readonly Verified[]> {
    const inForm = claims.filter((claim): claim is Claimed => !isRefused(claim))
    const verified = await this.#verify(inForm)
    this.#tellFault(verified.values())
    return claims.map((claim) => {
      if (isRefused(claim)) return claim
      return verified.get(claim) ?? { ...claim, fault: new Error('not verified') }
    })
  }

  async #verify(claims: readonly Claimed[]): Promise<ReadonlyMap<Claimed, Verified>> {
    const queues = await this.#load(claims)
    const verified = new Map<Claimed, Verified>()
    for (const claim of claims) {
      const found = queues.get(claim)
      if (this.#turn.isOver) await this.#turn.next()
      verified.set(claim, this.#check(claim, found))
      this.#turn.count(keyCount(claim, found))
    }
    await this.#verifyAgain(verified, queues)
    return verified
  }

  /**
   * A refusal has to rest on the record as it is stored, and what was loaded may be of the past. Each
   * refused id has then been read once, whether or not there is a queue. Queues that were blocked
   * or suspended are among them: their commands may be refused later, without a call of the store.
   */
  async #verifyAgain(verified: Map<Claimed, Verified>, queues: Queues): Promise<void> {
    const doubtful = [...verified].filter(
      ([claim, result]) =>
        isOld(queues.get(claim)) && (isRefused(result) || !isActive(queues.get(claim))),
    )
    if (doubtful.length === 0) return
    const refused = doubtful.map(([claim]) => claim)
    const fresh = await this.#load(refused, { fresh: true })
    for (const claim of refused)
      if (revisionOf(fresh.get(claim)) !== revisionOf(queues.get(claim)))
        verified.set(claim, this.#check(claim, fresh.get(claim)))
  }

  /** A store that fails as a whole fails for each of them. */
  async #load(claims: readonly Claimed[], options?: { readonly fresh?: boolean }): Promise<Queues> {
    try {
      return await loadQueues(this.#options.store, claims, options)
    } catch (cause) {
      const failed: Lookup = { outcome: 'failed', cause }
      return new Map(claims.filter(({ party }) => party).map((claim) => [claim, failed]))
    }
  }

  #check(claim: Claimed, found: Lookup | undefined): Verified {
    return verifyFound(this.#options.crypto, claim, found)
  }

  /** Once for a block: what is wrong with one is wrong with all. */
  #tellFault(results: Iterable<Verified>): void {
    for (const result of results)
      if (isFaulty(result)) {
        this.#options.onFault(result.fault, 'load')
        return
      }
  }
}

const isOld = (found: Lookup | undefined): boolean => found?.outcome === 'found' && !found.isFresh

const isActive = (found: Lookup | undefined): boolean =>
  found?.outcome === 'found' && found.queue.status.state === 'active'

/** A failure has none, and differs from everything found. */
const revisionOf = (found: Lookup | undefined): number | undefined =>
  found?.outcome === 'found' ? found.queue.revision : found?.outcome === 'failed' ? -1 : undefined
