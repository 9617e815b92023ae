/** Connections of clients, each over a network of its own that can break or go silent. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  ConnectionClosed,
  connectSmp,
  type Reply,
  type Request,
  type SmpConnection,
  type SmpEvent,
} from '../../src/client/index.ts'
import type { Pod } from '../../test/support/pods.ts'
import { TcpProxy } from '../../test/support/tcp-proxy.ts'
import type { History } from './history.ts'

/** Nothing that a pod does takes so long, so what takes longer never comes. */
const RESPONSE_MS = 15_000
const CONNECT_MS = 5_000
const REDIAL_MS = 50

export interface Place {
  readonly pods: () => readonly Pod[]
  readonly history: History
  /** Aborted when no more connections are wanted. */
  readonly signal: AbortSignal
}

interface Parts {
  readonly pod: Pod
  readonly connection: SmpConnection
  readonly proxy: TcpProxy
  readonly history: History
}

export class Line implements AsyncDisposable {
  readonly number: number
  readonly pod: Pod
  readonly connection: SmpConnection
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  readonly #proxy: TcpProxy
  readonly #history: History
  #isClosed = false

  private constructor({ pod, connection, proxy, history }: Parts) {
    this.number = history.nextConnection()
    this.pod = pod
    this.connection = connection
    this.#proxy = proxy
    this.#history = history
    this.closed = connection.closed.then(() => {
      this.#isClosed = true
      history.add({ type: 'closed', connection: this.number })
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** To any living pod, however long it takes until one gives a connection. */
  static async open(place: Place, onEvent: (event: SmpEvent) => void = () => {}): Promise<Line> {
    for (;;) {
      const living = place.pods()
      const pod = living[Math.floor(Math.random() * living.length)]
      try {
        if (pod !== undefined) return await Line.#dial(pod, place, onEvent)
      } catch (error) {
        if (place.signal.aborted) throw error
      }
      await delay(REDIAL_MS, undefined, { signal: place.signal })
    }
  }

  static async #dial(
    pod: Pod,
    { history, signal }: Place,
    onEvent: (event: SmpEvent) => void,
  ): Promise<Line> {
    const { address, port } = pod
    const proxy = await TcpProxy.start(port)
    try {
      const connection = await connectSmp({
        address: { ...address, port: proxy.port },
        connectMs: CONNECT_MS,
        responseMs: RESPONSE_MS,
        signal,
        onEvent,
      })
      return new Line({ pod, connection, proxy, history })
    } catch (error) {
      await proxy[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The answer, ERR too; undefined where there was none, and there is no connection any more. */
  async ask(queue: number, { command, ...of }: Request): Promise<Reply | undefined> {
    try {
      return await this.connection.exchange(command, of)
    } catch (error) {
      if (error instanceof ConnectionClosed) return undefined
      this.#history.add({ type: 'unanswered', queue, command: `${command.tag} (${error})` })
      this.connection.close()
      return undefined
    }
  }

  cut(): void {
    this.#proxy.reset()
  }

  /** Nothing passes, in either direction, for this time. */
  async silence(ms: number): Promise<void> {
    this.#proxy.drop()
    await delay(ms)
    this.#proxy.heal()
  }

  /** The client reads nothing, though what it says arrives, until `releaseReplies`. */
  holdReplies(): void {
    this.#proxy.holdReplies()
  }

  releaseReplies(): void {
    this.#proxy.releaseReplies()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close()
    await this.closed
    await this.#proxy[Symbol.asyncDispose]()
  }
}
