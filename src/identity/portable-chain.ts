/** The check of a server's certificates where there is no OpenSSL: in browsers. */
import { AsnConvert } from '@peculiar/asn1-schema'
import type { Certificate, TBSCertificate } from '@peculiar/asn1-x509'
import type { CryptoProvider } from '../crypto/provider.ts'
import { type Bytes, equalBytes } from '../protocol/bytes.ts'
import { decodeSpki, type PublicKey } from '../protocol/keys.ts'
import {
  ChainError,
  certificateOf,
  checkRoles,
  identityCertificate,
  parsed,
} from './chain-rules.ts'

const derOf = (value: unknown): Bytes => new Uint8Array(AsnConvert.serialize(value))

const keyOf = ({ subjectPublicKeyInfo }: TBSCertificate): PublicKey => {
  try {
    const key = decodeSpki(derOf(subjectPublicKeyInfo))
    if (key.algorithm === 'Ed25519' || key.algorithm === 'Ed448') return key
  } catch (cause) {
    throw new ChainError('not an Ed25519 or Ed448 key', { cause })
  }
  throw new ChainError('not an Ed25519 or Ed448 key')
}

const isIssuedBy = (crypto: CryptoProvider, one: Certificate, issuer: Certificate): boolean => {
  const { tbsCertificate, tbsCertificateRaw, signatureValue } = one
  if (tbsCertificateRaw === undefined) return false
  return (
    equalBytes(derOf(tbsCertificate.issuer), derOf(issuer.tbsCertificate.subject)) &&
    crypto.verify(
      keyOf(issuer.tbsCertificate),
      new Uint8Array(tbsCertificateRaw),
      new Uint8Array(signatureValue),
    )
  )
}

const isValidAt = ({ validity }: TBSCertificate, now: Date): boolean =>
  validity.notBefore.getTime() <= now && now <= validity.notAfter.getTime()

/**
 * As `verifyServerChain`, where all keys are Ed25519 or Ed448, as `smp-server` makes them; an
 * authority above the identity with a key of another kind is refused.
 */
export const verifyChainPortably = (
  crypto: CryptoProvider,
  { chain: chainDer, keyHash }: { readonly chain: readonly Bytes[]; readonly keyHash: Bytes },
  now: Date,
): { readonly leafKey: PublicKey } => {
  const identity = identityCertificate(chainDer)
  if (identity === undefined || chainDer.length < 2) throw new ChainError('length')
  if (!equalBytes(crypto.sha256(identity), keyHash)) throw new ChainError('other identity')
  const chain = chainDer.map(certificateOf)
  const fields = chain.map(({ tbsCertificate }) => tbsCertificate)
  const [leaf] = fields
  if (leaf === undefined) throw new ChainError('length')
  for (const [at, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[at + 1]
    if (issuer === undefined || !parsed(() => isIssuedBy(crypto, certificate, issuer)))
      throw new ChainError('not issued by the next')
  }
  if (!fields.slice(0, -1).every((one) => isValidAt(one, now)))
    throw new ChainError('not valid now')
  checkRoles(fields)
  return { leafKey: keyOf(leaf) }
}
