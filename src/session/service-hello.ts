/** What a client hello says of a service, checked and registered (SMP, "Service certificates"). */
import type { CryptoProvider } from '../crypto/provider.ts'
import { ChainError } from '../identity/chain.ts'
import { verifyServiceChain } from '../identity/service-chain.ts'
import type { ServiceHelloOutcome, ServiceMeasures } from '../measures/service-measures.ts'
import { BLOCK_BYTES } from '../protocol/block.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { TransportCode } from '../protocol/error.ts'
import {
  type ClientHello,
  decodeSignedKey,
  encodeServiceResponse,
  equalChains,
  type ServiceRole,
} from '../protocol/handshake.ts'
import type { AuthKey } from '../protocol/keys.ts'
import { pad } from '../protocol/padding.ts'
import type { ServiceStore } from '../store/service-store.ts'
import type { Service } from '../store/store.ts'
import type { Transport } from '../transport/transport.ts'

/** The service that a session is of. */
export interface SessionService {
  readonly service: Service
  readonly role: ServiceRole
  /** SHA-256 of its identity certificate: what queue keys sign, too. */
  readonly certificateHash: Bytes
  /** Ed25519; signs this session's commands. */
  readonly key: AuthKey
}

export type ServiceHello = NonNullable<ClientHello['service']>

export interface ServiceHelloOptions {
  readonly crypto: CryptoProvider
  readonly registerService: ServiceStore['registerService']
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly measures?: ServiceMeasures['hellos'] | undefined
}

const refuse = (transport: Transport, error: TransportCode, reason: string): ProtocolError => {
  transport.send(pad(encodeServiceResponse({ error }), BLOCK_BYTES))
  return new ProtocolError(reason)
}

/** @throws ChainError, ProtocolError */
const verify = (
  hello: ServiceHello,
  shown: readonly Bytes[],
  { crypto, now }: ServiceHelloOptions,
): Pick<SessionService, 'certificateHash' | 'key'> => {
  if (!equalChains(hello.chain, shown)) throw new ProtocolError('a chain that TLS has not seen')
  const { leafKey, hash } = verifyServiceChain(hello.chain, new Date(now()))
  const { key, content, signature } = decodeSignedKey(hello.signedKey)
  if (key.algorithm !== 'Ed25519') throw new ProtocolError('a session key of another kind')
  if (!crypto.verify(leafKey, content, signature)) throw new ProtocolError('a wrong signature')
  return { certificateHash: hash, key: { algorithm: key.algorithm, raw: key.raw } }
}

/** What became of a hello, beside what is thrown. */
interface Welcome {
  outcome: ServiceHelloOutcome
}

const welcome = async (
  hello: ServiceHello,
  transport: Transport,
  options: ServiceHelloOptions,
  became: Welcome,
): Promise<SessionService> => {
  const { role } = hello
  let verified: Pick<SessionService, 'certificateHash' | 'key'>
  try {
    verified = verify(hello, transport.clientChain(), options)
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof ChainError)) throw error
    became.outcome = 'bad_auth'
    throw refuse(transport, 'HANDSHAKE BAD_AUTH', `a service with ${error.message}`)
  }
  const { certificateHash } = verified
  const registered = await options.registerService({ hash: certificateHash, role })
  if (registered.outcome === 'refused') {
    became.outcome = 'bad_service'
    throw refuse(transport, 'HANDSHAKE BAD_SERVICE', 'a service of another role')
  }
  const { service } = registered
  transport.send(pad(encodeServiceResponse({ serviceId: service.serviceId }), BLOCK_BYTES))
  became.outcome = 'done'
  return { ...verified, role, service }
}

/**
 * The service, which has been told its id.
 * @throws ProtocolError when the connection is to be closed: the service has been told why; or what
 * the store throws, of which it is told nothing and tries again
 */
export const welcomeService = async (
  hello: ServiceHello,
  transport: Transport,
  options: ServiceHelloOptions,
): Promise<SessionService> => {
  const became: Welcome = { outcome: 'failed' }
  try {
    return await welcome(hello, transport, options, became)
  } finally {
    options.measures?.at(hello.role).add(became.outcome)
  }
}
