/** From the claims of a block to commands that may run: queues loaded, credentials verified. */
import type { CryptoProvider } from '../crypto/provider.ts'
import { errInternal } from '../protocol/reply.ts'
import type { QueueRecord, QueueStore } from '../store/store.ts'
import {
  type Authorized,
  type Claimed,
  isRefused,
  loadQueues,
  type Refused,
  type SessionBinding,
  verifyClaim,
} from './authorize.ts'
import { Turn } from './turn.ts'

/** Keys tried, 40 to 190 us each, before other connections have their turn. */
const CHECKED_KEYS = 32

type Queues = ReadonlyMap<Claimed, QueueRecord | undefined>

export interface AdmissionOptions {
  readonly store: QueueStore
  readonly crypto: CryptoProvider
  readonly binding: SessionBinding
  readonly onFault: (error: unknown, during: string) => void
}

/** What the verification of a claim costs: a queue may have 255 recipient keys, all to be tried. */
const keyCount = (claim: Claimed, queues: Queues): number =>
  claim.party === 'recipient' ? (queues.get(claim)?.recipientKeys.length ?? 1) : 1

export class Admission {
  readonly #options: AdmissionOptions
  readonly #turn = new Turn(CHECKED_KEYS)

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** In the order of the claims. A store that fails refuses what needs it. */
  async authorize(
    claims: readonly (Claimed | Refused)[],
  ): Promise<readonly (Authorized | Refused)[]> {
    const inForm = claims.filter((claim): claim is Claimed => !isRefused(claim))
    try {
      const verified = await this.#verify(inForm)
      return claims.map((claim) => {
        if (isRefused(claim)) return claim
        return verified.get(claim) ?? { ...claim, refusal: errInternal }
      })
    } catch (error) {
      this.#options.onFault(error, 'load')
      return claims.map((claim) => {
        if (isRefused(claim)) return claim
        return claim.party === undefined
          ? this.#check(claim, undefined)
          : { ...claim, refusal: errInternal }
      })
    }
  }

  async #verify(claims: readonly Claimed[]): Promise<ReadonlyMap<Claimed, Authorized | Refused>> {
    const { store } = this.#options
    const queues = await loadQueues(store, claims)
    const verified = new Map<Claimed, Authorized | Refused>()
    for (const claim of claims) {
      if (this.#turn.isOver) await this.#turn.next()
      verified.set(claim, this.#check(claim, queues.get(claim)))
      this.#turn.count(keyCount(claim, queues))
    }
    await this.#verifyAgain(verified, queues)
    return verified
  }

  /**
   * A refusal has to rest on the record as it is stored: the one that was loaded may be of the
   * past. Asked for missing queues too: the same work whether or not a queue exists.
   */
  async #verifyAgain(verified: Map<Claimed, Authorized | Refused>, queues: Queues): Promise<void> {
    const refused = [...verified]
      .filter(([claim, result]) => claim.party !== undefined && isRefused(result))
      .map(([claim]) => claim)
    if (refused.length === 0) return
    const fresh = await loadQueues(this.#options.store, refused, { fresh: true })
    for (const claim of refused)
      if (fresh.get(claim)?.revision !== queues.get(claim)?.revision)
        verified.set(claim, this.#check(claim, fresh.get(claim)))
  }

  #check(claim: Claimed, queue: QueueRecord | undefined): Authorized | Refused {
    return verifyClaim(this.#options.crypto, claim, this.#options.binding, queue)
  }
}
