/** Blocks over the WebSocket that browsers have, and Node too: nothing here needs Node. */
import { isIpv6 } from '../protocol/address.ts'
import { BLOCK_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { AsyncQueue } from './async-queue.ts'
import { ConnectionClosed, HandshakeError } from './errors.ts'
import type { ClientTransport } from './transport.ts'

/** A page cannot stop reading from its socket: what nobody takes ends the connection here (16 MB). */
const MAX_QUEUED_BLOCKS = 1024
const NORMAL = 1000

/** Where relays take WebSockets: on their TLS ports. */
export const webSocketUrl = (host: string, port: number): string =>
  `wss://${isIpv6(host) ? `[${host}]` : host}:${port}/`

/** Refuses what is no block; the same for every kind of WebSocket. */
export const blockOf = (message: unknown): Bytes => {
  if (message instanceof ArrayBuffer && message.byteLength === BLOCK_BYTES)
    return new Uint8Array(message)
  throw new ConnectionClosed('protocol', 'the server sent what is no block')
}

class WebSocketTransport implements ClientTransport {
  readonly blocks = new AsyncQueue<Bytes>()
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('close', ({ code }) => {
      if (code === NORMAL) this.blocks.end()
      else this.blocks.end(new ConnectionClosed('remote', `the WebSocket was closed (${code})`))
    })
  }

  send(block: Bytes): void {
    // a copy where the block is a part of something larger is the socket's own doing
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.send(block as Uint8Array<ArrayBuffer>)
  }

  close(): void {
    this.blocks.end()
    this.#socket.close()
  }

  #receive(message: unknown): void {
    try {
      this.blocks.push(blockOf(message))
      if (this.blocks.size > MAX_QUEUED_BLOCKS)
        throw new ConnectionClosed('overflow', 'blocks came faster than they were taken')
    } catch (error) {
      this.blocks.end(error instanceof Error ? error : undefined)
      this.#socket.close()
    }
  }
}

/**
 * Opens a WebSocket to a relay. It has no `binding`: its TLS is the browser's affair.
 * @throws HandshakeError: unreachable; the signal's reason when aborted
 */
export const connectWebSocket = (options: {
  readonly url: string
  readonly signal?: AbortSignal
}): Promise<ClientTransport> => {
  const { url, signal } = options
  signal?.throwIfAborted()
  const opened: PromiseWithResolvers<ClientTransport> = Promise.withResolvers()
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const transport = new WebSocketTransport(socket)
  const onAbort = (): void => {
    transport.close()
    opened.reject(signal?.reason)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  socket.addEventListener('open', () => opened.resolve(transport))
  socket.addEventListener('close', () => {
    signal?.removeEventListener('abort', onAbort)
    opened.reject(new HandshakeError('unreachable', `no WebSocket to ${url}`))
  })
  return opened.promise
}
