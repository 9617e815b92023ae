/** A client's check of the certificates a server shows (SMP, "Server certificates"), and its identity. */
import { hash, X509Certificate } from 'node:crypto'
import { type Bytes, equalBytes } from '../protocol/bytes.ts'
import { decodeSpki, type PublicKey } from '../protocol/keys.ts'
import {
  ChainError,
  certificateOf,
  checkRoles,
  identityCertificate,
  parsed,
} from './chain-rules.ts'

export { ChainError, type ChainProblem } from './chain-rules.ts'

/** SHA-256 of the whole identity certificate; undefined for no certificates and for five or more. */
export const fingerprintOf = (chainDer: readonly Bytes[]): Bytes | undefined => {
  const identity = identityCertificate(chainDer)
  return identity && new Uint8Array(hash('sha256', identity, 'buffer'))
}

/**
 * Every certificate by the next one. The reference looks issuers up by name, with the last
 * certificate as the anchor, so that with three it may never meet the identity it checked the
 * hash of; in order, the identity certificate is always on the path.
 */
export const checkSignatures = (chain: readonly X509Certificate[]): void => {
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1]
    if (issuer === undefined) return // the anchor
    const issued = parsed(
      () => certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey),
    )
    if (!issued) throw new ChainError('not issued by the next')
  }
}

export const checkValidity = (chain: readonly X509Certificate[], now: Date): void => {
  for (const { validFromDate, validToDate } of chain.slice(0, -1))
    if (!(validFromDate <= now && now <= validToDate)) throw new ChainError('not valid now')
}

export const leafKeyOf = (leaf: X509Certificate): PublicKey => {
  try {
    const der = leaf.publicKey.export({ format: 'der', type: 'spki' })
    const key = decodeSpki(new Uint8Array(der))
    if (key.algorithm === 'Ed25519' || key.algorithm === 'Ed448') return key
  } catch (cause) {
    throw new ChainError('not an Ed25519 or Ed448 key', { cause })
  }
  throw new ChainError('not an Ed25519 or Ed448 key')
}

/**
 * The key that the server proves to hold, once its chain is found to lead to the identity
 * `keyHash`; anything else is a `ChainError`. Host names are not looked at.
 */
export const verifyServerChain = (
  chainDer: readonly Bytes[],
  keyHash: Bytes,
  now: Date,
): { readonly leafKey: PublicKey } => {
  const fingerprint = fingerprintOf(chainDer)
  if (fingerprint === undefined || chainDer.length < 2) throw new ChainError('length')
  if (!equalBytes(fingerprint, keyHash)) throw new ChainError('other identity')
  const chain = parsed(() => chainDer.map((der) => new X509Certificate(der)))
  const [leaf] = chain
  if (leaf === undefined) throw new ChainError('length')
  checkSignatures(chain)
  checkValidity(chain, now)
  checkRoles(chainDer.map((der) => certificateOf(der).tbsCertificate))
  return { leafKey: leafKeyOf(leaf) }
}
