/**
 * What a short link leads to (SMP, "Short links"): two parts that only holders of the link can read,
 * both signed by a root key that the link itself vouches for.
 */
import type { CryptoProvider, KeyPair } from '../crypto/provider.ts'
import { contactLink, invitationLinkKey, linkKeyOf } from '../crypto/short-link.ts'
import { NONCE_BYTES, signatureBytes } from '../crypto/sizes.ts'
import { type Bytes, concatBytes, equalBytes, ProtocolError } from '../protocol/bytes.ts'
import type { LinkContent } from '../protocol/command.ts'
import { type LinkId, linkIdOf } from '../protocol/ids.ts'
import { decodeSpki, type PublicKey, writeKey } from '../protocol/keys.ts'
import { pad, unpad } from '../protocol/padding.ts'
import { Reader } from '../protocol/reader.ts'
import { readVersionRange, type VersionRange, writeVersionRange } from '../protocol/version.ts'
import { Writer } from '../protocol/writer.ts'

export type LinkKind = 'invitation' | 'contact'

/** Lengths of the padded plaintexts; 40 bytes more as stored. */
const FIXED_BYTES = 2008
const USER_BYTES = 13_784

/** The part that can never change: the link key is its hash. */
export interface FixedData {
  /** Versions of the agent that made the link; not those of SMP. */
  readonly agentVersions: VersionRange
  /** Ed25519; signs both parts. */
  readonly rootKey: PublicKey
  /** What follows in the fixed data; a connection request in links of SimpleX apps. */
  readonly content: Bytes
}

export const encodeFixedData = ({ agentVersions, rootKey, content }: FixedData): Bytes =>
  writeKey(writeVersionRange(new Writer(256), agentVersions), rootKey)
    .raw(content)
    .bytes()

const decodeFixedData = (data: Bytes): FixedData => {
  const reader = new Reader(data)
  const agentVersions = readVersionRange(reader)
  const rootKey = decodeSpki(reader.short())
  if (rootKey.algorithm !== 'Ed25519') throw new ProtocolError('a root key that is not Ed25519')
  return { agentVersions, rootKey, content: reader.rest() }
}

const linkOf = (
  crypto: CryptoProvider,
  kind: LinkKind,
  linkKey: Bytes,
): { readonly linkId?: LinkId; readonly key: Bytes } => {
  if (kind === 'invitation') return { key: invitationLinkKey(crypto, linkKey) }
  const { linkId, key } = contactLink(crypto, linkKey)
  return { linkId: linkIdOf(linkId), key }
}

interface Sealing {
  readonly key: Bytes
  readonly rootKey: KeyPair<'Ed25519'>
  readonly paddedBytes: number
  readonly nonce: Bytes
}

const sealPart = (
  crypto: CryptoProvider,
  data: Bytes,
  { key, rootKey, paddedBytes, nonce }: Sealing,
): Bytes => {
  const signature = crypto.sign(rootKey.privateKey, data)
  const signed = new Writer(128 + data.length).short(signature).raw(data).bytes()
  return concatBytes(nonce, crypto.box(key, nonce, pad(signed, paddedBytes)))
}

interface SignedPart {
  readonly signature: Bytes
  readonly data: Bytes
}

const openPart = (crypto: CryptoProvider, key: Bytes, stored: Bytes): SignedPart => {
  const reader = new Reader(stored)
  const nonce = reader.take(NONCE_BYTES)
  const padded = crypto.openBox(key, nonce, reader.rest())
  if (padded === undefined) throw new ProtocolError('the link data does not open')
  const signed = new Reader(unpad(padded))
  const signature = signed.short()
  if (signature.length !== signatureBytes.Ed25519) throw new ProtocolError('not a signature')
  return { signature, data: signed.rest() }
}

export interface NewLink {
  /** 32 bytes, the secret of the link. */
  readonly linkKey: Bytes
  /** Of contact links, whose id follows from the key; the server chooses that of invitations. */
  readonly linkId?: LinkId
  /** For NEW or LSET. */
  readonly data: LinkContent
}

export interface LinkParts {
  readonly rootKey: KeyPair<'Ed25519'>
  /** Encoded fixed data with this root key, at most 1941 bytes. */
  readonly fixed: Bytes
  /** At most 13,717 bytes. */
  readonly user: Bytes
  /** 24 bytes for each part; default: random. */
  readonly nonces?: { readonly fixed: Bytes; readonly user: Bytes }
}

/**
 * Link data and the key to it.
 * @throws RangeError for parts that are too long
 */
export const makeLink = (crypto: CryptoProvider, kind: LinkKind, parts: LinkParts): NewLink => {
  const { rootKey, fixed, user } = parts
  const nonces = parts.nonces ?? {
    fixed: crypto.randomBytes(NONCE_BYTES),
    user: crypto.randomBytes(NONCE_BYTES),
  }
  const linkKey = linkKeyOf(crypto, fixed)
  const { linkId, key } = linkOf(crypto, kind, linkKey)
  const sealing = { key, rootKey }
  return {
    linkKey,
    ...(linkId !== undefined && { linkId }),
    data: {
      fixed: sealPart(crypto, fixed, { ...sealing, paddedBytes: FIXED_BYTES, nonce: nonces.fixed }),
      user: sealPart(crypto, user, { ...sealing, paddedBytes: USER_BYTES, nonce: nonces.user }),
    },
  }
}

/** The id of a contact link, for LGET. */
export const contactLinkId = (crypto: CryptoProvider, linkKey: Bytes): LinkId =>
  linkIdOf(contactLink(crypto, linkKey).linkId)

/**
 * Opens what LKEY or LGET gave. User data that another owner signed is refused.
 * @throws ProtocolError where the link does not vouch for every byte
 */
export const openLink = (
  crypto: CryptoProvider,
  kind: LinkKind,
  link: { readonly linkKey: Bytes; readonly data: LinkContent },
): FixedData & { readonly user: Bytes } => {
  const { key } = linkOf(crypto, kind, link.linkKey)
  const fixed = openPart(crypto, key, link.data.fixed)
  if (!equalBytes(linkKeyOf(crypto, fixed.data), link.linkKey))
    throw new ProtocolError('the fixed data is not that of the link')
  const decoded = decodeFixedData(fixed.data)
  const user = openPart(crypto, key, link.data.user)
  for (const { data, signature } of [fixed, user])
    if (!crypto.verify(decoded.rootKey, data, signature))
      throw new ProtocolError('the link data is not signed by its root key')
  return { ...decoded, user: user.data }
}
