/**
 * Faults in the log: by where they happened, never with ids, addresses or what a client of Redis
 * adds to its errors (keys, bodies). The same fault over and over, as while Redis is away, is one
 * line in ten seconds, with how often it was.
 */
import type { Logger } from 'pino'
import { StoreFull, StoreUnavailable } from './store/store-error.ts'

const WINDOW_MS = 10_000

interface Told {
  readonly timer: NodeJS.Timeout
  repeated: number
}

export class FaultLog {
  readonly #log: Logger
  readonly #told = new Map<string, Told>()

  constructor(log: Logger) {
    this.#log = log
  }

  readonly tell = (error: unknown, during: string): void => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
    const key = `${during} ${name} ${message}`
    const told = this.#told.get(key)
    if (told !== undefined) {
      told.repeated += 1
      return
    }
    const timer = setTimeout(() => this.#sumUp(key, { name, message, during }), WINDOW_MS).unref()
    this.#told.set(key, { timer, repeated: 0 })
    if (isPassing(error)) this.#log.warn({ during, reason: message }, 'the store is not available')
    // under a name that has no serializer
    else this.#log.error({ fault: { type: name, message, stack }, during }, 'fault')
  }

  /** What is not summed up yet stays untold. */
  close(): void {
    for (const { timer } of this.#told.values()) clearTimeout(timer)
  }

  #sumUp(
    key: string,
    { message, during }: Readonly<Record<'name' | 'message' | 'during', string>>,
  ) {
    const repeated = this.#told.get(key)?.repeated ?? 0
    this.#told.delete(key)
    if (repeated > 0) this.#log.warn({ during, reason: message, repeated }, 'the same fault again')
  }
}

/** Nobody's mistake, and no place in the program to look at. */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof StoreFull
