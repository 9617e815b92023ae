/** Keeps one connection alive: reconnects with growing delays, restores what it carried, pings. */
import { type Backoff, backoffDelay, defaultBackoff } from './backoff.ts'
import type { SmpConnection } from './connection.ts'
import { ConnectionClosed, RequestTimeout } from './errors.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface SupervisorOptions {
  /** Makes a connection; gives up when the signal fires. */
  open(signal: AbortSignal): Promise<SmpConnection>
  /** Brings a new connection to where the last one was; when it fails the connection is dropped. */
  restore(connection: SmpConnection): Promise<void>
  onConnected(connection: SmpConnection): void
  /** An attempt failed or a connection was lost; the next attempt is `retryMs` away. */
  onDisconnected(error: Error, retryMs: number): void
  /** Whether silence is to be broken by PING (SMP clients do so only on subscribed connections). */
  hasSubscriptions(): boolean
  readonly timers?: Timers
  readonly backoff?: Partial<Backoff>
  /** How long a request waits for a connection. Default: 30,000. */
  readonly waitMs?: number
  /** Silence after which the server is asked whether it lives. Default: 600,000. */
  readonly pingMs?: number
}

const WAIT_MS = 30_000
const PING_MS = 600_000

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('not an error', { cause: error })

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #timers: Timers
  readonly #backoff: Backoff
  readonly #abort = new AbortController()
  #current: SmpConnection | undefined
  #waiters = new Set<PromiseWithResolvers<SmpConnection>>()

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#backoff = { ...defaultBackoff, ...options.backoff }
  }

  /** Makes the first connection; its failure is the caller's. */
  async start(): Promise<void> {
    const connection = await this.#options.open(this.#abort.signal)
    void this.#keep(connection)
  }

  get isClosed(): boolean {
    return this.#abort.signal.aborted
  }

  /**
   * The present connection, or the next one once it is restored.
   * @throws RequestTimeout when there is none in time, ConnectionClosed after `close()`
   */
  async connection(): Promise<SmpConnection> {
    if (this.#current !== undefined) return this.#current
    if (this.isClosed) throw this.#closedHere()
    const waiter = Promise.withResolvers<SmpConnection>()
    const waitMs = this.#options.waitMs ?? WAIT_MS
    const cancelTimer = this.#timers.after(waitMs, () =>
      waiter.reject(new RequestTimeout(`no connection within ${waitMs} ms`)),
    )
    this.#waiters.add(waiter)
    try {
      return await waiter.promise
    } finally {
      cancelTimer()
      this.#waiters.delete(waiter)
    }
  }

  close(): void {
    if (this.isClosed) return
    this.#abort.abort(this.#closedHere())
    this.#current?.close()
    for (const waiter of this.#waiters) waiter.reject(this.#closedHere())
  }

  async #keep(first: SmpConnection): Promise<void> {
    let connection: SmpConnection | undefined = first
    while (connection !== undefined) {
      if (this.isClosed) return connection.close()
      this.#current = connection
      this.#options.onConnected(connection)
      for (const waiter of this.#waiters) waiter.resolve(connection)
      const stopPinging = this.#pingWhenSilent(connection)
      const reason = await connection.closed
      this.#current = undefined
      stopPinging()
      connection = await this.#reconnect(reason)
    }
  }

  /** The next restored connection; undefined after `close()`. */
  async #reconnect(lost: Error): Promise<SmpConnection | undefined> {
    let error = lost
    for (let attempt = 0; !this.isClosed; attempt++) {
      const delayMs = backoffDelay(this.#backoff, attempt, Math.random())
      this.#options.onDisconnected(error, delayMs)
      await this.#pause(delayMs)
      if (this.isClosed) break
      try {
        return await this.#open()
      } catch (failure) {
        error = asError(failure)
      }
    }
    return undefined
  }

  async #open(): Promise<SmpConnection> {
    const { signal } = this.#abort
    const connection = await this.#options.open(signal)
    const onAbort = (): void => connection.close()
    signal.addEventListener('abort', onAbort)
    try {
      await this.#options.restore(connection)
      return connection
    } catch (error) {
      connection.close()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Ends early when the supervisor is closed. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#abort
    return new Promise((resolve) => {
      const cancelTimer = this.#timers.after(ms, () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = (): void => {
        cancelTimer()
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  #pingWhenSilent(connection: SmpConnection): () => void {
    const pingMs = this.#options.pingMs ?? PING_MS
    let received = connection.receivedBlocks
    let cancelTimer = (): void => undefined
    const schedule = (): void => {
      cancelTimer = this.#timers.after(pingMs, () => {
        if (received === connection.receivedBlocks && this.#options.hasSubscriptions())
          void this.#ping(connection)
        received = connection.receivedBlocks
        schedule()
      })
    }
    schedule()
    return () => cancelTimer()
  }

  async #ping(connection: SmpConnection): Promise<void> {
    try {
      await connection.request({ tag: 'PING' })
    } catch (cause) {
      connection.close(new ConnectionClosed('network', 'no answer to PING', { cause }))
    }
  }

  #closedHere(): ConnectionClosed {
    return new ConnectionClosed('local', 'the client was closed')
  }
}
