import { hsalsa } from '@noble/ciphers/salsa.js'
import { type Bytes, utf8Bytes } from '../protocol/bytes.ts'
import { SECRET_BYTES } from './sizes.ts'

const sigma = new Uint32Array(utf8Bytes('expand 32-byte k').slice().buffer)
const zeroInput = new Uint32Array(4)
const secretWords = new Uint32Array(SECRET_BYTES / 4)
const secretBytes = new Uint8Array(secretWords.buffer)
const keyWords = new Uint32Array(SECRET_BYTES / 4)
const keyBytes = new Uint8Array(keyWords.buffer)

/**
 * HSalsa20(secret, 0): the XSalsa20-Poly1305 key of every box in SMP, symmetric ones too. Good
 * until the next call: a new array handed to libsodium costs 0.4 us (2026-11).
 */
export const boxKeyOf = (secret: Bytes): Bytes => {
  if (secret.length !== SECRET_BYTES) throw new RangeError('a box secret has 32 bytes')
  secretBytes.set(secret)
  hsalsa(sigma, secretWords, zeroInput, keyWords)
  return keyBytes
}
