/** A TCP load balancer: one port, each connection to the next of the pods that are in rotation. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerAddress } from '../../src/protocol/address.ts'
import type { Places } from './load.ts'
import type { Pod } from './pods.ts'

const HOST = '127.0.0.1'

export class Balancer implements Places, AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #address: ServerAddress
  #pods: readonly Pod[]
  #next = 0

  private constructor(pods: readonly Pod[], first: Pod) {
    this.#pods = pods
    this.#address = first.address
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
  }

  static async start(pods: readonly Pod[]): Promise<Balancer> {
    const [first] = pods
    if (first === undefined) throw new RangeError('no pods')
    const balancer = new Balancer(pods, first)
    balancer.#server.listen(0, HOST)
    await once(balancer.#server, 'listening')
    return balancer
  }

  get address(): ServerAddress {
    return { ...this.#address, port: (this.#server.address() as AddressInfo).port }
  }

  get living(): readonly Pick<Pod, 'address'>[] {
    return [this]
  }

  at(): Pick<Pod, 'address'> {
    return this
  }

  /** As when a pod is ready. */
  add(pod: Pod): void {
    this.#pods = [...this.#pods, pod]
  }

  /** As when a pod is not ready any more: its connections stay. */
  remove(pod: Pod): void {
    this.#pods = this.#pods.filter((one) => one !== pod)
  }

  #accept(client: Socket): void {
    this.#next += 1
    const pod = this.#pods[this.#next % this.#pods.length]
    if (pod === undefined) {
      client.destroy()
      return
    }
    const server = connect({ port: pod.port, host: HOST, allowHalfOpen: true })
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.end()
      })
      from.pipe(to)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
