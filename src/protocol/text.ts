/** Text forms of bytes and passwords (SMP text encodings). */
import { type Bytes, latin1Bytes, latin1Text, ProtocolError } from './bytes.ts'

/** Standard base64 with padding, used inside INFO. */
export const base64 = (bytes: Bytes): string => btoa(latin1Text(bytes))

/** base64url with padding, as the reference prints it. */
export const base64url = (bytes: Bytes): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_')

/** base64url without padding, for links. */
export const bareBase64url = (bytes: Bytes): string => base64url(bytes).replaceAll('=', '')

/** Padded or unpadded base64url; white space, other alphabets and stray bits are refused. */
export const fromBase64url = (text: string): Bytes => {
  const bare = text.replace(/={1,2}$/, '')
  const hasPadding = bare.length < text.length
  if (!/^[A-Za-z0-9_-]*$/.test(bare) || bare.length % 4 === 1 || (hasPadding && text.length % 4))
    throw new ProtocolError('not base64url')
  const bytes = latin1Bytes(atob(bare.replaceAll('-', '+').replaceAll('_', '/')))
  if (bareBase64url(bytes) !== bare) throw new ProtocolError('base64url with stray bits')
  return bytes
}

// Protocol.hs, basic auth: printable Latin-1 without white space and without "@", ":" and "/"
const passwordForm = /^[!-.0-9;-?A-~\u00a1-\u00ac\u00ae-\u00ff]*$/

export const isPassword = (text: string): boolean => passwordForm.test(text)
