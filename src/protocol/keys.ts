/** Public keys on the SMP wire: DER SubjectPublicKeyInfo in its canonical form only. */
import { type Bytes, concatBytes, copyBytes, equalBytes, ProtocolError } from './bytes.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export type PublicKeyAlgorithm = 'X25519' | 'X448' | 'Ed25519' | 'Ed448'

export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm
  /** 32 bytes (X25519, Ed25519), 56 (X448) or 57 (Ed448). */
  readonly raw: Bytes
}

/** A key that may authorise commands: Ed25519, Ed448, or X25519 for authenticators. */
export type AuthKey = PublicKey & { readonly algorithm: 'Ed25519' | 'Ed448' | 'X25519' }
/** A key for Diffie-Hellman: X25519 only. */
export type DhKey = PublicKey & { readonly algorithm: 'X25519' }

interface SpkiForm {
  readonly algorithm: PublicKeyAlgorithm
  readonly prefix: Bytes
  readonly length: number
}

const form = (algorithm: PublicKeyAlgorithm, oidByte: number, rawLength: number): SpkiForm => {
  const prefix = Uint8Array.of(
    ...[0x30, rawLength + 10, 0x30, 5, 6, 3, 0x2b, 0x65, oidByte, 3, rawLength + 1, 0],
  )
  return { algorithm, prefix, length: prefix.length + rawLength }
}

// RFC 8410: 1.3.101.110 to 113; raw lengths 32, 56, 32, 57
const forms: readonly SpkiForm[] = [
  form('X25519', 0x6e, 32),
  form('X448', 0x6f, 56),
  form('Ed25519', 0x70, 32),
  form('Ed448', 0x71, 57),
]

export const encodeSpki = (key: PublicKey): Bytes => {
  const known = forms.find((one) => one.algorithm === key.algorithm)
  if (known === undefined || key.raw.length !== known.length - known.prefix.length)
    throw new TypeError(`not a raw ${key.algorithm} public key`)
  return concatBytes(known.prefix, key.raw)
}

/** The key in `der`; the raw bytes are copied. Anything but a canonical form is a `ProtocolError`. */
export const decodeSpki = (der: Bytes): PublicKey => {
  for (const one of forms)
    if (der.length === one.length && equalBytes(der.subarray(0, one.prefix.length), one.prefix))
      return { algorithm: one.algorithm, raw: copyBytes(der.subarray(one.prefix.length)) }
  throw new ProtocolError('not a public key of a known form')
}

export const isAuthKey = (key: PublicKey): key is AuthKey => key.algorithm !== 'X448'
export const isDhKey = (key: PublicKey): key is DhKey => key.algorithm === 'X25519'

export const equalKeys = (a: PublicKey, b: PublicKey): boolean =>
  a.algorithm === b.algorithm && equalBytes(a.raw, b.raw)

/** An `SS(SPKI)` of a key that may authorise commands. */
export const readAuthKey = (reader: Reader): AuthKey => {
  const key = decodeSpki(reader.short())
  if (!isAuthKey(key)) throw new ProtocolError('not a key for authorization')
  return key
}

/** An `SS(SPKI)` of an X25519 key. */
export const readDhKey = (reader: Reader): DhKey => {
  const key = decodeSpki(reader.short())
  if (!isDhKey(key)) throw new ProtocolError('not an X25519 key')
  return key
}

export const writeKey = (writer: Writer, key: PublicKey): Writer => writer.short(encodeSpki(key))
