/** Sessions of services: a certificate and a key of the session (SMP, "Service certificates"). */
import type { CryptoProvider, PrivateKey, SignAlgorithm } from '../crypto/provider.ts'
import { identityCertificate } from '../identity/chain-rules.ts'
import type { Bytes } from '../protocol/bytes.ts'
import {
  type ClientHello,
  decodeServiceResponse,
  encodeSignedKey,
  type ServiceResponse,
  type ServiceRole,
  signedKeyContent,
} from '../protocol/handshake.ts'
import type { ServiceId } from '../protocol/ids.ts'
import { unpad } from '../protocol/padding.ts'
import { hasServices, type Version } from '../protocol/version.ts'
import { HandshakeError } from './errors.ts'

/** What a service shows: the same certificates in TLS and in its hello. */
export interface ServiceCredentials {
  readonly role: ServiceRole
  /** Leaf first, DER, one to four. */
  readonly chain: readonly [Bytes, ...Bytes[]]
  /** Of the leaf. */
  readonly leafKey: PrivateKey<SignAlgorithm>
}

/** The service that a session is of. */
export interface ServiceSession {
  readonly serviceId: ServiceId
  /** SHA-256 of its identity certificate, which the keys of queues sign too. */
  readonly certificateHash: Bytes
  /** Signs for the service in this session. */
  readonly key: PrivateKey<'Ed25519'>
}

export interface ServiceOffer {
  readonly hello: NonNullable<ClientHello['service']>
  /** Reads what the server answers. */
  accept(blocks: AsyncIterator<Bytes>): Promise<ServiceSession>
}

const readResponse = async (blocks: AsyncIterator<Bytes>): Promise<ServiceResponse> => {
  const next = await blocks.next().catch((cause: unknown) => {
    throw new HandshakeError('closed', 'the connection failed during the handshake', { cause })
  })
  if (next.done) throw new HandshakeError('closed', 'the server closed during the handshake')
  try {
    return decodeServiceResponse(unpad(next.value))
  } catch (cause) {
    throw new HandshakeError('unreadable', 'the answer to the service does not parse', { cause })
  }
}

/** The service's part of the hello; undefined before v16, where the session is an ordinary one. */
export const offerService = (
  crypto: CryptoProvider,
  version: Version,
  credentials: ServiceCredentials | undefined,
): ServiceOffer | undefined => {
  if (credentials === undefined || !hasServices(version)) return undefined
  const { role, chain, leafKey } = credentials
  const certificateHash = crypto.sha256(identityCertificate(chain) ?? chain[0])
  const { publicKey, privateKey } = crypto.generateKeyPair('Ed25519')
  const signature = crypto.sign(leafKey, signedKeyContent(publicKey))
  return {
    hello: { role, chain, signedKey: encodeSignedKey(publicKey, signature) },
    async accept(blocks) {
      const response = await readResponse(blocks)
      if ('error' in response)
        throw new HandshakeError('service', `the server refuses the service: ${response.error}`)
      return { serviceId: response.serviceId, certificateHash, key: privateKey }
    },
  }
}
