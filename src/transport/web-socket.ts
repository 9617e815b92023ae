/** SMP over WebSocket: one binary message is one block, and anything else ends the connection. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import type { ConnectionKind } from '../measures/transport-measures.ts'
import { BLOCK_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { BlockStream } from './block-stream.ts'
import { drained } from './drained.ts'
import { keepAlive } from './keep-alive.ts'
import type { Transport } from './transport.ts'

/** For the closing handshake, as TCP's graceful end. */
const CLOSE_MS = 5_000
/** RFC 6455, 7.4.1. */
const NORMAL = 1000
const UNSUPPORTED_DATA = 1003
const POLICY_VIOLATION = 1008

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came after the request. */
  readonly head: Buffer
  /** What the session is bound to. */
  readonly sessionId: Bytes
  readonly clientAddress: string | undefined
  readonly kind: ConnectionKind
}

type Accept = (transport: Transport) => void

/** Refuses with a status and no more. */
export const refuse = (socket: Duplex, status: string): void => {
  socket.on('error', () => undefined)
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Takes the upgrade requests of HTTP servers. */
export class WebSockets {
  readonly #origins: readonly string[] | undefined
  readonly #accept: Accept
  readonly #server: WebSocketServer

  /** @param origins pages that may connect, all if undefined; programs name none and always may */
  constructor(origins: readonly string[] | undefined, accept: Accept) {
    this.#origins = origins
    this.#accept = accept
    const options: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      // its state would be memory for every connection, and blocks are random bytes
      perMessageDeflate: false,
      maxPayload: BLOCK_BYTES,
      autoPong: false,
      closeTimeout: CLOSE_MS,
      handleProtocols: () => false,
    }
    this.#server = new WebSocketServer(options)
  }

  upgrade({ request, socket, head, ...known }: Upgrade): void {
    const { origin } = request.headers
    if (origin !== undefined && this.#origins !== undefined && !this.#origins.includes(origin)) {
      refuse(socket, '403 Forbidden')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(webSocketTransport({ webSocket, socket }, known)),
    )
  }
}

interface Connection {
  readonly webSocket: WebSocket
  readonly socket: Duplex
}

const receive = ({ webSocket }: Connection, blocks: BlockStream): void => {
  const violation = (code: number): void => {
    webSocket.removeAllListeners('message')
    webSocket.close(code)
  }
  webSocket.on('message', (message, isBinary) => {
    if (!isBinary) return violation(UNSUPPORTED_DATA)
    if (!Buffer.isBuffer(message) || message.length !== BLOCK_BYTES)
      return violation(POLICY_VIOLATION)
    blocks.push(new Uint8Array(message.buffer, message.byteOffset, message.length))
  })
  // the close that follows is all there is to know
  webSocket.on('error', () => undefined)
  webSocket.on('close', () => blocks.end())
}

const webSocketTransport = (
  connection: Connection,
  identity: Pick<Transport, 'sessionId' | 'clientAddress' | 'kind'>,
): Transport => {
  const { webSocket, socket } = connection
  const blocks = new BlockStream({
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
  })
  receive(connection, blocks)
  keepAlive(webSocket)
  return {
    ...identity,
    clientChain: () => [],
    // what the protocol asks of a client to be offered more than v6
    alpn: 'http/1.1',
    blocks,
    // a connection that is closing takes no more; its end is told otherwise
    send: (block, taken) => webSocket.send(block, { binary: true }, () => taken?.()),
    get bufferedBytes() {
      return webSocket.bufferedAmount
    },
    drained: () => drained(socket),
    stopReading() {
      webSocket.removeAllListeners('message')
      blocks.end()
    },
    leave: () =>
      new Promise((resolve) => {
        if (webSocket.readyState === webSocket.CLOSED) return resolve()
        webSocket.once('close', () => resolve())
        close(webSocket)
      }),
    close: () => close(webSocket),
    destroy: () => webSocket.terminate(),
  }
}

const close = (webSocket: WebSocket): void => {
  // the peer's close has to be read, and nothing before it
  webSocket.removeAllListeners('message')
  webSocket.resume()
  webSocket.close(NORMAL)
}
