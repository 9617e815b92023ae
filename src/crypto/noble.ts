/** The provider for browsers and for platforms without a native build; no node imports here. */
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { ed448 } from '@noble/curves/ed448.js'
import { x25519 as curve25519, ed25519 } from '@noble/curves/ed25519.js'
import { blake2b } from '@noble/hashes/blake2.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256, sha3_384 } from '@noble/hashes/sha3.js'
import { randomBytes } from '@noble/hashes/utils.js'
import type { Bytes } from '../protocol/bytes.ts'
import type { PublicKey } from '../protocol/keys.ts'
import { boxKeyOf } from './box-key.ts'
import type {
  CryptoProvider,
  KeyAlgorithm,
  KeyPair,
  PrivateKey,
  SignAlgorithm,
} from './provider.ts'
import { keyBytes, NONCE_BYTES, signatureBytes, TAG_BYTES } from './sizes.ts'

const curves = { X25519: curve25519, Ed25519: ed25519, Ed448: ed448 } as const

const sha512Of = (...parts: readonly Bytes[]): Bytes => {
  const hasher = sha512.create()
  for (const part of parts) hasher.update(part)
  return hasher.digest()
}

const keyPairOf = <A extends KeyAlgorithm>(privateKey: PrivateKey<A>): KeyPair<A> => {
  const algorithm: KeyAlgorithm = privateKey.algorithm
  if (privateKey.raw.length !== keyBytes[algorithm])
    throw new RangeError(`not a raw ${algorithm} key`)
  const raw = curves[algorithm].getPublicKey(privateKey.raw)
  return { publicKey: { algorithm: privateKey.algorithm, raw }, privateKey }
}

const x25519 = (privateKey: PrivateKey<'X25519'>, publicKey: Bytes): Bytes | undefined => {
  if (privateKey.raw.length !== keyBytes.X25519) throw new RangeError('not a raw X25519 key')
  if (publicKey.length !== keyBytes.X25519) return undefined
  try {
    return curve25519.getSharedSecret(privateKey.raw, publicKey)
  } catch {
    return undefined // the only failure left: a point of low order
  }
}

const sign = ({ algorithm, raw }: PrivateKey<SignAlgorithm>, message: Bytes): Bytes =>
  curves[algorithm].sign(message, raw)

const verify = ({ algorithm, raw }: PublicKey, message: Bytes, signature: Bytes): boolean => {
  if (algorithm !== 'Ed25519' && algorithm !== 'Ed448') return false
  if (raw.length !== keyBytes[algorithm]) return false
  if (signature.length !== signatureBytes[algorithm]) return false
  // the strict rule of RFC 8032, as libsodium and OpenSSL
  return curves[algorithm].verify(signature, message, raw, { zip215: false })
}

const put = (bytes: Bytes, target: Bytes | undefined): Bytes => {
  target?.set(bytes)
  return target ?? bytes
}

const box: CryptoProvider['box'] = (secret, nonce, message, target) =>
  put(xsalsa20poly1305(boxKeyOf(secret), nonce).encrypt(message), target)

const openBox: CryptoProvider['openBox'] = (secret, nonce, boxed, target) => {
  const key = boxKeyOf(secret)
  if (nonce.length !== NONCE_BYTES) throw new RangeError('a box nonce has 24 bytes')
  if (boxed.length < TAG_BYTES) return undefined
  try {
    return put(xsalsa20poly1305(key, nonce).decrypt(boxed), target)
  } catch {
    return undefined // the only failure left: the tag
  }
}

const equal = (a: Bytes, b: Bytes): boolean => {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

export const nobleCrypto: CryptoProvider = {
  name: 'noble',
  randomBytes,
  sha256,
  sha512: sha512Of,
  sha3_256,
  sha3_384,
  keyedHash: (key, message, length) => blake2b(message, { key, dkLen: length }),
  hkdfSha512: ({ salt, ikm, info, length }) => hkdf(sha512, ikm, salt, info, length),
  generateKeyPair: (algorithm) => keyPairOf({ algorithm, raw: randomBytes(keyBytes[algorithm]) }),
  keyPairOf,
  x25519,
  sign,
  verify,
  box,
  openBox,
  equal,
}
