/** Services of a run: each with a certificate of its own, so that nothing is known of it. */
import type { ServiceCertificate } from '../client/service-certificate.ts'
import { createAuthority, createServerCertificate } from '../identity/certificates.ts'
import type { ServiceRole } from '../protocol/handshake.ts'

/** A server may keep what it learns of a certificate: this one is soon nobody's. */
const DAYS = 2

export const makeService = (role: ServiceRole): ServiceCertificate => {
  const now = new Date()
  const authority = createAuthority({ algorithm: 'Ed25519', now })
  const fields = { host: 'sluice-conformance', algorithm: 'Ed25519', now, days: DAYS } as const
  const { certificate, privateKey } = createServerCertificate(authority, fields)
  return {
    role,
    chainPem: certificate.toString() + authority.certificate.toString(),
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}
