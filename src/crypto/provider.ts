/**
 * The cryptography SMP needs, and nothing else: every other file asks a provider.
 *
 * Two providers pass the same vectors: `native` (the relay's hot path) and `noble` (browsers,
 * platforms without a native build, and the cross-check in tests).
 */
import type { Bytes } from '../protocol/bytes.ts'
import type { PublicKey } from '../protocol/keys.ts'

export type DhAlgorithm = 'X25519'
export type SignAlgorithm = 'Ed25519' | 'Ed448'
export type KeyAlgorithm = DhAlgorithm | SignAlgorithm

/** Raw private key: the 32-byte scalar or seed of X25519 and Ed25519, the 57-byte seed of Ed448. */
export interface PrivateKey<A extends KeyAlgorithm = KeyAlgorithm> {
  readonly algorithm: A
  readonly raw: Bytes
}

export interface KeyPair<A extends KeyAlgorithm = KeyAlgorithm> {
  readonly publicKey: PublicKey & { readonly algorithm: A }
  readonly privateKey: PrivateKey<A>
}

export interface CryptoProvider {
  readonly name: 'native' | 'noble'
  randomBytes(length: number): Bytes
  sha256(message: Bytes): Bytes
  /** SHA-512 of the concatenated parts. */
  sha512(...parts: readonly Bytes[]): Bytes
  sha3_256(message: Bytes): Bytes
  sha3_384(message: Bytes): Bytes
  /** BLAKE2b with a key of 32 bytes (RFC 7693): `length` bytes, 16 to 64. */
  keyedHash(key: Bytes, message: Bytes, length: number): Bytes
  /** HKDF with HMAC-SHA512, RFC 5869; an empty salt is 64 zero bytes. */
  hkdfSha512(parameters: { salt: Bytes; ikm: Bytes; info: Bytes; length: number }): Bytes
  generateKeyPair<A extends KeyAlgorithm>(algorithm: A): KeyPair<A>
  /** The key pair of a raw private key. */
  keyPairOf<A extends KeyAlgorithm>(privateKey: PrivateKey<A>): KeyPair<A>
  /** Raw X25519 output, 32 bytes; undefined for a low-order public key (all-zero output). */
  x25519(privateKey: PrivateKey<'X25519'>, publicKey: Bytes): Bytes | undefined
  sign(privateKey: PrivateKey<SignAlgorithm>, message: Bytes): Bytes
  /** False for any signature that does not verify, whatever its length or the key's validity. */
  verify(publicKey: PublicKey, message: Bytes, signature: Bytes): boolean
  /**
   * SMP's one authenticated cipher (`cryptoBox`): XSalsa20-Poly1305 under HSalsa20(secret, 0);
   * 16-byte tag followed by the ciphertext. `secret` is 32 bytes: a raw X25519 output or a
   * symmetric key; `nonce` is 24 bytes. `target`: where to, 16 bytes longer than the message;
   * absent: memory of its own.
   */
  box(secret: Bytes, nonce: Bytes, message: Bytes, target?: Bytes): Bytes
  /**
   * Inverse of `box`; undefined when the tag does not match or the input is under 16 bytes.
   * `target` has 16 bytes less and may be the end of the box itself.
   */
  openBox(secret: Bytes, nonce: Bytes, boxed: Bytes, target?: Bytes): Bytes | undefined
  /** Constant-time equality of two byte strings of any length. */
  equal(a: Bytes, b: Bytes): boolean
}
