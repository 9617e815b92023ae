/** Fields of the reference's lines, as text: base64url, seconds, keys. */
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { Blocking } from '../protocol/error.ts'
import { errorText, parseBlocking } from '../protocol/error.ts'
import { type AuthKey, decodeSpki, encodeSpki, isAuthKey } from '../protocol/keys.ts'

/** Why a line cannot be used, without anything that stands in it. */
export class LineProblem extends Error {
  override readonly name = 'LineProblem'
}

export interface Length {
  readonly min: number
  readonly max: number
}

/** Clients choose some ids, and the reference takes any length; the wire has one byte for it. */
export const ID_LENGTH: Length = { min: 1, max: 255 }
export const NONCE_LENGTH: Length = { min: 24, max: 24 }
const SECRET_LENGTH: Length = { min: 32, max: 32 }
const alphabet = /^[A-Za-z0-9_-]*={0,2}$/
/** What twelve digits hold, as stored. */
const LATEST_SECONDS = 999_999_999_999

/** Padded or not, as the reference reads it. */
export const bytesField = (name: string, text: string, { min, max }: Length): Bytes => {
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
  const bare = text.replace(/=+$/, '')
  const isWhole = alphabet.test(text) && bare.length === Math.ceil((bytes.length * 4) / 3)
  // the last letter may carry bits that belong to no byte
  const tail = Buffer.from(bytes.subarray(bytes.length - (bytes.length % 3))).toString('base64url')
  if (!isWhole || !bare.endsWith(tail) || (bare.length < text.length && text.length % 4 !== 0))
    throw new LineProblem(`${name} is not base64url`)
  if (bytes.length < min || bytes.length > max)
    throw new LineProblem(
      `${name} has ${bytes.length} bytes instead of ${min === max ? min : `${min} to ${max}`}`,
    )
  return bytes
}

export const idField = (name: string, text: string): Bytes => bytesField(name, text, ID_LENGTH)

export const secretField = (name: string, text: string): Bytes =>
  bytesField(name, text, SECRET_LENGTH)

export const secondsField = (name: string, text: string): number => {
  if (!/^\d{1,12}$/.test(text) || Number(text) > LATEST_SECONDS)
    throw new LineProblem(`${name} is not a time in seconds`)
  return Number(text)
}

const KEY_LENGTH: Length = { min: 1, max: 255 }

export const keyField = (name: string, text: string): AuthKey => {
  const der = bytesField(name, text, KEY_LENGTH)
  try {
    const key = decodeSpki(der)
    if (isAuthKey(key)) return key
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  throw new LineProblem(`${name} is not a key that may authorize commands`)
}

const MOST_KEYS = 255

export const keysField = (name: string, text: string): readonly AuthKey[] => {
  const keys = text.split(',')
  if (keys.length > MOST_KEYS) throw new LineProblem(`${name} has more than ${MOST_KEYS} keys`)
  return keys.map((key) => keyField(name, key))
}

export const blockingField = (text: string): Blocking => {
  try {
    return parseBlocking(text)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new LineProblem('the reason of the block is none that is known', { cause: error })
  }
}

export const printBytes = (bytes: Bytes): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

export const printKey = (key: AuthKey): string => printBytes(encodeSpki(key))

export const printKeys = (keys: readonly AuthKey[]): string => keys.map(printKey).join(',')

export const printBlocking = (blocking: Blocking): string =>
  errorText({ code: 'BLOCKED', blocking }).replace(/^BLOCKED /, '')
