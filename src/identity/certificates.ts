/**
 * Making the certificates of an SMP server, with the fields that `smp-server init` gives them.
 * Encoded with the ASN.1 classes below @peculiar/x509 and signed by OpenSSL: x509 itself (2.2)
 * has no Ed448 and needs a polyfill of Reflect.
 */
import {
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import type { SignAlgorithm } from '../crypto/provider.ts'

/** As the reference: SMP identities are pinned by their hash and do not end by date. */
const DEFAULT_DAYS = 999_999
const DAY_MS = 86_400_000

const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'
const signatureOids: Readonly<Record<string, string>> = {
  ed25519: '1.3.101.112', // RFC 8410
  ed448: '1.3.101.113',
}

export interface CertifiedKey {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
}

interface Subject {
  readonly name: Name
  readonly publicKey: KeyObject
}

const nameOf = (...attributes: readonly (readonly [oid: string, text: string])[]): Name =>
  new Name(
    attributes.map(([type, text]) => {
      const value = new AttributeValue({ utf8String: text })
      return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })])
    }),
  )

const newKeys = (algorithm: SignAlgorithm) =>
  algorithm === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')

const signatureAlgorithm = (key: KeyObject): AlgorithmIdentifier => {
  const algorithm = signatureOids[key.asymmetricKeyType ?? '']
  if (algorithm === undefined) throw new TypeError('not an Ed25519 or Ed448 key')
  return new AlgorithmIdentifier({ algorithm })
}

const spkiOf = (key: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(key.export({ format: 'der', type: 'spki' }), SubjectPublicKeyInfo)

/** RFC 5280, 4.2.1.2 (1): SHA-1 of the public key's bits. */
const keyIdOf = (key: KeyObject): Buffer =>
  hash('sha1', Buffer.from(spkiOf(key).subjectPublicKey), 'buffer')

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })

const keyIdExtensions = (key: KeyObject, issuerKey: KeyObject): readonly Extension[] => [
  extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdOf(key))),
  extension(
    id_ce_authorityKeyIdentifier,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdOf(issuerKey)) }),
  ),
]

/** Positive, 16 bytes, without a leading zero. */
const newSerialNumber = (): ArrayBuffer => {
  const serial = new Uint8Array(randomBytes(16))
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial.buffer
}

const validity = (now: Date, days: number): Validity =>
  new Validity({ notBefore: now, notAfter: new Date(now.getTime() + days * DAY_MS) })

const signCertificate = (
  subject: Subject,
  issuer: { readonly name: Name; readonly privateKey: KeyObject },
  fields: { readonly validity: Validity; readonly extensions: readonly Extension[] },
): X509Certificate => {
  const algorithm = signatureAlgorithm(issuer.privateKey)
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: newSerialNumber(),
    signature: algorithm,
    issuer: issuer.name,
    validity: fields.validity,
    subject: subject.name,
    subjectPublicKeyInfo: spkiOf(subject.publicKey),
    extensions: new Extensions([...fields.extensions]),
  })
  const signature = sign(null, Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer.privateKey)
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(signature).buffer,
  })
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))
}

const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000)

/** The self-signed certificate whose SHA-256 is the server's identity. */
export const createAuthority = (options: {
  readonly algorithm: SignAlgorithm
  readonly now: Date
}): CertifiedKey => {
  const { publicKey, privateKey } = newKeys(options.algorithm)
  const name = nameOf([COMMON_NAME, 'SMP server CA'], [ORGANIZATION, 'SimpleX'])
  const certificate = signCertificate(
    { name, publicKey },
    { name, privateKey },
    {
      validity: validity(wholeSeconds(options.now), DEFAULT_DAYS),
      extensions: [
        ...keyIdExtensions(publicKey, publicKey),
        extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      ],
    },
  )
  return { certificate, privateKey }
}

/** A new key and its certificate for TLS, under the authority. */
export const createServerCertificate = (
  authority: CertifiedKey,
  options: {
    readonly host: string
    readonly algorithm: SignAlgorithm
    readonly now: Date
    readonly days?: number
  },
): CertifiedKey => {
  const { publicKey, privateKey } = newKeys(options.algorithm)
  const { tbsCertificate } = AsnConvert.parse(authority.certificate.raw, Certificate)
  const usage =
    KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation | KeyUsageFlags.keyAgreement
  const certificate = signCertificate(
    { name: nameOf([COMMON_NAME, options.host]), publicKey },
    { name: tbsCertificate.subject, privateKey: authority.privateKey },
    {
      validity: validity(wholeSeconds(options.now), options.days ?? DEFAULT_DAYS),
      extensions: [
        extension(id_ce_basicConstraints, new BasicConstraints()),
        extension(id_ce_keyUsage, new KeyUsage(usage)),
        extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
        ...keyIdExtensions(publicKey, authority.certificate.publicKey),
      ],
    },
  )
  return { certificate, privateKey }
}
