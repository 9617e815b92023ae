import binding from 'sodium-native'
import type { Bytes } from '../protocol/bytes.ts'

/** The part of libsodium in use. The published types ask for a Buffer, the binding takes any bytes. */
export interface Sodium {
  randombytes_buf(output: Bytes): void
  crypto_hash_sha512(output: Bytes, message: Bytes): void
  crypto_generichash(output: Bytes, message: Bytes, key?: Bytes): void
  crypto_scalarmult(output: Bytes, scalar: Bytes, point: Bytes): void
  crypto_scalarmult_base(output: Bytes, scalar: Bytes): void
  crypto_sign_seed_keypair(publicKey: Bytes, secretKey: Bytes, seed: Bytes): void
  crypto_sign_detached(signature: Bytes, message: Bytes, secretKey: Bytes): void
  crypto_sign_verify_detached(signature: Bytes, message: Bytes, publicKey: Bytes): boolean
  crypto_secretbox_easy(output: Bytes, message: Bytes, nonce: Bytes, key: Bytes): void
  crypto_secretbox_open_easy(output: Bytes, boxed: Bytes, nonce: Bytes, key: Bytes): boolean
}

export const sodium: Sodium = binding
