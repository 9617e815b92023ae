/** The certificate for browsers: any kind that they take, given as two PEM files. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { reasonOf } from '../config/problem.ts'
import { IdentityError } from './identity-error.ts'

export interface WebCertificate {
  readonly chainPem: string
  readonly keyPem: string
  readonly notAfter: Date
}

const read = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new IdentityError(`${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

const parsed = <T>(path: string, what: string, parse: () => T): T => {
  try {
    return parse()
  } catch (cause) {
    throw new IdentityError(`${path} is not ${what}: put the right file there`, { cause })
  }
}

/** @throws IdentityError; an expired certificate is no error, as SMP clients do not see it */
export const loadWebCertificate = async (
  certificatePath: string,
  keyPath: string,
): Promise<WebCertificate> => {
  const [chainPem, keyPem] = [await read(certificatePath), await read(keyPath)]
  const leaf = parsed(certificatePath, 'a PEM certificate', () => new X509Certificate(chainPem))
  const key = parsed(keyPath, 'an unencrypted PEM private key', () => createPrivateKey(keyPem))
  if (!leaf.checkPrivateKey(key))
    throw new IdentityError(`${keyPath} is not the key of ${certificatePath}`)
  return { chainPem, keyPem, notAfter: leaf.validToDate }
}
