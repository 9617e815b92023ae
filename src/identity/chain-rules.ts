/** What a chain of certificates has to be like, whoever checks its signatures (SMP, "Server certificates"). */
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
import type { Bytes } from '../protocol/bytes.ts'

export type ChainProblem =
  | 'length'
  | 'malformed'
  | 'other identity'
  | 'not issued by the next'
  | 'not valid now'
  | 'not version 3'
  | 'not an authority'
  | 'not for signatures'
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
export const identityCertificate = (chainDer: readonly Bytes[]): Bytes | undefined =>
  chainDer.length > MAX_CHAIN ? undefined : (chainDer[1] ?? chainDer[0])

export const parsed = <T>(parse: () => T): T => {
  try {
    return parse()
  } catch (cause) {
    throw new ChainError('malformed', { cause })
  }
}

export const certificateOf = (der: Bytes): Certificate =>
  parsed(() => AsnConvert.parse(der, Certificate))

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

/** Of all but the anchor. */
export const checkRoles = (chain: readonly TBSCertificate[]): void => {
  const [leaf, ...intermediates] = chain.slice(0, -1)
  if (leaf?.version !== Version.v3) throw new ChainError('not version 3')
  for (const [below, intermediate] of intermediates.entries())
    if (!parsed(() => isAuthority(intermediate, below))) throw new ChainError('not an authority')
}
