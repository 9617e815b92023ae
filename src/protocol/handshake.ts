/** The hello messages, unpadded, and the signed session key in them (SMP, "Transport handshake"). */
import { type Bytes, concatBytes, copyBytes, equalBytes, noBytes, ProtocolError } from './bytes.ts'
import { parseTransportError, type TransportCode } from './error.ts'
import { type ServiceId, serviceIdOf } from './ids.ts'
import { type DhKey, decodeSpki, encodeSpki, type PublicKey, readDhKey, writeKey } from './keys.ts'
import { Reader } from './reader.ts'
import {
  hasProxyFlag,
  hasServerKey,
  hasServices,
  readVersionRange,
  type Version,
  type VersionRange,
  writeVersionRange,
} from './version.ts'
import { Writer } from './writer.ts'

export type ServiceRole = 'messaging' | 'notifier' | 'proxy'

/** A certificate chain with the leaf first, and a session key signed by the leaf (DER). */
export interface ChainAndKey {
  readonly chain: readonly [Bytes, ...Bytes[]]
  readonly signedKey: Bytes
}

export interface ServerHello {
  readonly versions: VersionRange
  readonly sessionId: Bytes
  /** From v7. */
  readonly authentication?: ChainAndKey
}

export interface ClientHello {
  readonly version: Version
  readonly keyHash: Bytes
  /** Absent from clients that want neither authenticators nor block encryption. */
  readonly sessionKey?: DhKey
  readonly proxyServer: boolean
  readonly service?: ChainAndKey & { readonly role: ServiceRole }
}

export type ServiceResponse = { readonly serviceId: ServiceId } | { readonly error: TransportCode }

const roleLetters: readonly (readonly [ServiceRole, string])[] = [
  ['messaging', 'M'],
  ['notifier', 'N'],
  ['proxy', 'P'],
]

export const equalChains = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
  a.length === b.length && a.every((one, index) => equalBytes(one, b[index] ?? noBytes))

const readChainAndKey = (reader: Reader): ChainAndKey => ({
  chain: reader.nonEmptyList((r) => r.large()),
  signedKey: reader.large(),
})

const writeChainAndKey = (writer: Writer, { chain, signedKey }: ChainAndKey): Writer =>
  writer.nonEmptyList(chain, (w, certificate) => w.large(certificate)).large(signedKey)

export const encodeServerHello = (hello: ServerHello): Bytes => {
  const writer = writeVersionRange(new Writer(1024), hello.versions).short(hello.sessionId)
  if (hello.authentication !== undefined) writeChainAndKey(writer, hello.authentication)
  return writer.bytes()
}

/** Reads a prefix: later versions may append. */
export const decodeServerHello = (content: Bytes): ServerHello => {
  const reader = new Reader(content)
  const versions = readVersionRange(reader)
  const sessionId = reader.short()
  if (!hasServerKey(versions.max)) return { versions, sessionId }
  return { versions, sessionId, authentication: readChainAndKey(reader) }
}

export const encodeClientHello = (hello: ClientHello): Bytes => {
  const { version } = hello
  const writer = new Writer(128).u16(version).short(hello.keyHash)
  if (hasServerKey(version) && hello.sessionKey !== undefined) writeKey(writer, hello.sessionKey)
  if (hasProxyFlag(version)) writer.bool(hello.proxyServer)
  if (hasServices(version))
    writer.maybe(hello.service, (w, service) => {
      const letter = roleLetters.find(([role]) => role === service.role)?.[1] ?? ''
      writeChainAndKey(w.text(letter), service)
    })
  return writer.bytes()
}

const readService = (reader: Reader): ChainAndKey & { readonly role: ServiceRole } => {
  const letter = String.fromCharCode(reader.u8())
  const role = roleLetters.find(([, known]) => known === letter)?.[0]
  if (role === undefined) throw new ProtocolError('unknown service role')
  return { role, ...readChainAndKey(reader) }
}

/** Reads a prefix: later versions may append. A key that does not parse counts as absent. */
export const decodeClientHello = (content: Bytes): ClientHello => {
  const reader = new Reader(content)
  const version = reader.u16()
  const keyHash = copyBytes(reader.short())
  const sessionKey = hasServerKey(version) ? reader.attempt(readDhKey) : undefined
  const proxyServer = hasProxyFlag(version) ? reader.bool() : false
  const service = hasServices(version) ? reader.maybe(readService) : undefined
  return {
    version,
    keyHash,
    ...(sessionKey && { sessionKey }),
    proxyServer,
    ...(service && { service }),
  }
}

export const encodeServiceResponse = (response: ServiceResponse): Bytes =>
  'error' in response
    ? new Writer(32).text('E').text(response.error).bytes()
    : new Writer(32).text('R').shortText(response.serviceId).bytes()

export const decodeServiceResponse = (content: Bytes): ServiceResponse => {
  const reader = new Reader(content)
  const letter = String.fromCharCode(reader.u8())
  if (letter === 'R') return { serviceId: serviceIdOf(reader.short()) }
  if (letter === 'E') return { error: parseTransportError(reader.rest()) }
  throw new ProtocolError('unknown service response')
}

const SEQUENCE = 0x30
const signatureForms = [
  { algorithm: 'Ed25519', oidByte: 0x70, length: 64 },
  { algorithm: 'Ed448', oidByte: 0x71, length: 114 },
] as const

const sequence = (...parts: readonly Bytes[]): Bytes => {
  const body = concatBytes(...parts)
  const head = body.length < 0x80 ? [body.length] : [0x81, body.length]
  return concatBytes(Uint8Array.of(SEQUENCE, ...head), body)
}

const signatureHead = (oidByte: number, length: number): Bytes =>
  Uint8Array.of(0x30, 5, 6, 3, 0x2b, 0x65, oidByte, 3, length + 1, 0)

/** What the certificate's key signs: the SPKI in one extra SEQUENCE (SignedObject). */
export const signedKeyContent = (key: PublicKey): Bytes => sequence(encodeSpki(key))

export const encodeSignedKey = (key: PublicKey, signature: Bytes): Bytes => {
  const form = signatureForms.find(({ length }) => length === signature.length)
  if (form === undefined) throw new TypeError('not an Ed25519 or Ed448 signature')
  return sequence(signedKeyContent(key), signatureHead(form.oidByte, form.length), signature)
}

/** The parts of a SignedObject; the signature is over `content` and not checked here. */
export const decodeSignedKey = (
  der: Bytes,
): { readonly key: PublicKey; readonly content: Bytes; readonly signature: Bytes } => {
  const contentStart = der[1] === 0x81 ? 3 : 2
  const content = der.subarray(contentStart, contentStart + 2 + (der[contentStart + 1] ?? 0))
  const key = decodeSpki(content.subarray(2))
  for (const { oidByte, length } of signatureForms) {
    const signature = der.subarray(der.length - length)
    const whole = sequence(content, signatureHead(oidByte, length), signature)
    if (equalBytes(whole, der) && equalBytes(content, signedKeyContent(key)))
      return { key, content, signature }
  }
  throw new ProtocolError('not a signed key of a known form')
}
