/** Runs checks against a server, a few at a time, and leaves nothing behind there. */
import {
  ConnectionClosed,
  HandshakeError,
  RequestTimeout,
  SmpRefusal,
  UnexpectedReply,
} from '../client/errors.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import { type Check, Mismatch, NotApplicable, type Result } from './check.ts'
import { cleanUp } from './clean-up.ts'
import type { Facts, Told } from './facts.ts'
import { findFacts } from './find-facts.ts'
import { MadeQueues } from './made.ts'
import { Scene, type SessionHook } from './scene.ts'
import { type Timing, usualTiming } from './timing.ts'

export interface SuiteOptions {
  /** Pods of one server; connections go to them in turn. */
  readonly servers: readonly [ServerAddress, ...ServerAddress[]]
  readonly checks: readonly Check[]
  readonly told: Told
  readonly timing?: Partial<Timing>
  /** Breaks the run off; what was made is deleted all the same. */
  readonly signal: AbortSignal
  readonly onSession?: SessionHook
  readonly onFacts?: (facts: Facts) => void
  /** In the order of their ends. */
  readonly onResult?: (result: Result) => void
}

export interface Report {
  readonly facts: Facts
  /** In the order of the checks; those that the signal prevented are missing. */
  readonly results: readonly Result[]
  readonly queuesMade: number
  /** Queues that could not be deleted. */
  readonly queuesLeft: number
}

const isServersFault = (error: unknown): error is Error =>
  error instanceof ConnectionClosed ||
  error instanceof HandshakeError ||
  error instanceof RequestTimeout ||
  error instanceof SmpRefusal ||
  error instanceof UnexpectedReply ||
  error instanceof ProtocolError

/** What the protocol says did not happen; everything else is a mistake of ours, and thrown. */
const failureOf = (error: unknown, late: AbortSignal): Mismatch => {
  if (error instanceof Mismatch) return error
  if (late.aborted) return new Mismatch('an end', 'none within the time for a check')
  if (isServersFault(error)) return new Mismatch('no error', error.message)
  throw error
}

class Run {
  readonly #options: SuiteOptions
  readonly #timing: Timing
  readonly #facts: Facts
  readonly #results = new Map<Check, Result>()
  queuesMade = 0
  queuesLeft = 0

  constructor(options: SuiteOptions, facts: Facts) {
    this.#options = options
    this.#timing = { ...usualTiming, ...options.timing }
    this.#facts = facts
  }

  get results(): readonly Result[] {
    return this.#options.checks.flatMap((check) => this.#results.get(check) ?? [])
  }

  async all(): Promise<void> {
    const { checks, signal, onResult } = this.#options
    const waiting = checks.values()
    const worker = async (): Promise<void> => {
      for (const check of waiting) {
        if (signal.aborted) return
        const result = await this.#one(check)
        if (result === undefined) return
        this.#results.set(check, result)
        onResult?.(result)
      }
    }
    await Promise.all(Array.from({ length: this.#timing.jobs }, worker))
  }

  /** Undefined when the run was broken off. */
  async #one(check: Check): Promise<Result | undefined> {
    const { id, title, section, needs = [] } = check
    const ran = { id, title, section, took: 0, notes: [] }
    for (const need of needs) {
      const reason = need(this.#facts)
      if (reason !== undefined) return { ...ran, outcome: 'not applicable', reason }
    }
    const startedAt = performance.now()
    const late = AbortSignal.timeout(this.#timing.checkMs)
    const made = new MadeQueues()
    const scene = this.#scene(made, AbortSignal.any([this.#options.signal, late]))
    try {
      await check.run(scene)
      return { ...ran, notes: scene.notes, outcome: 'passed', took: performance.now() - startedAt }
    } catch (error) {
      if (this.#options.signal.aborted) return undefined
      const notes = scene.notes
      const took = performance.now() - startedAt
      if (error instanceof NotApplicable)
        return { ...ran, notes, took, outcome: 'not applicable', reason: error.message }
      const { expected, got } = failureOf(error, late)
      return { ...ran, notes, took, outcome: 'failed', expected, got, wire: scene.transcript.lines }
    } finally {
      await scene.close()
      await cleanUp(this.#options.servers[0], made)
      this.queuesMade += made.count
      this.queuesLeft += made.left.length
    }
  }

  #scene(made: MadeQueues, signal: AbortSignal): Scene {
    const { servers, onSession } = this.#options
    const { facts, timing } = { facts: this.#facts, timing: this.#timing }
    return new Scene({ servers, facts, timing, made, signal, onSession })
  }
}

/**
 * Runs the checks.
 * @throws HandshakeError and the like when no connection can be made for the first look; the
 *   signal's reason when it is aborted before that
 */
export const runSuite = async (options: SuiteOptions): Promise<Report> => {
  const made = new MadeQueues()
  const facts = await findFacts(options, made)
  options.onFacts?.(facts)
  const run = new Run(options, facts)
  await run.all()
  return {
    facts,
    results: run.results,
    queuesMade: made.count + run.queuesMade,
    queuesLeft: made.left.length + run.queuesLeft,
  }
}
