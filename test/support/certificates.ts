/** Certificates that no proper authority would make. */
import { type KeyObject, sign, X509Certificate } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  type KeyUsageFlags,
  type TBSCertificate,
} from '@peculiar/asn1-x509'

/** The certificate with changed fields, signed anew. */
export const reissued = (
  certificate: X509Certificate,
  issuerKey: KeyObject,
  change: (fields: TBSCertificate) => void,
): X509Certificate => {
  const parsed = AsnConvert.parse(certificate.raw, Certificate)
  delete parsed.tbsCertificateRaw
  change(parsed.tbsCertificate)
  const signed = Buffer.from(AsnConvert.serialize(parsed.tbsCertificate))
  parsed.signatureValue = new Uint8Array(sign(null, signed, issuerKey)).buffer
  return new X509Certificate(Buffer.from(AsnConvert.serialize(parsed)))
}

const extension = (extnID: string, value: unknown): Extension =>
  new Extension({ extnID, critical: true, extnValue: new OctetString(AsnConvert.serialize(value)) })

export const authorityExtensions = (
  constraints: Partial<BasicConstraints>,
  usage?: KeyUsageFlags,
): Extensions =>
  new Extensions([
    extension(id_ce_basicConstraints, new BasicConstraints(constraints)),
    ...(usage === undefined ? [] : [extension(id_ce_keyUsage, new KeyUsage(usage))]),
  ])
