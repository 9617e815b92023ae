/** The relay's check of the certificates that a service shows (SMP, "Service certificates"). */
import { hash, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { id_ce_keyUsage, KeyUsage, type TBSCertificate, Version } from '@peculiar/asn1-x509'
import type { Bytes } from '../protocol/bytes.ts'
import type { PublicKey } from '../protocol/keys.ts'
import { checkSignatures, checkValidity, leafKeyOf } from './chain.ts'
import {
  ChainError,
  certificateOf,
  checkRoles,
  identityCertificate,
  parsed,
} from './chain-rules.ts'

export interface ServiceIdentity {
  readonly leafKey: PublicKey
  /** SHA-256 of its identity certificate. */
  readonly hash: Bytes
}

/** RFC 5280, 4.2.1.3, as the reference's TLS asks of a client. */
const maySign = ({ extensions }: TBSCertificate): boolean => {
  const usage = extensions?.find(({ extnID }) => extnID === id_ce_keyUsage)?.extnValue.buffer
  return (
    usage === undefined || AsnConvert.parse(usage, KeyUsage).toJSON().includes('digitalSignature')
  )
}

/** One certificate alone is its own anchor; of more the last one is. */
const checkAlone = (certificate: X509Certificate, now: Date): void => {
  checkSignatures([certificate, certificate])
  checkValidity([certificate, certificate], now)
}

/** Anything but a chain that leads to its last certificate is a `ChainError`. */
export const verifyServiceChain = (chainDer: readonly Bytes[], now: Date): ServiceIdentity => {
  const identity = identityCertificate(chainDer)
  if (identity === undefined) throw new ChainError('length')
  const chain = parsed(() => chainDer.map((der) => new X509Certificate(der)))
  const fields = chainDer.map((der) => certificateOf(der).tbsCertificate)
  const [leaf] = chain
  const [leafFields] = fields
  if (leaf === undefined || leafFields === undefined) throw new ChainError('length')
  if (chain.length === 1) checkAlone(leaf, now)
  else {
    checkSignatures(chain)
    checkValidity(chain, now)
    checkRoles(fields)
  }
  if (leafFields.version !== Version.v3) throw new ChainError('not version 3')
  if (!parsed(() => maySign(leafFields))) throw new ChainError('not for signatures')
  return { leafKey: leafKeyOf(leaf), hash: new Uint8Array(hash('sha256', identity, 'buffer')) }
}
