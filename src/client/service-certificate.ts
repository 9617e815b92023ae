/** A service's certificates and key as files have them. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { ServiceCredentials } from './service.ts'

export interface ServiceCertificate {
  readonly role: ServiceRole
  /** Leaf first; one to four certificates. */
  readonly chainPem: string
  /** Of the leaf: Ed25519 or Ed448, not encrypted. */
  readonly keyPem: string
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws TypeError, or OpenSSL's error, for what is not such a certificate or key */
export const serviceCredentials = ({
  role,
  chainPem,
  keyPem,
}: ServiceCertificate): ServiceCredentials => {
  const [leaf, ...others] = (chainPem.match(pem) ?? []).map(
    (text) => new Uint8Array(new X509Certificate(text).raw),
  )
  if (leaf === undefined) throw new TypeError('no certificate of the service')
  const key = createPrivateKey(keyPem)
  const algorithm = key.asymmetricKeyType === 'ed448' ? 'Ed448' : 'Ed25519'
  if (key.asymmetricKeyType !== algorithm.toLowerCase())
    throw new TypeError('the key of a service is Ed25519 or Ed448')
  const { d = '' } = key.export({ format: 'jwk' })
  const raw = Uint8Array.from(Buffer.from(d, 'base64url'))
  return { role, chain: [leaf, ...others], leafKey: { algorithm, raw } }
}
