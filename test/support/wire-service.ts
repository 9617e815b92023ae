/** Services as clients of tests: a certificate, a role, and what their hello says. */
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair, SignAlgorithm } from '../../src/crypto/provider.ts'
import {
  type ChainAndKey,
  encodeSignedKey,
  type ServiceRole,
  signedKeyContent,
} from '../../src/protocol/handshake.ts'
import type { PublicKey } from '../../src/protocol/keys.ts'
import { makeIdentity, type TestIdentity } from '../client/support/identity.ts'
import { signingKey } from './wire.ts'

export interface WireService {
  readonly identity: TestIdentity
  readonly role: ServiceRole
}

/** Before the time of any test. */
const MADE_AT = new Date('2026-11-01T00:00:00Z')

export const makeService = (
  role: ServiceRole = 'notifier',
  algorithm: SignAlgorithm = 'Ed25519',
): WireService => ({ role, identity: makeIdentity(algorithm, { now: MADE_AT }) })

export const signedBy = ({ leafKey }: TestIdentity, key: PublicKey): Uint8Array =>
  encodeSignedKey(key, crypto.sign(leafKey, signedKeyContent(key)))

/** The service part of a client hello, and the key that signs in the session. */
export const serviceHello = (
  { identity, role }: WireService,
  key: KeyPair<'Ed25519'> = signingKey(),
): { readonly key: KeyPair<'Ed25519'>; readonly hello: ChainAndKey & { role: ServiceRole } } => ({
  key,
  hello: { role, chain: identity.chain, signedKey: signedBy(identity, key.publicKey) },
})
