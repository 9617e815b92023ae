/**
 * Ed448 by OpenSSL. Public keys are imported each time (20 of 190 us): a cache would make the
 * dummy key of 5.5 faster than a queue's own, and so tell which queues exist.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { type Bytes, concatBytes } from '../protocol/bytes.ts'
import { decodeSpki, encodeSpki } from '../protocol/keys.ts'

// RFC 8410, 7: OneAsymmetricKey with a 57-byte seed
const pkcs8Prefix = Uint8Array.of(
  ...[0x30, 0x47, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x71, 4, 0x3b, 4, 0x39],
)

const privateKeyOf = (seed: Bytes) =>
  createPrivateKey({
    key: Buffer.from(concatBytes(pkcs8Prefix, seed)),
    format: 'der',
    type: 'pkcs8',
  })

export const ed448PublicKey = (seed: Bytes): Bytes =>
  decodeSpki(
    new Uint8Array(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' })),
  ).raw

export const ed448Sign = (seed: Bytes, message: Bytes): Bytes =>
  new Uint8Array(sign(null, message, privateKeyOf(seed)))

export const ed448Verify = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean => {
  const key = Buffer.from(encodeSpki({ algorithm: 'Ed448', raw: publicKey }))
  return verify(null, message, { key, format: 'der', type: 'spki' }, signature)
}
