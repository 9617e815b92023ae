/** One server as a pod uses it: a connection for what is quick, one for writes that have to last. */
import type { RedisNode } from '../address.ts'
import type { Argument } from './command.ts'
import { type Confirming, GroupCommit } from './group-commit.ts'
import { Link } from './link.ts'
import { connectionTo, type ServerAddress } from './options.ts'

export interface ServerOptions extends Confirming {
  readonly address: ServerAddress
  readonly onLost: (server: Server) => void
  /** A connection was made again. */
  readonly onBack: () => void
  readonly onError: (error: unknown) => void
}

export interface CallOptions {
  /** Resolves when the write is as durable as configured. */
  readonly isDurable?: boolean
  /** The script that EVALSHA names. */
  readonly script?: { readonly name: string; readonly text: string }
}

export class Server {
  readonly node: RedisNode | undefined
  readonly #links: readonly Link[]
  readonly #quick: Link
  readonly #durable: GroupCommit | undefined

  /** `node`: of a cluster. */
  constructor(options: ServerOptions, node?: RedisNode) {
    const { address, durability, durabilityReplicas, onError, onBack } = options
    this.node = node
    const link = () =>
      new Link(connectionTo(address, node), {
        onLost: () => options.onLost(this),
        onBack,
        onError,
      })
    this.#quick = link()
    if (durability === 'memory') this.#links = [this.#quick]
    else {
      const second = link()
      this.#durable = new GroupCommit(second, { durability, durabilityReplicas })
      this.#links = [this.#quick, second]
    }
    for (const one of this.#links) one.open()
  }

  get isReady(): boolean {
    return this.#links.every(({ isReady }) => isReady)
  }

  /** @throws as `Link.call` */
  call(name: string, args: readonly Argument[], options: CallOptions = {}): Promise<unknown> {
    const { isDurable = false } = options
    return (isDurable && this.#durable ? this.#durable : this.#quick).call(name, args)
  }

  /** The command, on a node that is about to serve the slot. */
  async ask(name: string, args: readonly Argument[], options: CallOptions): Promise<unknown> {
    const asking = this.call('ASKING', [], options)
    const answer = this.call(name, args, options)
    const [, result] = await Promise.all([asking, answer])
    return result
  }

  reconnect(): void {
    for (const link of this.#links) link.reconnect()
  }

  close(): void {
    for (const link of this.#links) link.close()
  }
}
