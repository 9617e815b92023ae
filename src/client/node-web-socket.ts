/** Blocks over WebSocket from Node, where unlike in a browser the TLS below can be looked at. */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { type ConnectionOptions, TLSSocket } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import { BLOCK_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { AsyncQueue } from './async-queue.ts'
import { ConnectionClosed, HandshakeError } from './errors.ts'
import type { ChainVerifier } from './handshake.ts'
import { bindingOf } from './tls-transport.ts'
import type { ChannelBinding, ClientTransport } from './transport.ts'

export interface WebSocketOptions {
  /** Default: `wss://` with the host and port of the address. */
  readonly url?: string
  /**
   * Default false: the relay itself has to be at the end of the TLS connection, which its hello
   * proves. True for a relay behind an ingress that ends TLS.
   */
  readonly behindProxy?: boolean
  /** Authorities for the certificate of the web (PEM). Default: those of Node. */
  readonly ca?: string
}

interface ConnectWebSocketOptions extends WebSocketOptions {
  readonly url: string
  readonly keyHash: Bytes
  readonly verifyChain: ChainVerifier
  readonly signal?: AbortSignal
}

/** Received blocks that wait for the reader before the socket is paused. */
const QUEUE_BLOCKS = 64
const NORMAL = 1000

const isRelay = (
  chain: readonly Bytes[],
  { keyHash, verifyChain }: ConnectWebSocketOptions,
): boolean => {
  try {
    verifyChain(chain, keyHash)
    return true
  } catch {
    return false
  }
}

/** The relay's own certificate says all; one of the web must be valid by the rules of the web. */
const judge = (socket: Socket, options: ConnectWebSocketOptions): ChannelBinding | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined
  const { sessionId, chain } = bindingOf(socket)
  if (isRelay(chain, options)) return { sessionId, chain }
  if (!socket.authorized)
    throw new HandshakeError('identity', 'the certificate of the web server is not valid', {
      cause: socket.authorizationError,
    })
  return options.behindProxy ? undefined : { sessionId }
}

class NodeWebSocketTransport implements ClientTransport {
  binding?: ChannelBinding
  readonly blocks: AsyncQueue<Bytes>
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
    const onTaken = (): void => {
      if (this.blocks.size < QUEUE_BLOCKS / 2 && socket.isPaused) socket.resume()
    }
    this.blocks = new AsyncQueue({ onTaken })
    socket.on('message', (message, isBinary) => this.#receive(message, isBinary))
    socket.on('close', (code) => {
      if (code === NORMAL) this.blocks.end()
      else this.blocks.end(new ConnectionClosed('remote', `the WebSocket was closed (${code})`))
    })
  }

  send(block: Bytes): void {
    this.#socket.send(block, { binary: true }, () => undefined)
  }

  close(): void {
    this.blocks.end()
    // its end has to be read
    this.#socket.resume()
    this.#socket.close(NORMAL)
  }

  #receive(message: unknown, isBinary: boolean): void {
    if (isBinary && message instanceof Buffer && message.length === BLOCK_BYTES) {
      this.blocks.push(new Uint8Array(message.buffer, message.byteOffset, message.length))
      if (this.blocks.size >= QUEUE_BLOCKS) this.#socket.pause()
      return
    }
    this.blocks.end(new ConnectionClosed('protocol', 'the server sent what is no block'))
    this.#socket.terminate()
  }
}

const open = ({ url, ca }: ConnectWebSocketOptions): WebSocket => {
  const options: ClientOptions & Pick<ConnectionOptions, 'ALPNProtocols'> = {
    perMessageDeflate: false,
    maxPayload: BLOCK_BYTES,
    ...(ca !== undefined && { ca }),
    ALPNProtocols: ['http/1.1'],
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_LEGACY_SERVER_CONNECT,
    // judged by ourselves
    rejectUnauthorized: false,
  }
  return new WebSocket(url, options)
}

/**
 * Opens a WebSocket to a relay.
 * @throws HandshakeError: unreachable, identity; the signal's reason when aborted
 */
export const connectNodeWebSocket = (
  options: ConnectWebSocketOptions,
): Promise<ClientTransport> => {
  const { url, signal } = options
  signal?.throwIfAborted()
  const opened: PromiseWithResolvers<ClientTransport> = Promise.withResolvers()
  const socket = open(options)
  const transport = new NodeWebSocketTransport(socket)
  const giveUp = (reason: unknown): void => {
    opened.reject(reason)
    socket.terminate()
  }
  const onAbort = (): void => giveUp(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  socket.on('upgrade', (response) => {
    try {
      const binding = judge(response.socket, options)
      if (binding !== undefined) transport.binding = binding
    } catch (error) {
      giveUp(error)
    }
  })
  socket.on('open', () => opened.resolve(transport))
  socket.on('close', () => signal?.removeEventListener('abort', onAbort))
  socket.on('error', (cause) =>
    opened.reject(new HandshakeError('unreachable', `no WebSocket to ${url}`, { cause })),
  )
  return opened.promise
}
