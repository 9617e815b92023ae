/** Byte strings, and the one error for those that do not follow the protocol. */

export type Bytes = Uint8Array

/** Bytes from outside that do not follow the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

export const noBytes: Bytes = new Uint8Array(0)

/** For what outlives its block: `slice` of Node's own kind of bytes would share their memory. */
export const copyBytes = (bytes: Bytes): Bytes => new Uint8Array(bytes)

export const concatBytes = (...parts: readonly Bytes[]): Bytes => {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Equality of public bytes; secrets are compared by the crypto provider. */
export const equalBytes = (a: Bytes, b: Bytes): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const utf8 = new TextEncoder()
// ignoreBOM keeps a byte order mark as the character that it is
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const utf8Bytes = (text: string): Bytes => utf8.encode(text)

export const utf8Text = (bytes: Bytes): string => {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    throw new ProtocolError('text is not UTF-8')
  }
}

/** One character a byte. */
export const latin1Text = (bytes: Bytes): string => String.fromCharCode.apply(null, bytes as never)

export const latin1Bytes = (text: string): Bytes => {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
