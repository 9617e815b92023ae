/** Connections below the client library's: their transmissions need not follow the protocol. */

import { firstHost, startAttempt } from '../client/attempt.ts'
import { type Session, shakeHands } from '../client/handshake.ts'
import { type ServiceCertificate, serviceCredentials } from '../client/service-certificate.ts'
import { connectTls } from '../client/tls-transport.ts'
import type { ClientTransport } from '../client/transport.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import { verifyServerChain } from '../identity/chain.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { DEFAULT_PORT } from '../protocol/address.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { VersionRange } from '../protocol/version.ts'

export interface DialOptions {
  /** Exactly this one; default: the highest common one. */
  readonly version?: number
  /** Default `smp/1`. */
  readonly alpn?: false
  /** Default true. */
  readonly sendSessionKey?: boolean
  /** Makes the session a service's. */
  readonly service?: ServiceCertificate
  /** Default false. */
  readonly proxyServer?: boolean
}

export interface Limits {
  readonly ms: number
  readonly signal: AbortSignal
}

export const verifyChain = (chain: readonly Bytes[], keyHash: Bytes) =>
  verifyServerChain(chain, keyHash, new Date())

/** TLS to the first host that takes it, and nothing more. */
export const dialTls = (
  server: ServerAddress,
  alpn: DialOptions['alpn'],
  limits: Limits,
  certificate?: ServiceCertificate,
): Promise<ClientTransport> => {
  const { hosts, port = DEFAULT_PORT } = server
  return firstHost(hosts, limits.signal, async (host) => {
    const attempt = startAttempt({ signal: limits.signal, connectMs: limits.ms })
    try {
      const { signal } = attempt
      const shown = certificate && { certificate }
      return await connectTls({ host, port, alpn: alpn ?? 'smp/1', signal, ...shown })
    } finally {
      attempt.done()
    }
  })
}

const versionsOf = ({ version }: DialOptions): { readonly versions?: VersionRange } =>
  version === undefined ? {} : { versions: { min: version, max: version } }

/**
 * A session as the client library makes it.
 * @throws HandshakeError, or the signal's reason
 */
export const dial = async (
  server: ServerAddress,
  options: DialOptions,
  limits: Limits,
): Promise<{ readonly transport: ClientTransport; readonly session: Session }> => {
  const transport = await dialTls(server, options.alpn, limits, options.service)
  const attempt = startAttempt({ signal: limits.signal, connectMs: limits.ms })
  attempt.signal.addEventListener('abort', () => transport.close(), { once: true })
  const { keyHash } = server
  const { sendSessionKey = true, proxyServer = false, service } = options
  const credentials = service && { service: serviceCredentials(service) }
  try {
    const handshake = { ...versionsOf(options), sendSessionKey, proxyServer, ...credentials }
    const session = await shakeHands(transport, { ...handshake, keyHash, crypto, verifyChain })
    return { transport, session }
  } catch (error) {
    transport.close()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  } finally {
    attempt.done()
  }
}
