/** What only the recipient of a queue (message bodies) or its notifier's owner (NMSG) can read. */
import { type Bytes, ProtocolError, utf8Bytes } from '../protocol/bytes.ts'
import { FILLER, LENGTH_BYTES, pad, unpad } from '../protocol/padding.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import type { CryptoProvider } from './provider.ts'

/** Padded plaintext and box of a body, the same in every version. */
export const PADDED_MESSAGE_BYTES = 16106
export const ENCRYPTED_MESSAGE_BYTES = 16122
const PADDED_NOTIFICATION_BYTES = 128

const SPACE = 0x20
const TRUE = 0x54
const FALSE = 0x46
const HEADER_BYTES = 10 // i64 timestamp, flag, space
const quotaWord = utf8Bytes('QUOTA ')

/** `secret` is the X25519 of the recipient's and the server's key of the queue. */
export interface MessageKey {
  readonly secret: Bytes
  /** 24 bytes, the nonce too. */
  readonly messageId: Bytes
}

/** Timestamps are whole seconds since 1970. */
export type RecipientMessage =
  | {
      readonly tag: 'message'
      readonly timestamp: number
      readonly notification: boolean
      readonly body: Bytes
    }
  | { readonly tag: 'quota'; readonly timestamp: number }

const setTimestamp = (target: Uint8Array, at: number, timestamp: number): void =>
  new DataView(target.buffer, target.byteOffset).setBigInt64(at, BigInt(timestamp))

const plaintextLength = (message: RecipientMessage): number =>
  message.tag === 'quota' ? quotaWord.length + 8 : HEADER_BYTES + message.body.length

// 16 KB a message is worth keeping: the box is made before the next one
const padded = new Uint8Array(PADDED_MESSAGE_BYTES)

/** The padded plaintext, good until the next one: a body is copied once. */
const paddedPlaintext = (message: RecipientMessage): Bytes => {
  const length = plaintextLength(message)
  const end = LENGTH_BYTES + length
  if (end > PADDED_MESSAGE_BYTES) throw new RangeError('the message body is too long')
  padded[0] = length >>> 8
  padded[1] = length & 0xff
  if (message.tag === 'quota') {
    padded.set(quotaWord, LENGTH_BYTES)
    setTimestamp(padded, LENGTH_BYTES + quotaWord.length, message.timestamp)
  } else {
    setTimestamp(padded, LENGTH_BYTES, message.timestamp)
    padded[LENGTH_BYTES + 8] = message.notification ? TRUE : FALSE
    padded[LENGTH_BYTES + 9] = SPACE
    padded.set(message.body, LENGTH_BYTES + HEADER_BYTES)
  }
  return padded.fill(FILLER, end)
}

export const sealMessage = (
  crypto: CryptoProvider,
  { secret, messageId }: MessageKey,
  message: RecipientMessage,
): Bytes => crypto.box(secret, messageId, paddedPlaintext(message))

const opened = (box: Bytes | undefined): Bytes => {
  if (box === undefined) throw new ProtocolError('does not decrypt')
  return unpad(box)
}

/** Anything up to the space after the flag is left to later versions. */
const skipToSpace = (reader: Reader): void => {
  while (reader.u8() !== SPACE);
}

const parseQuota = (reader: Reader): RecipientMessage => {
  for (const byte of quotaWord) reader.expect(byte)
  const timestamp = reader.seconds()
  reader.finish()
  return { tag: 'quota', timestamp }
}

const parseMessage = (reader: Reader): RecipientMessage => {
  const timestamp = reader.seconds()
  const notification = reader.bool()
  skipToSpace(reader)
  return { tag: 'message', timestamp, notification, body: reader.rest() }
}

/** Throws a `ProtocolError` for a box that does not open and for a plaintext of no known form. */
export const openMessage = (
  crypto: CryptoProvider,
  { secret, messageId }: MessageKey,
  encrypted: Bytes,
): RecipientMessage => {
  const reader = new Reader(opened(crypto.openBox(secret, messageId, encrypted)))
  return reader.attempt(parseQuota) ?? parseMessage(reader)
}

export interface NotificationMeta {
  readonly messageId: Bytes
  readonly timestamp: number
}

/** `secret` is the X25519 of the keys in NKEY (or NEW) and NID (or IDS); gives 144 bytes. */
export const sealNotification = (
  crypto: CryptoProvider,
  { secret, nonce }: { readonly secret: Bytes; readonly nonce: Bytes },
  { messageId, timestamp }: NotificationMeta,
): Bytes => {
  const meta = new Writer(64).short(messageId).i64(timestamp)
  return crypto.box(secret, nonce, pad(meta.bytes(), PADDED_NOTIFICATION_BYTES))
}

/** Throws as `openMessage`; bytes after the timestamp are left to later versions. */
export const openNotification = (
  crypto: CryptoProvider,
  { secret, nonce }: { readonly secret: Bytes; readonly nonce: Bytes },
  encrypted: Bytes,
): NotificationMeta => {
  const reader = new Reader(opened(crypto.openBox(secret, nonce, encrypted)))
  return { messageId: reader.short(), timestamp: reader.seconds() }
}
