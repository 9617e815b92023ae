/** `sluice/client/web`: SMP for pages in browsers. See docs/client.md. */
import { nobleCrypto } from '../crypto/noble.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { verifyChainPortably } from '../identity/portable-chain.ts'
import { DEFAULT_PORT, parseServerAddress, type ServerAddress } from '../protocol/address.ts'
import type { VersionRange } from '../protocol/version.ts'
import { type AttemptOptions, firstHost, startAttempt, withFirst } from './attempt.ts'
import { SmpClient } from './client.ts'
import type { ReconnectOptions } from './client-core.ts'
import { openConnection, type SessionOptions, type SmpConnection } from './connection.ts'
import { connectWebSocket, webSocketUrl } from './web-socket.ts'

export * from './portable.ts'

export interface WebConnectOptions extends SessionOptions, AttemptOptions {
  /** `smp://KEYHASH@HOST[,HOST][:PORT]` or its parts; hosts are tried in turn, port 5223 if absent. */
  readonly address: string | ServerAddress
  /** Of the WebSocket. Default: `wss://` with each host and the port of the address. */
  readonly url?: string
  /** Default: 11 to 18. */
  readonly versions?: VersionRange
  /** Default: the one in JavaScript. */
  readonly crypto?: CryptoProvider
}

const connectTo = async (
  url: string,
  { keyHash }: ServerAddress,
  options: WebConnectOptions,
): Promise<SmpConnection> => {
  const attempt = startAttempt(options)
  const { crypto = nobleCrypto } = options
  try {
    const transport = await connectWebSocket({ url, signal: attempt.signal })
    attempt.signal.addEventListener('abort', () => transport.close(), { once: true })
    return await openConnection(transport, {
      ...options,
      keyHash,
      crypto,
      verifyChain: (chain, hash) =>
        verifyChainPortably(crypto, { chain, keyHash: hash }, new Date()),
    })
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : error
  } finally {
    attempt.done()
  }
}

/**
 * A connection by the browser's WebSocket.
 * @throws as `connectSmp`
 */
export const connectWeb = async (options: WebConnectOptions): Promise<SmpConnection> => {
  const { address, url, signal } = options
  const server = typeof address === 'string' ? parseServerAddress(address) : address
  if (url !== undefined) return connectTo(url, server, options)
  const { hosts, port = DEFAULT_PORT } = server
  return firstHost(hosts, signal, (host) => connectTo(webSocketUrl(host, port), server, options))
}

export interface OpenWebClientOptions
  extends Omit<WebConnectOptions, 'onEvent' | 'eventBuffer'>,
    ReconnectOptions {}

/**
 * Connects to a relay and stays connected until `close()`.
 * @throws as `connectSmp`, for the first connection; `signal` concerns that one only
 */
export const openWebClient = async (options: OpenWebClientOptions): Promise<SmpClient> => {
  const { address, signal: firstSignal, ...rest } = options
  const server = typeof address === 'string' ? parseServerAddress(address) : address
  const crypto = options.crypto ?? nobleCrypto
  const signalOf = withFirst(firstSignal)
  return SmpClient.open({
    ...rest,
    server,
    crypto,
    open({ signal, onEvent }) {
      return connectWeb({ ...rest, address: server, crypto, signal: signalOf(signal), onEvent })
    },
  })
}
