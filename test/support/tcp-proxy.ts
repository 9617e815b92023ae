/** A network between a pod and Redis that can go silent or break. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const HOST = '127.0.0.1'

/** One direction of a connection. */
interface Flow {
  readonly from: Socket
  readonly to: Socket
  readonly isReplies: boolean
  isFlowing: boolean
}

interface Link {
  readonly incoming: Socket
  readonly outgoing: Socket
  readonly flows: readonly Flow[]
}

type State = 'whole' | 'silent' | 'refusing'

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #targetPort: number
  readonly #links = new Set<Link>()
  #state: State = 'whole'
  /** Those who want no replies to pass. */
  #holds = 0

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer({ noDelay: true }, (incoming) => this.#accept(incoming))
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
    this.#apply()
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
    this.#apply()
  }

  /**
   * Takes nothing from the target, as a client that does not read: what it says fills the buffers of
   * the network and then its own. What is said to it still arrives. Until as many `releaseReplies`.
   */
  holdReplies(): void {
    this.#holds += 1
    this.#apply()
  }

  releaseReplies(): void {
    this.#holds -= 1
    this.#apply()
  }

  #accept(incoming: Socket): void {
    incoming.on('error', () => {})
    if (this.#state === 'refusing') {
      incoming.resetAndDestroy()
      return
    }
    const link = linkOf(incoming, connect({ port: this.#targetPort, host: HOST, noDelay: true }))
    this.#links.add(link)
    for (const { from, to } of link.flows) {
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        this.#links.delete(link)
      })
    }
    this.#apply()
  }

  #apply(): void {
    for (const { flows } of this.#links)
      for (const flow of flows) {
        const mayFlow = this.#state === 'whole' && !(flow.isReplies && this.#holds > 0)
        if (mayFlow === flow.isFlowing) continue
        flow.isFlowing = mayFlow
        if (mayFlow) flow.from.pipe(flow.to)
        else flow.from.unpipe(flow.to).pause()
      }
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

/** A socket that nobody listens to yet reads nothing. */
const linkOf = (incoming: Socket, outgoing: Socket): Link => ({
  incoming,
  outgoing,
  flows: [
    { from: incoming, to: outgoing, isReplies: false, isFlowing: false },
    { from: outgoing, to: incoming, isReplies: true, isFlowing: false },
  ],
})
