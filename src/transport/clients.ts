/** The addresses of clients: for limits, never to be stored or logged. */
import type { Socket } from 'node:net'

/** One end of a connection; a TLS socket has the same as the socket below it. */
export type Endpoint = Pick<Socket, 'remoteAddress' | 'remotePort'>

export const nameOf = ({ remoteAddress, remotePort }: Endpoint): string =>
  `${remoteAddress} ${remotePort}`

/** Those of one port, some of which come through load balancers. */
export class Clients {
  /** By the balancer's end of the connection. */
  readonly #behind = new Map<string, string | undefined>()

  /** Undefined if not known. */
  addressOf(endpoint: Endpoint): string | undefined {
    if (this.#behind.size === 0) return endpoint.remoteAddress
    const name = nameOf(endpoint)
    return this.#behind.has(name) ? this.#behind.get(name) : endpoint.remoteAddress
  }

  /** Until the socket is closed. */
  comesFrom(socket: Socket, address: string | undefined): void {
    const name = nameOf(socket)
    this.#behind.set(name, address)
    socket.on('close', () => this.#behind.delete(name))
  }
}
