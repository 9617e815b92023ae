/** Transmissions as bytes: authorised in every way, with ids of every length, and with changed bytes. */

import type { Session } from '../../src/client/handshake.ts'
import { makeAuthenticator } from '../../src/crypto/authenticator.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { PrivateKey, SignAlgorithm } from '../../src/crypto/provider.ts'
import { type Bytes, concatBytes, noBytes } from '../../src/protocol/bytes.ts'
import type { Tag } from '../../src/protocol/command.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import type { EntityId } from '../../src/protocol/ids.ts'
import {
  authorizedPrefix,
  encodeTail,
  encodeTransmission,
} from '../../src/protocol/transmission.ts'
import type { Choices } from './choices.ts'
import { commandBytes, type Meant, meantCommand, type Surroundings } from './commands.ts'
import { mutated } from './mutate.ts'
import { type RingKey, someKey, strangeId } from './world.ts'

export type Identified = Pick<Session, 'version' | 'sessionId' | 'serverKey' | 'service'>

export interface Made {
  readonly bytes: Bytes
  readonly correlationId: Bytes
  readonly meant: Meant
}

const USUAL_BYTES = 24

const correlationIdFor = (choices: Choices): Bytes =>
  choices.bytes(choices.percent(92) ? USUAL_BYTES : choices.of(0, 1, 4, 23, 25, 64, 255))

/** Of the lengths that mean something, and of others. */
const noise = (choices: Choices): Bytes =>
  choices.bytes(choices.of(64, 64, 80, 114, 0, 1, 63, 65, 255))

const isSigning = (key: PrivateKey): key is PrivateKey<SignAlgorithm> => key.algorithm !== 'X25519'
const isDh = (key: PrivateKey): key is PrivateKey<'X25519'> => key.algorithm === 'X25519'

const authorizationBy = (
  { privateKey }: RingKey,
  authorized: Bytes,
  correlationId: Bytes,
  { serverKey }: Identified,
): Bytes => {
  const key: PrivateKey = privateKey
  if (isSigning(key)) return crypto.sign(key, authorized)
  if (!isDh(key) || serverKey === undefined) return noBytes
  return makeAuthenticator(crypto, {
    authorized,
    correlationId,
    queueKey: key,
    sessionKey: serverKey,
  })
}

const signedByServiceAlone: ReadonlySet<Tag> = new Set<Tag>(['SUBS', 'NSUBS'])
const signedByServiceToo: ReadonlySet<Tag> = new Set<Tag>(['NEW', 'SUB', 'NSUB'])

const keyFor = (choices: Choices, { key }: Meant): RingKey | undefined => {
  if (choices.percent(90)) return key
  return choices.percent(50) ? someKey(choices) : undefined
}

const entityFor = (
  choices: Choices,
  { entityId, command }: Meant,
  session: Identified,
): EntityId => {
  if (signedByServiceAlone.has(command.tag) && choices.percent(80))
    return session.service?.serviceId ?? ''
  return choices.percent(95) ? entityId : strangeId(choices)
}

interface Authorised {
  readonly authorization: Bytes
  readonly second?: Bytes
}

/** As the command asks for it, or nearly so. */
const authorised = (
  choices: Choices,
  { tag, key }: { readonly tag: Tag; readonly key: RingKey | undefined },
  { tail, correlationId }: { readonly tail: Bytes; readonly correlationId: Bytes },
  session: Identified,
): Authorised => {
  if (choices.percent(5)) return { authorization: noise(choices), second: choices.bytes(64) }
  const authorized = concatBytes(authorizedPrefix(session.sessionId), tail)
  const { service } = session
  if (service !== undefined && signedByServiceAlone.has(tag))
    return { authorization: crypto.sign(service.key, authorized) }
  if (key === undefined) return { authorization: noBytes }
  const isSignedToo = service !== undefined && signedByServiceToo.has(tag) && choices.percent(90)
  const both = isSignedToo ? concatBytes(service.certificateHash, authorized) : authorized
  return {
    authorization: authorizationBy(key, both, correlationId, session),
    ...(isSignedToo && { second: crypto.sign(service.key, authorized) }),
  }
}

/** RKEY that takes the known key away would leave a queue that nobody can delete. */
const mutatedPercent = ({ command: { tag } }: Meant): number => (tag === 'RKEY' ? 0 : 18)

/** @param only of these commands */
export const madeTransmission = (
  choices: Choices,
  session: Identified,
  at: Surroundings,
  only?: ReadonlySet<Tag>,
): Made => {
  const correlationId = correlationIdFor(choices)
  const meant = meantCommand(choices, at, correlationId, only)
  const entityId = entityFor(choices, meant, session)
  const command = commandBytes(choices, meant, session.version, mutatedPercent(meant))
  const tail = encodeTail({ correlationId, entityId }, command)
  const key = keyFor(choices, meant)
  const { tag } = meant.command
  const by = authorised(choices, { tag, key }, { tail, correlationId }, session)
  const ofSession = choices.percent(97) ? session : { ...session, sessionId: choices.bytes(32) }
  const bytes = encodeTransmission(ofSession, by.authorization, tail, by.second)
  const isChanged = choices.percent(8)
  return { bytes: isChanged ? mutated(bytes, choices) : bytes, correlationId, meant }
}

/** In order in every field. */
export const plainRequest = (session: Identified, { command, entityId, key }: Meant): Bytes => {
  const correlationId = crypto.randomBytes(USUAL_BYTES)
  const tail = encodeTail({ correlationId, entityId }, encodeCommand(command, session.version))
  const authorized = concatBytes(authorizedPrefix(session.sessionId), tail)
  const authorization = key ? authorizationBy(key, authorized, correlationId, session) : noBytes
  return encodeTransmission(session, authorization, tail)
}
