import type { KeyAlgorithm, SignAlgorithm } from './provider.ts'

export const TAG_BYTES = 16
export const NONCE_BYTES = 24
export const SECRET_BYTES = 32

/** Raw private and public keys have the same length in each algorithm. */
export const keyBytes: Readonly<Record<KeyAlgorithm, number>> = {
  X25519: 32,
  Ed25519: 32,
  Ed448: 57,
}

export const signatureBytes: Readonly<Record<SignAlgorithm, number>> = { Ed25519: 64, Ed448: 114 }
