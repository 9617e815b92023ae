/** Requests as authorised transmissions (SMP, "Command authentication"). */
import { makeAuthenticator } from '../crypto/authenticator.ts'
import type { CryptoProvider, PrivateKey, SignAlgorithm } from '../crypto/provider.ts'
import { type Bytes, concatBytes, noBytes } from '../protocol/bytes.ts'
import type { Command, Tag } from '../protocol/command.ts'
import { encodeCommand } from '../protocol/command-encoder.ts'
import { type EntityId, noEntity } from '../protocol/ids.ts'
import { encodeTransmission } from '../protocol/transmission.ts'
import { Writer } from '../protocol/writer.ts'
import { UnsupportedOperation } from './errors.ts'
import type { Session } from './handshake.ts'

export interface Request<C extends Command = Command> {
  readonly command: C
  /** The queue, notifier, link or relay session that the command is for; default: none. */
  readonly entityId?: EntityId
  /**
   * Authorises the command: a signature by an Ed25519 or Ed448 key, an authenticator by an
   * X25519 key. Absent: no authorization.
   */
  readonly key?: PrivateKey
  /** 24 bytes, fresh for every request; default: random. NEW with link data and PFWD depend on it. */
  readonly correlationId?: Bytes
}

const CORRELATION_BYTES = 24
/** What the key of a service's session signs (SMP, "Service certificates"). */
const signedByServiceAlone: ReadonlySet<Tag> = new Set<Tag>(['SUBS', 'NSUBS'])
const signedByServiceToo: ReadonlySet<Tag> = new Set<Tag>(['NEW', 'SUB', 'NSUB'])
const FIELD_LENGTHS = 3

export type RequestEncoder = (request: Request, correlationId: Bytes) => Bytes

/** The DH of a queue's key with the session's never changes: once per key instead of per command. */
const rememberingSecrets = (crypto: CryptoProvider): CryptoProvider => {
  const secrets = new WeakMap<PrivateKey, Bytes | undefined>()
  return {
    ...crypto,
    x25519(privateKey, publicKey) {
      const secret = secrets.get(privateKey) ?? crypto.x25519(privateKey, publicKey)
      secrets.set(privateKey, secret)
      return secret
    },
  }
}

const isDhPrivateKey = (key: PrivateKey): key is PrivateKey<'X25519'> => key.algorithm === 'X25519'
const isSigningKey = (key: PrivateKey): key is PrivateKey<SignAlgorithm> => !isDhPrivateKey(key)

export const newCorrelationId = (crypto: CryptoProvider): Bytes =>
  crypto.randomBytes(CORRELATION_BYTES)

/** Makes the transmission of a request in one session. */
export const createRequestEncoder = (
  crypto: CryptoProvider,
  session: Pick<Session, 'version' | 'sessionId' | 'serverKey' | 'service'>,
): RequestEncoder => {
  const { sessionId, serverKey, service } = session
  const authenticatorCrypto = rememberingSecrets(crypto)
  const authorize = (key: PrivateKey, authorized: Bytes, correlationId: Bytes): Bytes => {
    if (isSigningKey(key)) return crypto.sign(key, authorized)
    if (!isDhPrivateKey(key) || serverKey === undefined)
      throw new UnsupportedOperation('the server has no session key for X25519 authorization (v6)')
    const parts = { authorized, queueKey: key, sessionKey: serverKey, correlationId }
    return makeAuthenticator(authenticatorCrypto, parts)
  }
  return ({ command, entityId = noEntity, key }, correlationId) => {
    const encoded = encodeCommand(command, session.version)
    const lengths = FIELD_LENGTHS + sessionId.length + correlationId.length + entityId.length
    const authorized = new Writer(lengths + encoded.length)
      .short(sessionId)
      .short(correlationId)
      .shortText(entityId)
      .raw(encoded)
      .bytes()
    const tail = authorized.subarray(1 + sessionId.length)
    if (service !== undefined && signedByServiceAlone.has(command.tag))
      return encodeTransmission(session, crypto.sign(service.key, authorized), tail)
    const isSignedToo = service !== undefined && signedByServiceToo.has(command.tag)
    const both = isSignedToo ? concatBytes(service.certificateHash, authorized) : authorized
    const authorization = key ? authorize(key, both, correlationId) : noBytes
    const second = isSignedToo && key ? crypto.sign(service.key, authorized) : undefined
    return encodeTransmission(session, authorization, tail, second)
  }
}
