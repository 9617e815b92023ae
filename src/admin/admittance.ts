/**
 * Who may use the admin API: those who show its token. Wrong tokens from one address are counted,
 * for seconds and in memory only; while they are too many nothing from there is looked at.
 */
import type { CryptoProvider } from '../crypto/provider.ts'
import { utf8Bytes } from '../protocol/bytes.ts'

/** At once; one more is forgiven each second. */
const FAILURES = 10
const FORGIVEN_MS = 1000
/** Those beyond share one count. */
const MAX_ADDRESSES = 1024
const SECRET_BYTES = 32

export type Admitted = 'yes' | 'no' | 'too-many'

/** Whoever has an IPv6 address has all of its network. */
const neighbourhood = (address: string): string =>
  address.includes(':') && !address.startsWith('::ffff:')
    ? address.split(':', 4).join(':')
    : address

export class Admittance {
  readonly #crypto: CryptoProvider
  readonly #now: () => number
  readonly #secret: Uint8Array
  readonly #expected: Uint8Array
  /** When the last of an address' failures is forgiven. */
  readonly #clearAt = new Map<string, number>()

  /** @param now milliseconds of a clock that never goes back */
  constructor(token: string, crypto: CryptoProvider, now: () => number) {
    this.#crypto = crypto
    this.#now = now
    this.#secret = crypto.randomBytes(SECRET_BYTES)
    this.#expected = this.#hash(token)
  }

  admit(authorization: string | undefined, address = ''): Admitted {
    const from = neighbourhood(address)
    const clearAt = this.#clearAt.get(this.#nameOf(from)) ?? 0
    if (clearAt - this.#now() > (FAILURES - 1) * FORGIVEN_MS) return 'too-many'
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    // nothing was guessed
    if (token === undefined) return 'no'
    if (this.#crypto.equal(this.#hash(token), this.#expected)) return 'yes'
    this.#count(from)
    return 'no'
  }

  /** Hashed, so that the comparison tells nothing of the length either. */
  #hash(token: string): Uint8Array {
    return this.#crypto.keyedHash(this.#secret, utf8Bytes(token), SECRET_BYTES)
  }

  #count(from: string): void {
    const now = this.#now()
    for (const [one, clearAt] of this.#clearAt) if (clearAt <= now) this.#clearAt.delete(one)
    const name = this.#nameOf(from)
    this.#clearAt.set(name, Math.max(this.#clearAt.get(name) ?? 0, now) + FORGIVEN_MS)
  }

  #nameOf(from: string): string {
    return this.#clearAt.has(from) || this.#clearAt.size < MAX_ADDRESSES ? from : ''
  }
}
