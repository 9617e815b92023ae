/** A TCP port: takes connections, and finds out for whom a load balancer makes them. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { SocketMeasures } from '../measures/transport-measures.ts'
import type { Clients } from './clients.ts'
import { readFirstBytes } from './first-bytes.ts'
import { readProxyHeader } from './proxy-header.ts'

const KEEP_ALIVE_MS = 60_000

export interface ListenOptions {
  /** 0 for any free port. */
  readonly port: number
  /** All addresses when undefined. */
  readonly bind: string | undefined
  /** Whether other processes may listen on the port too. */
  readonly reusePort: boolean
  /** Whose connections must begin with a PROXY header; nobody else's may. */
  readonly isProxy?: ((address: string) => boolean) | undefined
  /** Learns of clients behind load balancers. */
  readonly clients: Clients
  readonly sockets?: SocketMeasures | undefined
  /** For the header. */
  readonly timeoutMs: number
}

/**
 * Listens and hands over each connection, once its PROXY header is read where there has to be one.
 * @throws the listener's error, such as EADDRINUSE
 */
export const listenOn = async (
  options: ListenOptions,
  take: (socket: Socket) => void,
): Promise<Listener> => {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  })
  const listener = new Listener(server, options, take)
  const { port, bind: host, reusePort } = options
  server.listen({ port, reusePort, ...(host !== undefined && { host }) })
  await once(server, 'listening')
  return listener
}

export class Listener {
  readonly #server: Server
  readonly #options: ListenOptions
  readonly #take: (socket: Socket) => void
  /** Also those that have not finished, or not begun, their TLS handshake. */
  readonly #sockets = new Set<Socket>()

  constructor(server: Server, options: ListenOptions, take: (socket: Socket) => void) {
    this.#server = server
    this.#options = options
    this.#take = take
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      if (options.sockets !== undefined) options.sockets.accepted += 1
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (options.sockets !== undefined) options.sockets.closed += 1
      })
      const { remoteAddress = '' } = socket
      if (options.isProxy?.(remoteAddress)) this.#readHeader(socket)
      else take(socket)
    })
  }

  get port(): number {
    const address = this.#server.address()
    return isAddressInfo(address) ? address.port : 0
  }

  /** Stops accepting; open connections stay. */
  stop(): void {
    this.#server.close()
  }

  /** Closes what is still open, at once. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #readHeader(socket: Socket): void {
    readFirstBytes(socket, {
      judge: (bytes) => {
        const header = readProxyHeader(bytes)
        return header && { used: header.used, value: header.clientAddress }
      },
      decided: (clientAddress) => {
        this.#options.clients.comesFrom(socket, clientAddress)
        this.#take(socket)
      },
      timeoutMs: this.#options.timeoutMs,
    })
  }
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null
