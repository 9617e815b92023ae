/** A way to a pod on which every connection comes from an address of choice. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerAddress } from '../../../src/protocol/address.ts'

const HOST = '127.0.0.1'

export interface FrontOptions {
  readonly port: number
  /** Of the loopback network. */
  readonly localAddress: string
  /** What is said before anything of the client. */
  readonly header?: string
}

export class Front implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start({ port, localAddress, header = '' }: FrontOptions): Promise<Front> {
    const server = createServer({ allowHalfOpen: true })
    const front = new Front(server)
    server.on('connection', (client) => {
      const pod = connect({ port, host: HOST, localAddress, allowHalfOpen: true })
      pod.write(header)
      front.#join(client, pod)
      front.#join(pod, client)
    })
    server.listen(0, HOST)
    await once(server, 'listening')
    return front
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  at(address: ServerAddress): ServerAddress {
    return { ...address, port: this.port }
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroySoon()
    })
    from.pipe(to)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
