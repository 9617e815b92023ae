/** A client's check of the certificates a server shows (SMP, "Server certificates"), and its identity. */
import { hash, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  type TBSCertificate,
  Version,
} from '@peculiar/asn1-x509'
import { type Bytes, equalBytes } from '../protocol/bytes.ts'
import { decodeSpki, type PublicKey } from '../protocol/keys.ts'

export type ChainProblem =
  | 'length'
  | 'malformed'
  | 'other identity'
  | 'not issued by the next'
  | 'not valid now'
  | 'not version 3'
  | 'not an authority'
  | 'not an Ed25519 or Ed448 key'

export class ChainError extends Error {
  override readonly name = 'ChainError'
  readonly problem: ChainProblem

  constructor(problem: ChainProblem, options?: ErrorOptions) {
    super(`server certificates: ${problem}`, options)
    this.problem = problem
  }
}

const MAX_CHAIN = 4

/** The identity certificate is the second; a lone certificate is its own. */
const identityCertificate = (chainDer: readonly Bytes[]): Bytes | undefined =>
  chainDer.length > MAX_CHAIN ? undefined : (chainDer[1] ?? chainDer[0])

/** SHA-256 of the whole identity certificate; undefined for no certificates and for five or more. */
export const fingerprintOf = (chainDer: readonly Bytes[]): Bytes | undefined => {
  const identity = identityCertificate(chainDer)
  return identity && new Uint8Array(hash('sha256', identity, 'buffer'))
}

const parsed = <T>(parse: () => T): T => {
  try {
    return parse()
  } catch (cause) {
    throw new ChainError('malformed', { cause })
  }
}

/**
 * Every certificate by the next one. The reference looks issuers up by name, with the last
 * certificate as the anchor, so that with three it may never meet the identity it checked the
 * hash of; in order, the identity certificate is always on the path.
 */
const checkSignatures = (chain: readonly X509Certificate[]): void => {
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1]
    if (issuer === undefined) return // the anchor
    const issued = parsed(
      () => certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey),
    )
    if (!issued) throw new ChainError('not issued by the next')
  }
}

const checkValidity = (chain: readonly X509Certificate[], now: Date): void => {
  for (const { validFromDate, validToDate } of chain.slice(0, -1))
    if (!(validFromDate <= now && now <= validToDate)) throw new ChainError('not valid now')
}

const fieldsOf = ({ raw }: X509Certificate): TBSCertificate =>
  AsnConvert.parse(raw, Certificate).tbsCertificate

/** RFC 5280, 4.2.1.9 and 4.2.1.3: may issue, with `below` other authorities under it. */
const isAuthority = ({ extensions }: TBSCertificate, below: number): boolean => {
  const encoded = (oid: string) => extensions?.find((one) => one.extnID === oid)?.extnValue.buffer
  const constraintsDer = encoded(id_ce_basicConstraints)
  if (constraintsDer === undefined) return false
  const { cA, pathLenConstraint } = AsnConvert.parse(constraintsDer, BasicConstraints)
  const usageDer = encoded(id_ce_keyUsage)
  const maySign =
    usageDer === undefined || AsnConvert.parse(usageDer, KeyUsage).toJSON().includes('keyCertSign')
  return cA && maySign && (pathLenConstraint === undefined || pathLenConstraint >= below)
}

const checkRoles = (chain: readonly X509Certificate[]): void => {
  const [leaf, ...intermediates] = parsed(() => chain.slice(0, -1).map(fieldsOf))
  if (leaf?.version !== Version.v3) throw new ChainError('not version 3')
  for (const [below, intermediate] of intermediates.entries())
    if (!parsed(() => isAuthority(intermediate, below))) throw new ChainError('not an authority')
}

const leafKeyOf = (leaf: X509Certificate): PublicKey => {
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
  checkRoles(chain)
  return { leafKey: leafKeyOf(leaf) }
}
