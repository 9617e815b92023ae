/** The end-to-end layer inside a SEND body, which the server cannot read (SMP agent, message envelopes). */
import type { CryptoProvider } from '../crypto/provider.ts'
import { NONCE_BYTES } from '../crypto/sizes.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import { type AuthKey, type DhKey, readAuthKey, readDhKey, writeKey } from '../protocol/keys.ts'
import { pad, unpad } from '../protocol/padding.ts'
import { Reader } from '../protocol/reader.ts'
import type { VersionRange } from '../protocol/version.ts'
import { Writer } from '../protocol/writer.ts'

/** Versions of this layer that clients speak today. */
export const clientVersions: VersionRange = { min: 1, max: 4 }

/** Plaintext lengths, with 2 bytes of length and the header. */
const PADDED_MESSAGE_BYTES = 16_000
const PADDED_CONFIRMATION_BYTES = 15_904

const NO_KEY = 0x5f // '_'
const WITH_KEY = 0x4b // 'K'

export interface ClientMessage {
  /** The key that its sender is going to use, for the recipient to secure the queue with. */
  readonly senderKey?: AuthKey
  /** At most 15,997 bytes, in a confirmation 15,901 less the sender's key of 46 (Ed448: 71). */
  readonly body: Bytes
}

/** An envelope as it came in. */
export interface Envelope {
  readonly clientVersion: number
  /** The sender's half of the secret; present in confirmations, the first message of a sender. */
  readonly dhKey?: DhKey
  readonly nonce: Bytes
  readonly box: Bytes
}

const encodeMessage = ({ senderKey, body }: ClientMessage): Bytes => {
  const writer = new Writer(128 + body.length)
  if (senderKey === undefined) writer.u8(NO_KEY)
  else writeKey(writer.u8(WITH_KEY), senderKey)
  return writer.raw(body).bytes()
}

const decodeMessage = (plain: Bytes): ClientMessage => {
  const reader = new Reader(plain)
  const kind = reader.u8()
  if (kind === NO_KEY) return { body: reader.rest() }
  if (kind !== WITH_KEY) throw new ProtocolError('an unknown kind of client message')
  return { senderKey: readAuthKey(reader), body: reader.rest() }
}

/**
 * A body for SEND: 16,043 bytes, with `dhKey` 15,992. `secret` is the X25519 of the key in the
 * queue's URI and the sender's.
 * @throws RangeError for a message that does not fit
 */
export const sealEnvelope = (
  crypto: CryptoProvider,
  secret: Bytes,
  message: ClientMessage & {
    readonly dhKey?: DhKey
    readonly nonce?: Bytes
    readonly clientVersion?: number
  },
): Bytes => {
  const {
    dhKey,
    nonce = crypto.randomBytes(NONCE_BYTES),
    clientVersion = clientVersions.max,
  } = message
  const paddedBytes = dhKey === undefined ? PADDED_MESSAGE_BYTES : PADDED_CONFIRMATION_BYTES
  const padded = pad(encodeMessage(message), paddedBytes)
  return new Writer(128 + paddedBytes)
    .u16(clientVersion)
    .maybe(dhKey, writeKey)
    .raw(nonce)
    .raw(crypto.box(secret, nonce, padded))
    .bytes()
}

/** @throws ProtocolError */
export const readEnvelope = (body: Bytes): Envelope => {
  const reader = new Reader(body)
  const clientVersion = reader.u16()
  if (clientVersion < clientVersions.min || clientVersion > clientVersions.max)
    throw new ProtocolError('an envelope of an unknown version')
  const dhKey = reader.maybe(readDhKey)
  return {
    clientVersion,
    ...(dhKey && { dhKey }),
    nonce: reader.take(NONCE_BYTES),
    box: reader.rest(),
  }
}

/** @throws ProtocolError for an envelope that another key made */
export const openEnvelope = (
  crypto: CryptoProvider,
  secret: Bytes,
  { nonce, box }: Envelope,
): ClientMessage => {
  const padded = crypto.openBox(secret, nonce, box)
  if (padded === undefined) throw new ProtocolError('the envelope does not open')
  return decodeMessage(unpad(padded))
}
