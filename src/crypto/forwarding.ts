/**
 * The layers of a forwarded command (SMP, "Proxying sender commands"): the client's box inside the
 * forwarding relay's, each answered with its nonce reversed.
 */
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import { type DhKey, readDhKey, writeKey } from '../protocol/keys.ts'
import { pad, unpad } from '../protocol/padding.ts'
import { Reader } from '../protocol/reader.ts'
import type { Version } from '../protocol/version.ts'
import { Writer } from '../protocol/writer.ts'
import { nonceOf } from './authenticator.ts'
import type { CryptoProvider } from './provider.ts'

/** The padded block inside PFWD and PRES. */
export const FORWARDED_BYTES = 16_226

/** What a box is made with: the secret of two parties, and the correlation id of the request. */
export interface ForwardingKey {
  readonly secret: Bytes
  readonly correlationId: Bytes
}

/** A client's command as the forwarding relay passes it on. */
export interface Forwarded {
  readonly correlationId: Bytes
  readonly version: Version
  /** The client's, for this command alone. */
  readonly key: DhKey
  /** A box that only the destination opens. */
  readonly transmission: Bytes
}

export interface ForwardedResponse {
  readonly correlationId: Bytes
  readonly response: Bytes
}

const HEAD_BYTES = 1 + 255 + 2 + 45

const requestNonce = ({ correlationId }: ForwardingKey): Bytes => nonceOf(correlationId)

const responseNonce = ({ correlationId }: ForwardingKey): Bytes =>
  nonceOf(correlationId).toReversed()

/** The content of RFWD. */
export const sealForwarded = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  { correlationId, version, key: clientKey, transmission }: Forwarded,
): Bytes => {
  const writer = new Writer(HEAD_BYTES + transmission.length).short(correlationId).u16(version)
  writeKey(writer, clientKey).raw(transmission)
  return crypto.box(key.secret, requestNonce(key), writer.bytes())
}

/**
 * Undefined where it does not decrypt.
 * @throws ProtocolError for a content that does not parse
 */
export const openForwarded = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  boxed: Bytes,
): Forwarded | undefined => {
  const plain = crypto.openBox(key.secret, requestNonce(key), boxed)
  if (plain === undefined) return undefined
  const reader = new Reader(plain)
  return {
    correlationId: reader.short(),
    version: reader.u16(),
    key: readDhKey(reader),
    transmission: reader.rest(),
  }
}

/** The content of RRES. */
export const sealResponse = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  { correlationId, response }: ForwardedResponse,
): Bytes => {
  const writer = new Writer(HEAD_BYTES + response.length).short(correlationId).raw(response)
  return crypto.box(key.secret, responseNonce(key), writer.bytes())
}

/** As `openForwarded`. */
export const openResponse = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  boxed: Bytes,
): ForwardedResponse | undefined => {
  const plain = crypto.openBox(key.secret, responseNonce(key), boxed)
  if (plain === undefined) return undefined
  const reader = new Reader(plain)
  return { correlationId: reader.short(), response: reader.rest() }
}

/** The client's block, unpadded; undefined where it does not decrypt to a padded one. */
export const openCommandBlock = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  boxed: Bytes,
): Bytes | undefined => {
  const padded = crypto.openBox(key.secret, requestNonce(key), boxed)
  try {
    return padded && unpad(padded)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/**
 * The answer to a client, for PRES.
 * @throws RangeError for one that does not fit
 */
export const sealAnswerBlock = (
  crypto: CryptoProvider,
  key: ForwardingKey,
  transmission: Bytes,
): Bytes => {
  const block = new Writer(HEAD_BYTES + transmission.length).u8(1).large(transmission).bytes()
  return crypto.box(key.secret, responseNonce(key), pad(block, FORWARDED_BYTES))
}
