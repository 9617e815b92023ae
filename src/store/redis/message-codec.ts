/** Messages and notifications as list elements: 12 digits of seconds first, for the scripts. */
import {
  type Bytes,
  copyBytes,
  latin1Bytes,
  latin1Text,
  noBytes,
  ProtocolError,
} from '../../protocol/bytes.ts'
import { ID_BYTES, messageIdOf } from '../../protocol/ids.ts'
import type { StoredMessage, StoredNotification } from '../store.ts'
import type { Joined } from './connection/command.ts'

const QUOTA = 0x71
const DIGITS = 12
const HEAD_BYTES = 1 + DIGITS + ID_BYTES
const NONCE_BYTES = 24

const digits = (seconds: number): string => String(seconds).padStart(DIGITS, '0')

const secondsOf = (bytes: Bytes): number => {
  const text = latin1Text(bytes)
  if (!/^\d{12}$/.test(text)) throw new ProtocolError('not a stored time')
  return Number(text)
}

/** kind, seconds, message id (24 bytes), body */
export const encodeMessage = (message: StoredMessage): Joined => {
  const { timestamp, messageId } = message
  const place = `${digits(timestamp)}${messageId}`
  return message.kind === 'quota'
    ? { head: `q${place}`, bytes: noBytes }
    : { head: `m${place}`, bytes: message.body }
}

export const decodeMessage = (bytes: Bytes): StoredMessage => {
  const timestamp = secondsOf(bytes.subarray(1, 1 + DIGITS))
  const messageId = messageIdOf(bytes.subarray(1 + DIGITS, HEAD_BYTES))
  if (bytes[0] === QUOTA) return { kind: 'quota', messageId, timestamp }
  return { kind: 'message', messageId, timestamp, body: bytes.subarray(HEAD_BYTES) }
}

/** seconds, nonce (24 bytes), encrypted metadata */
export const encodeNotification = ({ timestamp, nonce, meta }: StoredNotification): Bytes => {
  const bytes = new Uint8Array(DIGITS + nonce.length + meta.length)
  bytes.set(latin1Bytes(digits(timestamp)))
  bytes.set(nonce, DIGITS)
  bytes.set(meta, DIGITS + NONCE_BYTES)
  return bytes
}

export const decodeNotification = (bytes: Bytes): StoredNotification => ({
  timestamp: secondsOf(bytes.subarray(0, DIGITS)),
  nonce: copyBytes(bytes.subarray(DIGITS, DIGITS + NONCE_BYTES)),
  meta: copyBytes(bytes.subarray(DIGITS + NONCE_BYTES)),
})
