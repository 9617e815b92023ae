/** One line of a codec table: bytes and the value that they stand for. */
import { noBytes } from '../../../src/protocol/bytes.ts'
import {
  linkIdOf,
  messageIdOf,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
  serviceIdOf,
} from '../../../src/protocol/ids.ts'
import type { DhKey, PublicKey, PublicKeyAlgorithm } from '../../../src/protocol/keys.ts'
import type { Version } from '../../../src/protocol/version.ts'

export interface Case<T> {
  readonly name: string
  readonly version: Version
  /** White space is allowed. */
  readonly hex: string
  readonly value: T
  /** What the value is encoded as, where that is not `hex`. */
  readonly encoded?: string
  /** The length from which every cut is valid; bytes added there belong to the value. */
  readonly tail?: number
  /** Further lengths at which the cut bytes are another valid value. */
  readonly cuts?: readonly number[]
  /** Bytes after the value are ignored. */
  readonly prefix?: boolean
  /** Changed bytes may be another form of a value, so that it is not encoded as these bytes. */
  readonly lenient?: boolean
}

/** Hex of ASCII text. */
export const word = (text: string): string => Buffer.from(text, 'ascii').toString('hex')

export const fill = (byte: number, length: number) => new Uint8Array(length).fill(byte)
const repeat = (byte: number, length: number) => Buffer.alloc(length, byte).toString('hex')

/** An id of 24 bytes as `SS`. */
const idHex = (byte: number): string => `18 ${repeat(byte, 24)}`

export const correlationHex = idHex(0xc0)
export const correlationId = fill(0xc0, 24)
export const recipientHex = idHex(0xa1)
export const recipientId = recipientIdOf(fill(0xa1, 24))
export const senderHex = idHex(0xa2)
export const senderId = senderIdOf(fill(0xa2, 24))
export const linkHex = idHex(0xa3)
export const linkId = linkIdOf(fill(0xa3, 24))
export const notifierHex = idHex(0xa4)
export const notifierId = notifierIdOf(fill(0xa4, 24))
export const messageHex = idHex(0xa5)
export const messageId = messageIdOf(fill(0xa5, 24))
export const serviceHex = idHex(0xa6)
export const serviceId = serviceIdOf(fill(0xa6, 24))
export const noMessageId = messageIdOf(noBytes)

const key = <A extends PublicKeyAlgorithm>(
  algorithm: A,
  byte: number,
  length: number,
): PublicKey & { readonly algorithm: A } => ({ algorithm, raw: fill(byte, length) })

/** `SS` of the SubjectPublicKeyInfo, RFC 8410. */
export const ed25519Hex = `2c 302a300506032b6570032100 ${repeat(0x11, 32)}`
export const ed25519Key = key('Ed25519', 0x11, 32)
export const ed448Hex = `45 3043300506032b6571033a00 ${repeat(0x22, 57)}`
export const ed448Key = key('Ed448', 0x22, 57)
export const x25519Hex = `2c 302a300506032b656e032100 ${repeat(0x33, 32)}`
export const x25519Key: DhKey = key('X25519', 0x33, 32)
export const x448Hex = `44 3042300506032b656f033900 ${repeat(0x44, 56)}`
export const x448Key = key('X448', 0x44, 56)

export const keyHashHex = repeat(0xfe, 32)
export const keyHash = fill(0xfe, 32)
export const sessionIdHex = repeat(0x5e, 32)
export const sessionId = fill(0x5e, 32)
