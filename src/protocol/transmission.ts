/** One transmission: authorization, correlation id, entity id, command (SMP, "Transmissions"). */
import { type Bytes, equalBytes, noBytes, ProtocolError } from './bytes.ts'
import { type EntityId, entityIdOf } from './ids.ts'
import { Reader } from './reader.ts'
import { hasServices, sessionIdImplied, type Version } from './version.ts'
import { Writer } from './writer.ts'

export interface TransmissionSession {
  readonly version: Version
  readonly sessionId: Bytes
}

/** All byte fields are views of the block that the transmission came in. */
export interface Transmission {
  /** Empty, 64 (Ed25519), 114 (Ed448) or 80 bytes (authenticator) when valid. */
  readonly authorization: Bytes
  /** The second signature of a service session, 64 bytes; from v16. */
  readonly serviceSignature?: Bytes
  /** As received; empty in versions that imply it. */
  readonly sessionId: Bytes
  readonly correlationId: Bytes
  readonly entityId: EntityId
  readonly command: Bytes
  /** From the correlation id on: what is authorised, without the session id. */
  readonly tail: Bytes
}

const SIGNATURE_BYTES = 64

const readServiceSignature = (reader: Reader): Bytes | undefined =>
  reader.maybe((r) => {
    const signature = r.short()
    if (signature.length !== SIGNATURE_BYTES) throw new ProtocolError('not an Ed25519 signature')
    return signature
  })

/** @throws ProtocolError when the fields cannot be told apart */
export const decodeTransmission = (bytes: Bytes, version: Version): Transmission => {
  const reader = new Reader(bytes)
  const authorization = reader.short()
  const serviceSignature =
    hasServices(version) && authorization.length > 0 ? readServiceSignature(reader) : undefined
  const sessionId = sessionIdImplied(version) ? noBytes : reader.short()
  const start = reader.position
  const correlationId = reader.short()
  const entityId = entityIdOf(reader.short())
  return {
    authorization,
    ...(serviceSignature && { serviceSignature }),
    sessionId,
    correlationId,
    entityId,
    command: reader.rest(),
    tail: bytes.subarray(start),
  }
}

export const hasSessionId = (transmission: Transmission, session: TransmissionSession): boolean =>
  sessionIdImplied(session.version) || equalBytes(transmission.sessionId, session.sessionId)

/** `SS(sessionId)`, which precedes the tail in what is authorised, in every version. */
export const authorizedPrefix = (sessionId: Bytes): Bytes => new Writer(64).short(sessionId).bytes()

export interface TransmissionFields {
  readonly correlationId: Bytes
  readonly entityId: EntityId
}

/** Starts a transmission without authorization; the command or reply is to follow. */
export const writeUnsignedHead = (
  writer: Writer,
  session: TransmissionSession,
  { correlationId, entityId }: TransmissionFields,
): Writer => {
  writer.u8(0)
  if (!sessionIdImplied(session.version)) writer.short(session.sessionId)
  return writer.short(correlationId).shortText(entityId)
}

/** `SS(corrId) || SS(entityId) || command`. */
export const encodeTail = (fields: TransmissionFields, command: Bytes): Bytes =>
  new Writer(64 + command.length)
    .short(fields.correlationId)
    .shortText(fields.entityId)
    .raw(command)
    .bytes()

/** A client's transmission around an encoded tail; `authorization` may be empty. */
export const encodeTransmission = (
  session: TransmissionSession,
  authorization: Bytes,
  tail: Bytes,
  serviceSignature?: Bytes,
): Bytes => {
  const writer = new Writer(256 + tail.length).short(authorization)
  if (hasServices(session.version) && authorization.length > 0)
    writer.maybe(serviceSignature, (w, signature) => w.short(signature))
  if (!sessionIdImplied(session.version)) writer.short(session.sessionId)
  return writer.raw(tail).bytes()
}
