import type { CryptoProvider, PrivateKey } from '../crypto/provider.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { DhKey } from '../protocol/keys.ts'

/**
 * X25519, 32 bytes.
 * @throws ProtocolError for a public key of low order
 */
export const sharedSecret = (
  crypto: CryptoProvider,
  privateKey: PrivateKey<'X25519'>,
  publicKey: DhKey,
): Bytes => {
  const secret = crypto.x25519(privateKey, publicKey.raw)
  if (secret === undefined) throw new ProtocolError('a public key of low order')
  return secret
}
