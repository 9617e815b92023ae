/** A network between a pod and Redis that can go silent or break. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const HOST = '127.0.0.1'

interface Link {
  readonly incoming: Socket
  readonly outgoing: Socket
}

type State = 'whole' | 'silent' | 'refusing'

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #targetPort: number
  readonly #links = new Set<Link>()
  #state: State = 'whole'

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((incoming) => this.#accept(incoming))
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort)
    proxy.#server.listen(0, HOST)
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`
  }

  /**
   * Forwards nothing in either direction and closes nothing, as a network that loses every packet.
   * What was on its way arrives when the network is healed, as what TCP sends again does.
   */
  drop(): void {
    this.#state = 'silent'
    for (const link of this.#links) this.#hold(link)
  }

  /** Resets every connection, and new ones too. */
  reset(): void {
    this.#state = 'refusing'
    for (const { incoming, outgoing } of this.#links) {
      incoming.resetAndDestroy()
      outgoing.resetAndDestroy()
    }
  }

  heal(): void {
    this.#state = 'whole'
    for (const link of this.#links) this.#forward(link)
  }

  #accept(incoming: Socket): void {
    incoming.on('error', () => {})
    if (this.#state === 'refusing') {
      incoming.resetAndDestroy()
      return
    }
    const link = { incoming, outgoing: connect(this.#targetPort, HOST) }
    this.#links.add(link)
    for (const [socket, other] of pairsOf(link)) {
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        other.destroy()
        this.#links.delete(link)
      })
    }
    if (this.#state === 'whole') this.#forward(link)
    else this.#hold(link)
  }

  #forward(link: Link): void {
    for (const [socket, other] of pairsOf(link)) socket.pipe(other)
  }

  #hold(link: Link): void {
    for (const [socket, other] of pairsOf(link)) socket.unpipe(other).pause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { incoming, outgoing } of this.#links) {
      incoming.destroy()
      outgoing.destroy()
    }
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const pairsOf = ({ incoming, outgoing }: Link) =>
  [
    [incoming, outgoing],
    [outgoing, incoming],
  ] as const
