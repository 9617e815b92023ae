/**
 * All servers that hold the queues: one, or the primaries of a Redis Cluster. A command goes to the
 * server of its key; what a server did not run is sent again, elsewhere or later, for a bounded time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { StoreMeasures } from '../../../measures/store-measures.ts'
import type { Tracing } from '../../../tracing/tracing.ts'
import { StoreUnavailable } from '../../store-error.ts'
import type { RedisNode } from '../address.ts'
import { type Call, needsTime, watched, withText } from './call.ts'
import type { Argument } from './command.ts'
import { NO_SCRIPT, NotRun, type Redirect } from './errors.ts'
import type { Confirming } from './group-commit.ts'
import type { ServerAddress } from './options.ts'
import { type CallOptions, Server, type ServerOptions } from './server.ts'
import { nodeName, SlotMap } from './slots.ts'

/** How long a command is sent again; with the silence of a server added, the longest call. */
const RETRY_FOR_MS = 3000
const RETRY_EVERY_MS = 50
/** The map of a cluster is asked for this often, and when something hints that it changed. */
const REFRESH_MS = 5000

/** Whether something concerns a key. */
export type Concerns = (key: string) => boolean

export interface ServersOptions extends Confirming {
  readonly address: ServerAddress
  readonly onError: (error: unknown) => void
  /** What these keys had under way may have happened or not, and their server may be another one. */
  readonly onLost: (concerns: Concerns) => void
  readonly measures?: StoreMeasures | undefined
  readonly tracing?: Tracing | undefined
}

const everything: Concerns = () => true
const nobody = new NotRun('no server serves the slot')

export class Servers {
  readonly #options: ServersOptions
  readonly #serverOptions: ServerOptions
  /** Absent where there is one server. */
  readonly #slots: SlotMap | undefined
  readonly #only: Server | undefined
  readonly #servers = new Map<string, Server>()
  readonly #refreshTimer: NodeJS.Timeout | undefined
  #refreshing: Promise<void> | undefined
  #tick: Promise<void> | undefined
  #isClosed = false

  constructor(options: ServersOptions) {
    const { address, durability, durabilityReplicas, onError, measures } = options
    const onLost = (server: Server) => this.#lost(server)
    const onBack = () => measures?.reconnections.add('commands')
    this.#options = options
    const confirming = { durability, durabilityReplicas }
    this.#serverOptions = { address, ...confirming, onError, onLost, onBack }
    if (address.kind === 'cluster') {
      this.#slots = new SlotMap()
      for (const node of address.nodes) this.#serverAt(node)
      this.#refreshTimer = setInterval(() => void this.refresh(), REFRESH_MS).unref()
    } else {
      this.#only = new Server(this.#serverOptions)
    }
  }

  /**
   * What the key's server answers: Buffers for bytes, numbers, null, arrays of these.
   * @throws StoreUnavailable, StoreFull, or the server's error about the command
   */
  call(
    key: string,
    name: string,
    args: readonly Argument[],
    options: CallOptions = {},
  ): Promise<unknown> {
    const server = this.#only ?? this.#serverOf(key)
    const answer = server ? server.call(name, args, options) : Promise.reject(nobody)
    const result = answer.catch((error: unknown) => {
      if (!(error instanceof NotRun)) throw error
      return this.#again({ key, name, args, options }, error)
    })
    return watched(result, { name, options }, this.#options)
  }

  /** What every server that serves something answers. */
  async each(name: string, args: readonly Argument[]): Promise<readonly unknown[]> {
    const ask = async (): Promise<readonly unknown[]> => {
      const servers = await this.#serving()
      return Promise.all(servers.map((server) => server.call(name, args)))
    }
    return this.#untilRun(ask)
  }

  /** The nodes that serve something; one without an address where there is no cluster. */
  get nodes(): readonly (RedisNode | undefined)[] {
    return this.#slots === undefined ? [undefined] : this.#slots.nodes
  }

  /** Whether there is a connection to each server that holds queues, as far as is known. */
  get areReady(): boolean {
    if (this.#only !== undefined) return this.#only.isReady
    const nodes = this.#slots?.nodes ?? []
    return nodes.length > 0 && nodes.every((node) => this.#servers.get(nodeName(node))?.isReady)
  }

  /** The node of a key; undefined where there is no cluster, or nobody serves it. */
  nodeOf(key: string): RedisNode | undefined {
    return this.#slots?.nodeOf(key)
  }

  /** Learns which node serves what, from any node that answers. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#refreshTimer)
    this.#only?.close()
    for (const server of this.#servers.values()) server.close()
  }

  /** @throws NotRun too */
  #send({ key, name, args, options }: Call): Promise<unknown> {
    const server = this.#only ?? this.#serverOf(key)
    if (server === undefined) throw nobody
    return server.call(name, args, options)
  }

  #serverOf(key: string): Server | undefined {
    const node = this.#slots?.nodeOf(key)
    return node && this.#serverAt(node)
  }

  #serverAt(node: RedisNode): Server {
    const name = nodeName(node)
    const present = this.#servers.get(name)
    if (present !== undefined) return present
    const server = new Server(this.#serverOptions, node)
    this.#servers.set(name, server)
    return server
  }

  async #serving(): Promise<readonly Server[]> {
    if (this.#only !== undefined) return [this.#only]
    if (this.#slots?.nodes.length === 0) await this.refresh()
    const servers = this.#slots?.nodes.map((node) => this.#serverAt(node)) ?? []
    if (servers.length === 0) throw new NotRun('no node of the Redis Cluster answers')
    return servers
  }

  /** Again and again until it was run, for a bounded time; `run` is told why it was not. */
  async #untilRun<T>(run: (problem?: NotRun) => Promise<T>, first?: NotRun): Promise<T> {
    const deadline = performance.now() + RETRY_FOR_MS
    let problem = first
    for (;;) {
      if (problem !== undefined) {
        if (performance.now() >= deadline || this.#isClosed)
          throw new StoreUnavailable(`Redis did not answer: ${problem.message}`)
        if (needsTime(problem)) await this.#nextTick()
      }
      try {
        return await run(problem)
      } catch (error) {
        if (!(error instanceof NotRun)) throw error
        problem = error
      }
    }
  }

  #again(first: Call, cause: NotRun): Promise<unknown> {
    let call = first
    return this.#untilRun((problem = cause) => {
      if (problem.message === NO_SCRIPT) call = withText(call)
      return this.#elsewhere(call, problem)
    }, cause)
  }

  async #elsewhere(call: Call, { message, redirect }: NotRun): Promise<unknown> {
    if (redirect?.kind === 'ask') {
      const { name, args, options } = call
      return this.#redirected(redirect, call).ask(name, args, options)
    }
    if (redirect !== undefined) this.#redirected(redirect, call)
    // a primary that became a replica: the connection leads to the wrong server
    if (message === 'READONLY') this.#only?.reconnect()
    void this.refresh()
    return this.#send(call)
  }

  /** An empty host is that of the node which answered. */
  #redirected({ kind, host, port }: Redirect, { key }: Call): Server {
    const here = this.#slots?.nodeOf(key) ?? this.#options.address.nodes[0]
    const node = { host: host === '' ? here.host : host, port }
    if (kind === 'moved') this.#slots?.move(key, node)
    return this.#serverAt(node)
  }

  /** One timer for all that wait. */
  #nextTick(): Promise<void> {
    this.#tick ??= delay(RETRY_EVERY_MS).then(() => {
      this.#tick = undefined
    })
    return this.#tick
  }

  async #refresh(): Promise<void> {
    if (this.#slots === undefined) return
    // those that serve first: a node that left has an old map
    const serving = new Set(this.#slots.nodes.map(nodeName))
    const rank = (name: string): number => (serving.has(name) ? 0 : 1)
    const known = [...this.#servers].sort(([a], [b]) => rank(a) - rank(b))
    for (const [, server] of known) {
      const { node, isReady } = server
      if (!isReady || node === undefined) continue
      const answer = await server.call('CLUSTER', ['SLOTS']).catch(() => undefined)
      if (Array.isArray(answer) && answer.length > 0) return this.#learn(this.#slots, answer, node)
    }
  }

  #learn(slots: SlotMap, answer: readonly unknown[], asked: RedisNode): void {
    const hasMoved = slots.replace(answer, asked)
    const serving = new Set(slots.nodes.map(nodeName))
    for (const node of slots.nodes) this.#serverAt(node)
    for (const [name, server] of this.#servers) {
      if (serving.has(name) || this.#isSeed(name)) continue
      server.close()
      this.#servers.delete(name)
    }
    this.#options.onLost(hasMoved)
  }

  #isSeed(name: string): boolean {
    return this.#options.address.nodes.some((seed) => nodeName(seed) === name)
  }

  #lost({ node }: Server): void {
    const name = node && nodeName(node)
    const concerns: Concerns = (key) => {
      const serving = this.#slots?.nodeOf(key)
      return serving !== undefined && nodeName(serving) === name
    }
    this.#options.onLost(name === undefined ? everything : concerns)
    void this.refresh()
  }
}
