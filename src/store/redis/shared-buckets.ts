/**
 * Buckets of limits that the pods of a cluster share. Their names are hashes under a key that is
 * derived from the cluster key and another one each day; they say nothing and live for minutes.
 */
import type { CryptoProvider } from '../../crypto/provider.ts'
import { type Bytes, concatBytes, latin1Bytes } from '../../protocol/bytes.ts'
import { bareBase64url } from '../../protocol/text.ts'
import { numberOf, parseAnswer } from './answer.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import type { Servers } from './connection/servers.ts'
import type { Keys } from './keys.ts'
import { scripts } from './scripts.ts'

const MS_OF_DAY = 86_400_000
const NAME_BYTES = 16
/** A bucket that lacks more is taken to lack this. */
export const LONGEST_MS = 600_000
/** A call is for one slot of a Redis Cluster: few of them, and none that all buckets lie in. */
const SPREAD = 16
const BUCKETS_AT_ONCE = 256

export interface BucketsOptions {
  readonly servers: Servers
  readonly crypto: CryptoProvider
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  readonly now: () => number
}

/** What was taken from a bucket, in the time that brings it back. */
export interface Taken {
  readonly pseudonym: string
  readonly kind: number
  readonly takenMs: number
}

interface Named {
  readonly key: string
  readonly takenMs: number
  readonly index: number
}

export class RedisBuckets {
  /** What pods make their pseudonyms of clients with; never the names in Redis themselves. */
  readonly secret: Bytes
  readonly #options: BucketsOptions
  readonly #tags: readonly string[]
  #day: { readonly number: number; readonly secret: Bytes } | undefined

  constructor(options: BucketsOptions) {
    const { clusterKeys, keys } = options
    this.#options = options
    this.secret = clusterKeys.secretFor('clients')
    const step = Math.max(1, keys.tags.length / SPREAD)
    this.#tags = keys.tags.filter((_, index) => index % step === 0)
  }

  /** @throws as `Servers.call`: then nobody knows what was added */
  async add(list: readonly Taken[]): Promise<readonly number[]> {
    const missing = new Array<number>(list.length).fill(0)
    const named = list.map((one, index) => this.#named(one, index))
    const groups = Map.groupBy(named, ({ key }) => this.#options.keys.tagOfKey(key))
    await Promise.all([...groups.values()].map((group) => this.#addGroup(group, missing)))
    return missing
  }

  async #addGroup(group: readonly Named[], missing: number[]): Promise<void> {
    for (let at = 0; at < group.length; at += BUCKETS_AT_ONCE) {
      const some = group.slice(at, at + BUCKETS_AT_ONCE)
      const [first, ...others] = some.map(({ key }) => key)
      if (first === undefined) return
      const args = [LONGEST_MS, ...some.map(({ takenMs }) => takenMs)]
      const keys = [first, ...others] as const
      const answer = await scripts.addUsage.run(this.#options.servers, keys, { args })
      const { rest } = parseAnswer(answer)
      some.forEach(({ index }, i) => {
        missing[index] = numberOf(rest[i])
      })
    }
  }

  #named({ pseudonym, kind, takenMs }: Taken, index: number): Named {
    const { crypto, keys } = this.#options
    const message = concatBytes(Uint8Array.of(kind), latin1Bytes(pseudonym))
    const hash = crypto.keyedHash(this.#secretOfToday(), message, NAME_BYTES)
    const tag = this.#tags[(hash[0] ?? 0) % this.#tags.length] ?? ''
    return { key: keys.bucket(tag, bareBase64url(hash)), takenMs, index }
  }

  #secretOfToday(): Bytes {
    const { clusterKeys, now } = this.#options
    const number = Math.floor(now() / MS_OF_DAY)
    if (number !== this.#day?.number)
      this.#day = { number, secret: clusterKeys.secretFor(`buckets ${number}`) }
    return this.#day.secret
  }
}
