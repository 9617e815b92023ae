/**
 * What is in Redis says nothing without the cluster key: ids appear only as keyed hashes, records
 * and link data only sealed. Keys rotate: the newest makes new things, the older ones still open
 * and find what they made.
 */
import type { CryptoProvider } from '../../crypto/provider.ts'
import { type Bytes, concatBytes, noBytes, utf8Bytes } from '../../protocol/bytes.ts'
import { bareBase64url } from '../../protocol/text.ts'
import type { QueueParty } from '../store.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 24
/** Enough that two ids never meet: 2^64 ids for one chance in two. */
const BLIND_BYTES = 16
/** Which key sealed: the start of a hash of it. */
const KEY_ID_BYTES = 4

/** An id as it stands in key names: 22 characters of base64url. */
export type BlindId = string

/** What ids and hashes are of: equal ones of two kinds have different names. */
export type BlindKind = QueueParty | 'certificate'

const kindByte: { readonly [K in BlindKind]: number } = {
  recipient: 0x72,
  sender: 0x73,
  link: 0x6c,
  notifier: 0x6e,
  certificate: 0x76,
}

/** Apart from all ids. */
const FIXED_DATA = Uint8Array.of(0x66)

const PURPOSE = 0x70

interface DerivedKey {
  readonly keyId: Bytes
  readonly blind: Bytes
  readonly seal: Bytes
}

const derive = (crypto: CryptoProvider, clusterKey: Bytes): DerivedKey => {
  if (clusterKey.length !== KEY_BYTES) throw new RangeError('a cluster key has 32 bytes')
  const info = utf8Bytes('Sluice cluster key 1')
  const okm = crypto.hkdfSha512({ salt: noBytes, ikm: clusterKey, info, length: 96 })
  return {
    blind: okm.subarray(0, 32),
    seal: okm.subarray(32, 64),
    keyId: okm.subarray(64, 64 + KEY_ID_BYTES),
  }
}

export class ClusterKeys {
  readonly #crypto: CryptoProvider
  readonly #keys: readonly [DerivedKey, ...DerivedKey[]]

  /** `clusterKeys`: 32 bytes each, newest first. */
  constructor(crypto: CryptoProvider, [newest, ...older]: readonly [Bytes, ...Bytes[]]) {
    this.#crypto = crypto
    this.#keys = [derive(crypto, newest), ...older.map((key) => derive(crypto, key))]
  }

  /** By which keys are told apart; says nothing of them. The newest first. */
  get ids(): readonly string[] {
    return this.#keys.map(({ keyId }) => bareBase64url(keyId))
  }

  /** The name that a new thing gets. */
  blind(kind: BlindKind, id: Bytes): BlindId {
    return this.#blindWith(this.#keys[0], kind, id)
  }

  /** The names that a thing may have, the newest key's first. */
  blinds(kind: BlindKind, id: Bytes): readonly [BlindId, ...BlindId[]] {
    const [newest, ...older] = this.#keys
    const blind = (key: DerivedKey) => this.#blindWith(key, kind, id)
    return [blind(newest), ...older.map(blind)]
  }

  /** Tells whether two fixed parts of link data are the same without showing them; newest first. */
  fixedHashes(fixed: Bytes): readonly [string, ...string[]] {
    const [newest, ...older] = this.#keys
    const hash = (key: DerivedKey) =>
      bareBase64url(this.#crypto.keyedHash(key.blind, concatBytes(FIXED_DATA, fixed), BLIND_BYTES))
    return [hash(newest), ...older.map(hash)]
  }

  /** 32 bytes for one purpose, which say nothing of any other, under the newest key. */
  secretFor(purpose: string): Bytes {
    const message = concatBytes(Uint8Array.of(PURPOSE), utf8Bytes(purpose))
    return this.#crypto.keyedHash(this.#keys[0].blind, message, KEY_BYTES)
  }

  /** Key id, nonce and box: 44 bytes more than the plaintext. */
  seal(plaintext: Bytes): Bytes {
    const [{ keyId, seal }] = this.#keys
    const nonce = this.#crypto.randomBytes(NONCE_BYTES)
    return concatBytes(keyId, nonce, this.#crypto.box(seal, nonce, plaintext))
  }

  /** Undefined for what none of the keys sealed, or what was changed since. */
  open(sealed: Bytes): Bytes | undefined {
    const keyId = sealed.subarray(0, KEY_ID_BYTES)
    const key = this.#keys.find((one) => this.#crypto.equal(one.keyId, keyId))
    if (key === undefined) return undefined
    const nonce = sealed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES)
    if (nonce.length < NONCE_BYTES) return undefined
    return this.#crypto.openBox(key.seal, nonce, sealed.subarray(KEY_ID_BYTES + NONCE_BYTES))
  }

  #blindWith(key: DerivedKey, kind: BlindKind, id: Bytes): BlindId {
    const message = concatBytes(Uint8Array.of(kindByte[kind]), id)
    return bareBase64url(this.#crypto.keyedHash(key.blind, message, BLIND_BYTES))
  }
}
