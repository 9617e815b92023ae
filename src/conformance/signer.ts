/** Authorization of requests, good and bad (SMP, "Command authentication"). */
import type { ServiceSession } from '../client/service.ts'
import { makeAuthenticator } from '../crypto/authenticator.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { KeyPair, PrivateKey, SignAlgorithm } from '../crypto/provider.ts'
import { type Bytes, concatBytes, noBytes } from '../protocol/bytes.ts'
import { authorizedPrefix, encodeTransmission } from '../protocol/transmission.ts'
import type { Version } from '../protocol/version.ts'

export type Signer =
  /** Nobody. */
  | undefined
  | KeyPair
  /** As it is on the wire. */
  | Bytes
  /** One bit of a good one is wrong. */
  | { readonly damaged: KeyPair }
  /** Good for the same command with another correlation id. */
  | { readonly replayed: KeyPair }
  /** Good for the same command in another session. */
  | { readonly stolen: KeyPair }
  /** In the session of a service: of the queue's key and its own, or of its own alone. */
  | { readonly session: ServiceSession; readonly queueKey?: KeyPair }
  /** With the second signature of a service session. */
  | { readonly queue: KeyPair; readonly service: KeyPair<'Ed25519'> }

/** What transmissions are bound to. */
export interface Binding {
  readonly version: Version
  readonly sessionId: Bytes
  readonly serverKey?: Bytes
}

interface Signed {
  readonly correlationId: Bytes
  /** From the correlation id on. */
  readonly tail: Bytes
}

const isSigning = (key: PrivateKey): key is PrivateKey<SignAlgorithm> => key.algorithm !== 'X25519'
const isDh = (key: PrivateKey): key is PrivateKey<'X25519'> => key.algorithm === 'X25519'

const authorize = (
  binding: Binding,
  pair: KeyPair,
  { correlationId, tail }: Signed,
  first = noBytes,
): Bytes => {
  const key = pair.privateKey
  const authorized = concatBytes(first, authorizedPrefix(binding.sessionId), tail)
  if (isSigning(key)) return crypto.sign(key, authorized)
  const { serverKey: sessionKey } = binding
  if (!isDh(key) || sessionKey === undefined)
    throw new TypeError('no authenticator without a session key of the server')
  return makeAuthenticator(crypto, { authorized, queueKey: key, sessionKey, correlationId })
}

/** Of the key of a service's session (SMP, "Service certificates"). */
const serviceSignature = (
  { sessionId }: Binding,
  { key }: Pick<ServiceSession, 'key'>,
  { tail }: Signed,
): Bytes => crypto.sign(key, concatBytes(authorizedPrefix(sessionId), tail))

const flipped = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte))

const authorizationOf = (binding: Binding, signer: Signer, signed: Signed): Bytes => {
  if (signer === undefined) return noBytes
  if (signer instanceof Uint8Array) return signer
  if ('privateKey' in signer) return authorize(binding, signer, signed)
  if ('damaged' in signer) return flipped(authorize(binding, signer.damaged, signed))
  if ('session' in signer) {
    const { queueKey, session } = signer
    return queueKey === undefined
      ? serviceSignature(binding, session, signed)
      : authorize(binding, queueKey, signed, session.certificateHash)
  }
  if ('queue' in signer) return authorize(binding, signer.queue, signed)
  if ('replayed' in signer) {
    const tail = signed.tail.map((byte, i) => (i === 1 ? byte ^ 1 : byte))
    return authorize(binding, signer.replayed, { ...signed, tail })
  }
  const sessionId = flipped(binding.sessionId)
  return authorize({ ...binding, sessionId }, signer.stolen, signed)
}

/** What signs beside the queue's key. */
const secondKeyOf = (signer: Signer): PrivateKey<'Ed25519'> | undefined => {
  if (signer === undefined || signer instanceof Uint8Array) return undefined
  if ('session' in signer) return signer.queueKey && signer.session.key
  return 'service' in signer ? signer.service.privateKey : undefined
}

/** The whole transmission; the correlation id of a replayed one must not be empty. */
export const transmissionOf = (binding: Binding, signer: Signer, signed: Signed): Bytes => {
  const authorization = authorizationOf(binding, signer, signed)
  const second = secondKeyOf(signer)
  if (second === undefined) return encodeTransmission(binding, authorization, signed.tail)
  const signature = serviceSignature(binding, { key: second }, signed)
  return encodeTransmission(binding, authorization, signed.tail, signature)
}

export const signerText = (signer: Signer): string => {
  if (signer === undefined) return 'unsigned'
  if (signer instanceof Uint8Array) return `an authorization of ${signer.length} bytes`
  if ('privateKey' in signer) return signer.publicKey.algorithm
  if ('damaged' in signer) return `${signer.damaged.publicKey.algorithm}, damaged`
  if ('replayed' in signer) return `${signer.replayed.publicKey.algorithm}, of another request`
  if ('stolen' in signer) return `${signer.stolen.publicKey.algorithm}, of another session`
  if ('session' in signer)
    return signer.queueKey ? `${signer.queueKey.publicKey.algorithm}, as a service` : 'as a service'
  return `${signer.queue.publicKey.algorithm}, and by a service`
}
