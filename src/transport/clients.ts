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

  readonly #awaited = new Map<string, () => void>()

  /** Undefined if not known. */
  addressOf(endpoint: Endpoint): string | undefined {
    if (this.#behind.size === 0) return endpoint.remoteAddress
    const name = nameOf(endpoint)
    return this.#behind.has(name) ? this.#behind.get(name) : endpoint.remoteAddress
  }

  /** `settled` is called if the connection, a TLS socket on it, is told of by `settle`. */
  awaits(socket: Socket, settled: () => void): void {
    const name = nameOf(socket)
    this.#awaited.set(name, settled)
    socket.on('close', () => {
      // the port of the other end may be in use again
      if (this.#awaited.get(name) === settled) this.#awaited.delete(name)
    })
  }

  settle(endpoint: Endpoint): void {
    this.#awaited.get(nameOf(endpoint))?.()
  }

  /** Until the socket is closed. */
  comesFrom(socket: Socket, address: string | undefined): void {
    const name = nameOf(socket)
    this.#behind.set(name, address)
    socket.on('close', () => this.#behind.delete(name))
  }
}
