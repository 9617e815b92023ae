/** Who may command a queue: signatures and deniable authenticators (SMP, "Command authentication"). */
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { CryptoProvider, PrivateKey } from './provider.ts'
import type { RememberedSecrets } from './remembered-secrets.ts'
import { NONCE_BYTES } from './sizes.ts'

export const AUTHENTICATOR_BYTES = 80

/** Cut or filled with zeros to the 24 bytes of a nonce (`cbNonce` in Crypto.hs). */
export const nonceOf = (correlationId: Bytes): Bytes => {
  if (correlationId.length === NONCE_BYTES) return correlationId
  const nonce = new Uint8Array(NONCE_BYTES)
  nonce.set(correlationId.subarray(0, NONCE_BYTES))
  return nonce
}

/** Box of the SHA-512 of what is authorized, between the queue's key and the server's session key. */
export const makeAuthenticator = (
  crypto: CryptoProvider,
  parts: {
    readonly authorized: Bytes
    readonly queueKey: PrivateKey<'X25519'>
    readonly sessionKey: Bytes
    readonly correlationId: Bytes
  },
): Bytes => {
  const secret = crypto.x25519(parts.queueKey, parts.sessionKey)
  if (secret === undefined) throw new ProtocolError('the session key has a low order')
  return crypto.box(secret, nonceOf(parts.correlationId), crypto.sha512(parts.authorized))
}

/** What a credential is made with follows from its length alone. */
export const credentialAlgorithm = (authorization: Bytes): AuthKey['algorithm'] | undefined => {
  if (authorization.length === 64) return 'Ed25519'
  if (authorization.length === 114) return 'Ed448'
  if (authorization.length === AUTHENTICATOR_BYTES) return 'X25519'
  return undefined
}

export interface Credential {
  readonly authorization: Bytes
  readonly authorized: Bytes
  readonly correlationId: Bytes
  /** The server's key of this session; absent where its hello carried none (v6). */
  readonly sessionKey: PrivateKey<'X25519'> | undefined
  /** Of the same session; absent: every secret is made anew. */
  readonly secrets?: RememberedSecrets | undefined
}

/**
 * Only secrets that opened an authenticator are remembered, and where a remembered one does not, the
 * agreement is made all the same: every refusal costs one, whatever was sent and answered before.
 */
const authenticatorCheck = (
  crypto: CryptoProvider,
  { authorization, authorized, correlationId, sessionKey, secrets }: Credential,
): ((key: AuthKey) => boolean) => {
  const expected = crypto.sha512(authorized)
  const nonce = nonceOf(correlationId)
  const agreed = (key: AuthKey): Bytes | undefined =>
    sessionKey && crypto.x25519(sessionKey, key.raw)
  const opensWith = (secret: Bytes | undefined): boolean => {
    const opened = secret && crypto.openBox(secret, nonce, authorization)
    return opened !== undefined && crypto.equal(opened, expected)
  }
  return (key) => {
    const remembered = secrets?.recall(key.raw)
    const secret = remembered ?? agreed(key)
    const isRight = opensWith(secret)
    if (isRight && secret !== remembered && secret !== undefined) secrets?.remember(key.raw, secret)
    if (!isRight && remembered !== undefined) agreed(key)
    return isRight
  }
}

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))

// The reference's dummy keys (`dummyVerifyCmd` in Server.hs); nobody has their private keys
const dummyKeys: { readonly [A in AuthKey['algorithm']]: AuthKey } = {
  Ed25519: {
    algorithm: 'Ed25519',
    raw: fromBase64('139Oqs4QgpqbAmB0o7rZf6T19ryl7E65k4AYe0kE3Qs='),
  },
  Ed448: {
    algorithm: 'Ed448',
    raw: fromBase64('6ibQc9XpkSLtwrf7PLvp81qW/etiumckVFImCMRdftcG/XopbOSaq9qyLhrgJWKOLyNrQPNVvpMA'),
  },
  X25519: { algorithm: 'X25519', raw: fromBase64('4JGSMYht18H4mas/jHeBwfcM7jLwNYJNOAhi2/g4RXg=') },
}

/**
 * Whether any of the keys made the credential. Without a key of its kind (a missing queue gives no
 * keys at all) a dummy key is verified instead: refusals take the same work and so do not tell
 * which ids exist.
 */
export const verifyAuthorization = (
  crypto: CryptoProvider,
  credential: Credential,
  keys: readonly AuthKey[],
): boolean => {
  const algorithm = credentialAlgorithm(credential.authorization)
  if (algorithm === undefined) return false
  const verifies =
    algorithm === 'X25519'
      ? authenticatorCheck(crypto, credential)
      : (key: AuthKey) => crypto.verify(key, credential.authorized, credential.authorization)
  const candidates = keys.filter((key) => key.algorithm === algorithm)
  if (candidates.length > 0) return candidates.some(verifies)
  verifies(dummyKeys[algorithm])
  return false
}
