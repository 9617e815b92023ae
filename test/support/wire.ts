/**
 * Lines of the protocol as tests write them, in the manner of simplexmq's own tests:
 * `(signer, corrId, entityId, command) → (corrId, entityId, reply)`. All text is one character a
 * byte, ids and keys included.
 */
import { makeAuthenticator } from '../../src/crypto/authenticator.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair, PrivateKey } from '../../src/crypto/provider.ts'
import {
  type Bytes,
  concatBytes,
  latin1Bytes,
  latin1Text,
  noBytes,
} from '../../src/protocol/bytes.ts'
import type { Command, RelayServer } from '../../src/protocol/command.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { type DhKey, encodeSpki, type PublicKey } from '../../src/protocol/keys.ts'
import {
  authorizedPrefix,
  decodeTransmission,
  encodeTail,
  encodeTransmission,
} from '../../src/protocol/transmission.ts'

/** A key pair signs; bytes stand for themselves; a pair of both is a service session's. */
export type Signer =
  | KeyPair
  | Bytes
  | { readonly queue: KeyPair; readonly service: KeyPair<'Ed25519'> | Bytes }

export const unsigned: Signer = noBytes

/** Made when the line is said, for what is known only then. */
export type CommandText = string | (() => string)
export type Line = readonly [signer: Signer, corrId: string, entityId: string, command: CommandText]
export type Heard = readonly [corrId: string, entityId: string, reply: string]

export const signingKey = (): KeyPair<'Ed25519'> => crypto.generateKeyPair('Ed25519')
export const bigSigningKey = (): KeyPair<'Ed448'> => crypto.generateKeyPair('Ed448')
export const dhKey = (): KeyPair<'X25519'> => crypto.generateKeyPair('X25519')
export const randomText = (length: number): string => latin1Text(crypto.randomBytes(length))
/** An id that nobody has. */
export const unknownId = (): string => randomText(24)

/** `SS`: a length byte, then the text. */
export const short = (text: string): string => String.fromCharCode(text.length) + text
/** `LG`: two length bytes, then the text. */
export const large = (text: string): string =>
  String.fromCharCode(text.length >>> 8, text.length & 0xff) + text

export const spki = (key: PublicKey): string => short(latin1Text(encodeSpki(key)))

export const SEND = (body: string, flag: 'T' | 'F' = 'F'): string => `SEND ${flag} ${body}`
export const ACK = (messageId: string): string => `ACK ${short(messageId)}`
export const KEY = ({ publicKey }: KeyPair): string => `KEY ${spki(publicKey)}`
export const SKEY = ({ publicKey }: KeyPair): string => `SKEY ${spki(publicKey)}`
export const LKEY = ({ publicKey }: KeyPair): string => `LKEY ${spki(publicKey)}`
export const RKEY = (...pairs: readonly KeyPair[]): string =>
  `RKEY ${String.fromCharCode(pairs.length)}${pairs.map(({ publicKey }) => spki(publicKey)).join('')}`
export const NKEY = (pair: KeyPair, dh: KeyPair): string =>
  `NKEY ${spki(pair.publicKey)}${spki(dh.publicKey)}`
export const LSET = (linkId: string, fixed: string, user: string): string =>
  `LSET ${short(linkId)}${large(fixed)}${large(user)}`
export const LNK = (senderId: string, fixed: string, user: string): string =>
  `LNK ${short(senderId)}${large(fixed)}${large(user)}`

/** The signature or authenticator of a line, to be used in another one. */
export const authorizationOf = (session: WireSession, line: Line): Bytes =>
  decodeTransmission(transmissionOf(session, line), session.version).authorization

export const commandText = (command: Command, version: number): string =>
  latin1Text(encodeCommand(command, version))

export const PRXY = (server: RelayServer, password?: string): string =>
  commandText({ tag: 'PRXY', server, ...(password !== undefined && { password }) }, 18)

/** What a session's transmissions are bound to. */
export interface WireSession {
  readonly version: number
  readonly sessionId: Bytes
  /** The relay's key of the session; none where its hello had none. */
  readonly serverKey?: DhKey
  /** Of a service's session. */
  readonly service?: {
    readonly serviceId: string
    readonly certificateHash: Bytes
    readonly key: KeyPair<'Ed25519'>
  }
  /** Of the keys in the two hellos; what a relay forwards is encrypted with it. */
  readonly secret?: Bytes
}

const authorize = (
  session: WireSession,
  { privateKey }: KeyPair,
  authorized: Bytes,
  corrId: string,
): Bytes => {
  if (privateKey.algorithm !== 'X25519')
    return crypto.sign(privateKey as PrivateKey<'Ed25519' | 'Ed448'>, authorized)
  const { serverKey } = session
  if (serverKey === undefined) throw new Error('no authenticator without the relay’s key')
  return makeAuthenticator(crypto, {
    authorized,
    queueKey: privateKey as PrivateKey<'X25519'>,
    sessionKey: serverKey.raw,
    correlationId: latin1Bytes(corrId),
  })
}

/** The whole transmission of a line. */
export const transmissionOf = (session: WireSession, line: Line): Bytes => {
  const [signer, corrId, entityId, command] = line
  const fields = { correlationId: latin1Bytes(corrId), entityId }
  const text = typeof command === 'string' ? command : command()
  const tail = encodeTail(fields, latin1Bytes(text))
  const authorized = concatBytes(authorizedPrefix(session.sessionId), tail)
  if (signer instanceof Uint8Array) return encodeTransmission(session, signer, tail)
  if ('privateKey' in signer)
    return encodeTransmission(session, authorize(session, signer, authorized, corrId), tail)
  const certificateHash = session.service?.certificateHash ?? noBytes
  const both = concatBytes(certificateHash, authorized)
  const queueSignature = authorize(session, signer.queue, both, corrId)
  const { service } = signer
  const second =
    service instanceof Uint8Array ? service : crypto.sign(service.privateKey, authorized)
  return encodeTransmission(session, queueSignature, tail, second)
}

/** NEW, by default of a queue without mode to which nobody subscribes. */
export const NEW = (
  fields: Pick<Command<'NEW'>, 'authKey' | 'dhKey'> & Partial<Command<'NEW'>>,
  version = 18,
): string => commandText({ subscribe: false, ...fields, tag: 'NEW' }, version)
