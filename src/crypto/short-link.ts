/** Keys and ids that follow from others (Crypto/ShortLink.hs). Server view: links are opaque. */
import { type Bytes, noBytes, utf8Bytes } from '../protocol/bytes.ts'
import { ID_BYTES } from '../protocol/ids.ts'
import type { CryptoProvider } from './provider.ts'
import { SECRET_BYTES } from './sizes.ts'

const contactInfo = utf8Bytes('SimpleXContactLink')
const invitationInfo = utf8Bytes('SimpleXInvLink')

/** The link key, part of the link itself: a hash of the fixed data before it is signed. */
export const linkKeyOf = (crypto: CryptoProvider, fixedData: Bytes): Bytes =>
  crypto.sha3_256(fixedData)

export const contactLink = (
  crypto: CryptoProvider,
  linkKey: Bytes,
): { readonly linkId: Bytes; readonly key: Bytes } => {
  const length = ID_BYTES + SECRET_BYTES
  const derived = crypto.hkdfSha512({ salt: noBytes, ikm: linkKey, info: contactInfo, length })
  return { linkId: derived.subarray(0, ID_BYTES), key: derived.subarray(ID_BYTES) }
}

export const invitationLinkKey = (crypto: CryptoProvider, linkKey: Bytes): Bytes =>
  crypto.hkdfSha512({ salt: noBytes, ikm: linkKey, info: invitationInfo, length: SECRET_BYTES })

/** The sender id that NEW must name to create a queue with link data. */
export const senderIdOfCorrelation = (crypto: CryptoProvider, correlationId: Bytes): Bytes =>
  crypto.sha3_384(correlationId).subarray(0, ID_BYTES)
