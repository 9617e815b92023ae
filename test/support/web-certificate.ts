/** Certificates for browsers as people have them, made by the openssl program. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const keyOptions = {
  RSA: ['-newkey', 'rsa:2048'],
  ECDSA: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  Ed25519: ['-newkey', 'ed25519'],
} as const

export type WebKeyKind = keyof typeof keyOptions

export interface TestWebCertificate {
  readonly chainPem: string
  readonly keyPem: string
}

/** For `localhost`, signed by itself. */
export const makeWebCertificate = (
  kind: WebKeyKind = 'ECDSA',
  name = 'localhost',
): TestWebCertificate => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-web-'))
  try {
    const [key, certificate] = [join(directory, 'key'), join(directory, 'certificate')]
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost']
    const files = ['-keyout', key, '-out', certificate, '-nodes', '-days', '30']
    execFileSync('openssl', ['req', '-x509', ...keyOptions[kind], ...subject, ...files], {
      stdio: 'pipe',
    })
    return { chainPem: readFileSync(certificate, 'utf8'), keyPem: readFileSync(key, 'utf8') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
