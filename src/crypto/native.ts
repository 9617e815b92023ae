/** The relay's provider: libsodium, and OpenSSL where libsodium has nothing or is slower. */
import { createHash, hash, timingSafeEqual } from 'node:crypto'
import { type Bytes, concatBytes } from '../protocol/bytes.ts'
import type { PublicKey } from '../protocol/keys.ts'
import { boxKeyOf } from './box-key.ts'
import { ed448PublicKey, ed448Sign, ed448Verify } from './native-ed448.ts'
import { hkdfSha512 } from './native-hkdf.ts'
import type {
  CryptoProvider,
  KeyAlgorithm,
  KeyPair,
  PrivateKey,
  SignAlgorithm,
} from './provider.ts'
import { keyBytes, NONCE_BYTES, signatureBytes, TAG_BYTES } from './sizes.ts'
import { sodium } from './sodium.ts'

// sha512 of 64 bytes: sodium 0.4 us, OpenSSL 1.0; equal at 1.5 KB; of 16 KB: 26 and 17 (2026-11)
const SMALL_BYTES = 1536

/** OpenSSL's answers as plain bytes: `slice` of a Buffer would share its memory. */
const plain = (buffer: Buffer): Bytes =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** Memory of its own that is about to be written in full: zeroing 16 KB costs 0.6 us (2026-11). */
const unset = (length: number): Bytes => plain(Buffer.allocUnsafeSlow(length))

// each call of the system costs 0.4 us, and a message id has 24 bytes (2026-11)
const randomPool = new Uint8Array(4096)
let randomLeft = 0

/** What is taken is overwritten. */
const randomBytes = (length: number): Bytes => {
  const bytes = new Uint8Array(length)
  if (length > NONCE_BYTES) {
    sodium.randombytes_buf(bytes)
    return bytes
  }
  if (randomLeft < length) {
    sodium.randombytes_buf(randomPool)
    randomLeft = randomPool.length
  }
  const part = randomPool.subarray(randomLeft - length, randomLeft)
  bytes.set(part)
  part.fill(0)
  randomLeft -= length
  return bytes
}

const sha512 = (...parts: readonly Bytes[]): Bytes => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const [first] = parts
  if (length > SMALL_BYTES) {
    if (first !== undefined && parts.length === 1) return plain(hash('sha512', first, 'buffer'))
    const hasher = createHash('sha512')
    for (const part of parts) hasher.update(part)
    return plain(hasher.digest())
  }
  const digest = new Uint8Array(64)
  const whole = first !== undefined && parts.length === 1 ? first : concatBytes(...parts)
  sodium.crypto_hash_sha512(digest, whole)
  return digest
}

// Expanding a seed costs as much as a signature
const expandedKeys = new WeakMap<PrivateKey, Bytes>()

const expandSeed = (seed: Bytes) => {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { publicKey, secretKey }
}

const ed25519Sign = (privateKey: PrivateKey<SignAlgorithm>, message: Bytes): Bytes => {
  const secretKey = expandedKeys.get(privateKey) ?? expandSeed(privateKey.raw).secretKey
  expandedKeys.set(privateKey, secretKey)
  const signature = new Uint8Array(signatureBytes.Ed25519)
  sodium.crypto_sign_detached(signature, message, secretKey)
  return signature
}

const publicKeyOf = ({ algorithm, raw }: PrivateKey): Bytes => {
  if (raw.length !== keyBytes[algorithm]) throw new RangeError(`not a raw ${algorithm} key`)
  if (algorithm === 'Ed448') return ed448PublicKey(raw)
  if (algorithm === 'Ed25519') return expandSeed(raw).publicKey
  const publicKey = new Uint8Array(keyBytes.X25519)
  sodium.crypto_scalarmult_base(publicKey, raw)
  return publicKey
}

const keyPairOf = <A extends KeyAlgorithm>(privateKey: PrivateKey<A>): KeyPair<A> => ({
  publicKey: { algorithm: privateKey.algorithm, raw: publicKeyOf(privateKey) },
  privateKey,
})

const x25519 = (privateKey: PrivateKey<'X25519'>, publicKey: Bytes): Bytes | undefined => {
  if (privateKey.raw.length !== keyBytes.X25519) throw new RangeError('not a raw X25519 key')
  if (publicKey.length !== keyBytes.X25519) return undefined
  const secret = new Uint8Array(keyBytes.X25519)
  try {
    sodium.crypto_scalarmult(secret, privateKey.raw, publicKey)
  } catch {
    return undefined // the only failure left: a point of low order
  }
  return secret
}

const verify = ({ algorithm, raw }: PublicKey, message: Bytes, signature: Bytes): boolean => {
  if (algorithm !== 'Ed25519' && algorithm !== 'Ed448') return false
  if (raw.length !== keyBytes[algorithm]) return false
  if (signature.length !== signatureBytes[algorithm]) return false
  if (algorithm === 'Ed448') return ed448Verify(raw, message, signature)
  return sodium.crypto_sign_verify_detached(signature, message, raw)
}

const box: CryptoProvider['box'] = (secret, nonce, message, target) => {
  const boxed = target ?? unset(TAG_BYTES + message.length)
  sodium.crypto_secretbox_easy(boxed, message, nonce, boxKeyOf(secret))
  return boxed
}

const openBox: CryptoProvider['openBox'] = (secret, nonce, boxed, target) => {
  const key = boxKeyOf(secret)
  if (nonce.length !== NONCE_BYTES) throw new RangeError('a box nonce has 24 bytes')
  if (boxed.length < TAG_BYTES) return undefined
  const message = target ?? unset(boxed.length - TAG_BYTES)
  return sodium.crypto_secretbox_open_easy(message, boxed, nonce, key) ? message : undefined
}

export const nativeCrypto: CryptoProvider = {
  name: 'native',
  randomBytes,
  sha256: (message) => plain(hash('sha256', message, 'buffer')),
  sha512,
  sha3_256: (message) => plain(hash('sha3-256', message, 'buffer')),
  sha3_384: (message) => plain(hash('sha3-384', message, 'buffer')),
  keyedHash: (key, message, length) => {
    const digest = new Uint8Array(length)
    sodium.crypto_generichash(digest, message, key)
    return digest
  },
  hkdfSha512,
  generateKeyPair: (algorithm) => keyPairOf({ algorithm, raw: randomBytes(keyBytes[algorithm]) }),
  keyPairOf,
  x25519,
  sign: (privateKey, message) =>
    privateKey.algorithm === 'Ed448'
      ? ed448Sign(privateKey.raw, message)
      : ed25519Sign(privateKey, message),
  verify,
  box,
  openBox,
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}
