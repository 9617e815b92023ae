/** A server's identity on disk: created, loaded, and given a new TLS certificate. */
import { createPrivateKey, hash, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey, SignAlgorithm } from '../crypto/provider.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { type CertifiedKey, createAuthority, createServerCertificate } from './certificates.ts'
import {
  createIdentityFiles,
  type IdentityFile,
  readIdentityFile,
  replaceIdentityFiles,
} from './files.ts'
import { IdentityError } from './identity-error.ts'

export interface Identity {
  /** SHA-256 of the whole `ca.crt`: the key hash in the server's address. */
  readonly fingerprint: Bytes
  readonly chainDer: readonly [leaf: Bytes, authority: Bytes]
  readonly chainPem: string
  readonly keyPem: string
  readonly leafKey: PrivateKey<SignAlgorithm>
  /** When the first of the two certificates expires. */
  readonly notAfter: Date
}

const readCertificate = async (directory: string, file: IdentityFile): Promise<X509Certificate> => {
  const pem = await readIdentityFile(directory, file)
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    const message = `${join(directory, file)} is not a PEM certificate: put the right file back`
    throw new IdentityError(message, { cause })
  }
}

const readPrivateKey = async (directory: string, file: IdentityFile): Promise<KeyObject> => {
  const pem = await readIdentityFile(directory, file)
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const message = `${join(directory, file)} is not an unencrypted PEM private key: put the right file back`
    throw new IdentityError(message, { cause })
  }
}

const algorithmOf = (key: KeyObject, path: string): SignAlgorithm => {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  if (key.asymmetricKeyType === 'ed448') return 'Ed448'
  throw new IdentityError(
    `${path} is for a key of type ${key.asymmetricKeyType}: SMP needs Ed25519 or Ed448`,
  )
}

const rawKeyOf = (key: KeyObject, path: string): PrivateKey<SignAlgorithm> => {
  const algorithm = algorithmOf(key, path)
  const { d = '' } = key.export({ format: 'jwk' })
  return { algorithm, raw: Uint8Array.from(Buffer.from(d, 'base64url')) }
}

const checkDates = (certificate: X509Certificate, path: string, now: Date): void => {
  const { validFromDate, validToDate, ca } = certificate
  const remedy = ca ? 'create a new identity' : 'renew the server certificate'
  if (now < validFromDate)
    throw new IdentityError(
      `${path} is not valid before ${validFromDate.toISOString()}: set this machine's clock`,
    )
  if (now > validToDate)
    throw new IdentityError(`${path} expired on ${validToDate.toISOString()}: ${remedy}`)
}

const isIssuedBy = (leaf: X509Certificate, authority: X509Certificate): boolean => {
  try {
    return leaf.checkIssued(authority) && leaf.verify(authority.publicKey)
  } catch {
    return false
  }
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b)

/** The identity in the directory, checked in full; every problem is an `IdentityError`. */
export const loadIdentity = async (directory: string, now = new Date()): Promise<Identity> => {
  const authority = await readCertificate(directory, 'ca.crt')
  const leaf = await readCertificate(directory, 'server.crt')
  const key = await readPrivateKey(directory, 'server.key')
  const path = (file: IdentityFile): string => join(directory, file)
  algorithmOf(authority.publicKey, path('ca.crt'))
  algorithmOf(leaf.publicKey, path('server.crt'))
  const leafKey = rawKeyOf(key, path('server.key'))
  if (!leaf.checkPrivateKey(key))
    throw new IdentityError(
      `${path('server.key')} is not the key of server.crt: put the right one back or renew the server certificate`,
    )
  if (!isIssuedBy(leaf, authority))
    throw new IdentityError(
      `${path('server.crt')} is not signed by ca.crt: put the right one back or renew the server certificate`,
    )
  checkDates(authority, path('ca.crt'), now)
  checkDates(leaf, path('server.crt'), now)
  return {
    fingerprint: new Uint8Array(hash('sha256', authority.raw, 'buffer')),
    chainDer: [new Uint8Array(leaf.raw), new Uint8Array(authority.raw)],
    chainPem: leaf.toString() + authority.toString(),
    keyPem: keyPem(key),
    leafKey,
    notAfter: earlier(leaf.validToDate, authority.validToDate),
  }
}

const keyPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

const firstHost = (hosts: readonly string[]): string => {
  const [host] = hosts
  if (!host) throw new IdentityError('the server certificate needs a host name: give at least one')
  return host
}

/**
 * Makes a new authority and server certificate in a directory that has none, and never
 * overwrites. `ca.crt` comes last: without it nothing is loaded.
 */
export const createIdentity = async (options: {
  readonly directory: string
  readonly hosts: readonly string[]
  readonly algorithm: SignAlgorithm
  readonly now?: Date
}): Promise<void> => {
  const { directory, algorithm, now = new Date() } = options
  const host = firstHost(options.hosts)
  await makeDirectory(directory)
  const authority = createAuthority({ algorithm, now })
  const server = createServerCertificate(authority, { host, algorithm, now })
  await createIdentityFiles(directory, [
    ['ca.key', keyPem(authority.privateKey)],
    ['server.key', keyPem(server.privateKey)],
    ['server.crt', server.certificate.toString()],
    ['ca.crt', authority.certificate.toString()],
  ])
}

const makeDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const message = `${directory} cannot be made: choose a directory that this user may write`
    throw new IdentityError(message, { cause })
  }
}

const loadAuthority = async (directory: string): Promise<CertifiedKey> => {
  const certificate = await readCertificate(directory, 'ca.crt')
  const privateKey = await readPrivateKey(directory, 'ca.key')
  algorithmOf(privateKey, join(directory, 'ca.key'))
  if (!certificate.checkPrivateKey(privateKey))
    throw new IdentityError(
      `${join(directory, 'ca.key')} is not the key of ca.crt: put the right one back`,
    )
  return { certificate, privateKey }
}

/**
 * A new key and certificate under the same authority, so under the same address. Unless given,
 * the host is that of the present certificate and the algorithm that of the authority.
 */
export const renewServerCertificate = async (options: {
  readonly directory: string
  readonly hosts?: readonly string[]
  readonly algorithm?: SignAlgorithm
  readonly now?: Date
}): Promise<void> => {
  const { directory, hosts, now = new Date() } = options
  const authority = await loadAuthority(directory)
  const host = hosts
    ? firstHost(hosts)
    : commonNameOf(await readCertificate(directory, 'server.crt'))
  const algorithm =
    options.algorithm ?? algorithmOf(authority.privateKey, join(directory, 'ca.key'))
  const server = createServerCertificate(authority, { host, algorithm, now })
  await replaceIdentityFiles(directory, [
    ['server.key', keyPem(server.privateKey)],
    ['server.crt', server.certificate.toString()],
  ])
}

const commonNameOf = (certificate: X509Certificate): string => {
  const { CN } = certificate.toLegacyObject().subject
  const [host] = [CN].flat()
  if (!host) throw new IdentityError('server.crt names no host: give one')
  return host
}
