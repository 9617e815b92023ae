/** HTTP connections that something else accepts; they live shortly, or become WebSockets. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ConnectionKind } from '../measures/transport-measures.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { refuse, type WebSockets } from './web-socket.ts'

const MAX_HEADER_BYTES = 8192
const KEEP_ALIVE_MS = 5_000

/** What is known of a connection before its requests. */
export interface HttpConnection {
  readonly kind: ConnectionKind
  /** What an SMP session on it is bound to; undefined if the connection was closed meanwhile. */
  sessionId(): Bytes | undefined
  clientAddress(request: IncomingMessage): string | undefined
  /** Whether a WebSocket may be opened; absent: always. */
  admits?(clientAddress: string | undefined): boolean
}

interface Known extends HttpConnection {
  readonly deadline: NodeJS.Timeout
}

export class HttpConnections {
  readonly #server: Server
  readonly #timeoutMs: number
  readonly #known = new WeakMap<Duplex, Known>()

  /** @param timeoutMs after which a connection that is no WebSocket is closed, whatever it does */
  constructor(answer: RequestListener, webSockets: WebSockets, timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    this.#server = createServer(
      { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS },
      answer,
    )
    this.#server.on('upgrade', (request, socket, head) => {
      const known = this.#known.get(socket)
      clearTimeout(known?.deadline)
      const sessionId = known?.sessionId()
      if (known === undefined || sessionId === undefined) {
        socket.destroy()
        return
      }
      const clientAddress = known.clientAddress(request)
      if (known.admits?.(clientAddress) === false) {
        refuse(socket, '429 Too Many Requests')
        return
      }
      const { kind } = known
      webSockets.upgrade({ request, socket, head, sessionId, clientAddress, kind })
    })
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** For those who want a server to be there. */
  get server(): Server {
    return this.#server
  }

  take(socket: Duplex, connection: HttpConnection): void {
    const deadline = setTimeout(() => socket.destroy(), this.#timeoutMs)
    socket.on('close', () => clearTimeout(deadline))
    this.#known.set(socket, { ...connection, deadline })
    this.#server.emit('connection', socket)
  }
}

/** The client that the nearest proxy names, which is the last of all that are named. */
export const forwardedFor = ({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined =>
  [headers['x-forwarded-for'] ?? []].flat().at(-1)?.split(',').at(-1)?.trim()
