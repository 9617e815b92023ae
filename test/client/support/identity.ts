/** Server identities made for a test. */
import type { KeyObject } from 'node:crypto'
import type { PrivateKey, SignAlgorithm } from '../../../src/crypto/provider.ts'
import { createAuthority, createServerCertificate } from '../../../src/identity/certificates.ts'
import { fingerprintOf } from '../../../src/identity/chain.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'

export interface TestIdentity {
  readonly keyHash: Bytes
  readonly chain: readonly [leaf: Bytes, authority: Bytes]
  readonly chainPem: string
  readonly keyPem: string
  readonly leafKey: PrivateKey<SignAlgorithm>
}

export interface RenewableIdentity extends TestIdentity {
  /** Another server certificate and key under the same authority. */
  renewed(): TestIdentity
}

const rawKey = (key: KeyObject, algorithm: SignAlgorithm): PrivateKey<SignAlgorithm> => ({
  algorithm,
  raw: Uint8Array.from(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url')),
})

export const makeIdentity = (
  algorithm: SignAlgorithm = 'Ed25519',
  validity: { readonly now?: Date; readonly days?: number } = {},
): RenewableIdentity => {
  const { now = new Date(), ...days } = validity
  const authority = createAuthority({ algorithm, now })
  const renewed = (): TestIdentity => {
    const leaf = createServerCertificate(authority, { host: 'localhost', algorithm, now, ...days })
    const chain = [
      Uint8Array.from(leaf.certificate.raw),
      Uint8Array.from(authority.certificate.raw),
    ] as const
    return {
      keyHash: fingerprintOf(chain) as Bytes,
      chain,
      chainPem: leaf.certificate.toString() + authority.certificate.toString(),
      keyPem: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      leafKey: rawKey(leaf.privateKey, algorithm),
    }
  }
  return { ...renewed(), renewed }
}
