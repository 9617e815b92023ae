/** What one session's key and the keys of its queues agree on: 31 us each, made once (2026-11). */
import { type Bytes, latin1Text } from '../protocol/bytes.ts'

/** About 320 bytes each: 20 KB for a connection that sends to so many queues in turn. */
const DEFAULT_CAPACITY = 64

/** The secrets used last, of one connection; overwritten when they are forgotten. */
export class RememberedSecrets {
  readonly #capacity: number
  /** By the queue's public key; the oldest use first. Most connections need none. */
  #secrets: Map<string, Bytes> | undefined

  constructor(capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#secrets?.size ?? 0
  }

  /** Of a raw public key; good until the next `remember`. */
  recall(publicKey: Bytes): Bytes | undefined {
    if (this.#secrets === undefined) return undefined
    const name = latin1Text(publicKey)
    const secret = this.#secrets.get(name)
    if (secret === undefined) return undefined
    this.#secrets.delete(name)
    this.#secrets.set(name, secret)
    return secret
  }

  /** Takes the secret over. */
  remember(publicKey: Bytes, secret: Bytes): void {
    this.#secrets ??= new Map()
    this.#secrets.set(latin1Text(publicKey), secret)
    if (this.#secrets.size <= this.#capacity) return
    for (const [name, oldest] of this.#secrets) {
      oldest.fill(0)
      this.#secrets.delete(name)
      break
    }
  }

  forget(): void {
    for (const secret of this.#secrets?.values() ?? []) secret.fill(0)
    this.#secrets = undefined
  }
}
