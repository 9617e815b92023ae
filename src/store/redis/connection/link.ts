/**
 * One connection to one server. Commands of one turn of the event loop leave in one write, and
 * answers come in their order; a server that is silent for too long is left and connected to anew.
 */
import { TLSSocket } from 'node:tls'
import type { Redis } from 'ioredis'
import { StoreUnavailable } from '../../store-error.ts'
import { type Argument, PlainCommand } from './command.ts'
import { errorOfReply, NotRun } from './errors.ts'
import { keepOpen } from './options.ts'

/** The longest time between a command and some answer of the server. */
export const SILENCE_MS = 3000
const CHECK_MS = 250

export interface LinkEvents {
  /** The connection broke: what was under way may have happened or not. */
  onLost(): void
  /** There is one again. */
  onBack(): void
  onError(error: unknown): void
}

export class Link {
  readonly #redis: Redis
  readonly #onLost: () => void
  readonly #check: NodeJS.Timeout
  #close = (): void => this.#redis.disconnect()
  #underWay = 0
  #isCorked = false
  #isLost = false
  #isClosed = false
  /** Why there is no connection, as far as is known. */
  #problem = 'not connected yet'
  /** When the server last answered, or was first asked after it had answered everything. */
  #lastHeardAt = 0

  constructor(redis: Redis, { onLost, onBack, onError }: LinkEvents) {
    this.#redis = redis
    this.#onLost = onLost
    redis.on('error', (error: Error) => {
      // without the time to the next attempt, which differs each time
      this.#problem = error.message.replace(/ Retrying from scratch after [\d.]+ms\./, '')
      if (!this.#isClosed) onError(new Error(this.#problem, { cause: error }))
    })
    redis.on('close', () => this.#lost())
    let wasThere = false
    redis.on('ready', () => {
      if (wasThere) onBack()
      wasThere = true
      this.#isLost = false
      this.#problem = 'the connection broke'
    })
    this.#check = setInterval(() => this.#checkSilence(), CHECK_MS).unref()
  }

  /** The client says so a moment longer than its socket takes anything. */
  get isReady(): boolean {
    return this.#redis.status === 'ready' && this.#redis.stream.writable
  }

  /** Does not wait for the connection: calls fail until there is one. */
  open(): void {
    this.#close = keepOpen(this.#redis)
  }

  /**
   * Bytes come back as Buffers.
   * @throws NotRun, StoreFull, StoreUnavailable, or the server's error about the command
   */
  async call(name: string, args: readonly Argument[]): Promise<unknown> {
    if (!this.isReady) throw new NotRun(`no connection to Redis (${this.#problem})`)
    if (this.#underWay === 0) this.#lastHeardAt = performance.now()
    this.#underWay += 1
    this.#cork()
    try {
      return await this.#redis.sendCommand(new PlainCommand(name, args))
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') throw errorOfReply(error)
      throw new StoreUnavailable('the connection to Redis broke', { cause: error })
    } finally {
      this.#underWay -= 1
      this.#lastHeardAt = performance.now()
    }
  }

  /**
   * Connects anew, such as to the primary that took over. What was written and did not arrive is
   * thrown away: a SUB that came late would take the queue from where its client is by then.
   */
  reconnect(): void {
    const { stream } = this.#redis
    if (stream instanceof TLSSocket) stream.destroy()
    else stream?.resetAndDestroy()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#check)
    this.#close()
  }

  /** What the turn writes leaves together, at its end. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    const { stream } = this.#redis
    stream.cork()
    setImmediate(() => {
      this.#isCorked = false
      stream.uncork()
    })
  }

  #checkSilence(): void {
    if (this.#underWay > 0 && performance.now() - this.#lastHeardAt > SILENCE_MS) this.reconnect()
  }

  /** Once for each connection, not for each attempt at a new one. */
  #lost(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#onLost()
  }
}
