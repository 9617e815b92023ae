/** Connecting to a relay from Node: TLS, certificates and the native crypto provider. */
import { nativeCrypto } from '../crypto/native.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { verifyServerChain } from '../identity/chain.ts'
import { DEFAULT_PORT, parseServerAddress, type ServerAddress } from '../protocol/address.ts'
import type { VersionRange } from '../protocol/version.ts'
import { type AttemptOptions, firstHost, startAttempt } from './attempt.ts'
import { openConnection, type SessionOptions, type SmpConnection } from './connection.ts'
import { UnsupportedOperation } from './errors.ts'
import type { ChainVerifier } from './handshake.ts'
import { connectNodeWebSocket, type WebSocketOptions } from './node-web-socket.ts'
import { type ServiceCertificate, serviceCredentials } from './service-certificate.ts'
import { connectTls } from './tls-transport.ts'
import type { ClientTransport } from './transport.ts'
import { webSocketUrl } from './web-socket.ts'

export interface ConnectOptions extends SessionOptions, AttemptOptions {
  /** `smp://KEYHASH@HOST[,HOST][:PORT]` or its parts; hosts are tried in turn, port 5223 if absent. */
  readonly address: string | ServerAddress
  /** Default: 6 to 18. */
  readonly versions?: VersionRange
  /** Default `smp/1`; `false` offers no protocol, which makes the server speak v6. */
  readonly alpn?: string | false
  /** Default true. Without it blocks are not encrypted inside TLS. */
  readonly sendSessionKey?: boolean
  /** Default false: true for a relay that forwards commands. */
  readonly proxyServer?: boolean
  /** Makes the session a service's, with a relay of v16 or later that asks for certificates. */
  readonly service?: ServiceCertificate
  /** Default: libsodium and OpenSSL. */
  readonly crypto?: CryptoProvider
  /** Connects by WebSocket; `true`: over TLS to the same hosts and port. */
  readonly webSocket?: boolean | WebSocketOptions
}

const ALPN = 'smp/1'

const verifyChain: ChainVerifier = (chain, keyHash) => verifyServerChain(chain, keyHash, new Date())

const connectTransport = (
  host: string,
  server: ServerAddress,
  {
    alpn = ALPN,
    signal,
    webSocket = false,
    service,
  }: ConnectOptions & { readonly signal: AbortSignal },
): Promise<ClientTransport> => {
  const { keyHash, port = DEFAULT_PORT } = server
  const certificate = service && { certificate: service }
  if (webSocket === false) return connectTls({ host, port, alpn, signal, ...certificate })
  if (service !== undefined) throw new UnsupportedOperation('services connect over TLS only')
  const options = webSocket === true ? {} : webSocket
  const { url = webSocketUrl(host, port) } = options
  return connectNodeWebSocket({ ...options, url, signal, keyHash, verifyChain })
}

const connectHost = async (
  host: string,
  server: ServerAddress,
  options: ConnectOptions,
): Promise<SmpConnection> => {
  const attempt = startAttempt(options)
  try {
    const transport = await connectTransport(host, server, { ...options, signal: attempt.signal })
    attempt.signal.addEventListener('abort', () => transport.close(), { once: true })
    const { service, ...others } = options
    return await openConnection(transport, {
      ...others,
      ...(service && { service: serviceCredentials(service) }),
      keyHash: server.keyHash,
      crypto: options.crypto ?? nativeCrypto,
      verifyChain,
    })
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : error
  } finally {
    attempt.done()
  }
}

/**
 * A connection to the first host that lets one be made.
 * @throws HandshakeError (with several hosts the last one's; `cause` of all is an AggregateError),
 * ProtocolError for an address that does not parse, the signal's reason when aborted
 */
export const connectSmp = async (options: ConnectOptions): Promise<SmpConnection> => {
  const { address, signal } = options
  const server = typeof address === 'string' ? parseServerAddress(address) : address
  return firstHost(server.hosts, signal, (host) => connectHost(host, server, options))
}
