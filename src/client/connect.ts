/** Connecting to a relay from Node: TLS, certificates and the native crypto provider. */
import { nativeCrypto } from '../crypto/native.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { verifyServerChain } from '../identity/chain.ts'
import { DEFAULT_PORT, parseServerAddress, type ServerAddress } from '../protocol/address.ts'
import type { VersionRange } from '../protocol/version.ts'
import { openConnection, type SessionOptions, type SmpConnection } from './connection.ts'
import { HandshakeError } from './errors.ts'
import { systemTimers } from './timers.ts'
import { connectTls } from './tls-transport.ts'

export interface ConnectOptions extends SessionOptions {
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
  /** Default: libsodium and OpenSSL. */
  readonly crypto?: CryptoProvider
  /** Gives up connecting; a connection that is open is closed with `close()`. */
  readonly signal?: AbortSignal
  /** For TCP, TLS and SMP handshake of each host, in milliseconds. Default: 45,000. */
  readonly connectMs?: number
}

// Client.hs, background connections
const CONNECT_MS = 45_000
const ALPN = 'smp/1'

interface Attempt {
  readonly signal: AbortSignal
  done(): void
}

/** Aborts after the time with a HandshakeError, or with the caller's signal and its reason. */
const startAttempt = ({ signal, connectMs = CONNECT_MS, timers }: ConnectOptions): Attempt => {
  const controller = new AbortController()
  const cancelTimer = (timers ?? systemTimers).after(connectMs, () =>
    controller.abort(new HandshakeError('timeout', `no session within ${connectMs} ms`)),
  )
  const onAbort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    done() {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

const connectHost = async (
  host: string,
  server: ServerAddress,
  options: ConnectOptions,
): Promise<SmpConnection> => {
  const attempt = startAttempt(options)
  try {
    const { alpn = ALPN } = options
    const { port = DEFAULT_PORT } = server
    const transport = await connectTls({ host, port, alpn, signal: attempt.signal })
    attempt.signal.addEventListener('abort', () => transport.close(), { once: true })
    return await openConnection(transport, {
      ...options,
      keyHash: server.keyHash,
      crypto: options.crypto ?? nativeCrypto,
      verifyChain: (chain, keyHash) => verifyServerChain(chain, keyHash, new Date()),
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
  const failures: unknown[] = []
  for (const host of server.hosts) {
    try {
      return await connectHost(host, server, options)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  const last = failures.at(-1)
  const reason = last instanceof HandshakeError ? last.reason : 'unreachable'
  const cause = new AggregateError(failures)
  throw new HandshakeError(reason, 'no host of the server gave a session', { cause })
}
