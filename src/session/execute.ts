/** Runs authorised commands: in order for each queue, once more where a queue changed meanwhile. */
import type {
  Answer,
  Context,
  Outcome,
  QueueCommand,
  QueueRequest,
  Request,
} from '../commands/spec.ts'
import { STALE } from '../commands/spec.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { Command, Tag } from '../protocol/command.ts'
import type { RecipientId } from '../protocol/ids.ts'
import { refusal } from '../protocol/reply.ts'
import {
  type Authorized,
  type Faulty,
  isFaulty,
  isRefused,
  loadQueues,
  type Refused,
} from './authorize.ts'
import type { CommandSpans } from './command-spans.ts'
import { faultAnswer } from './fault-answer.ts'
import { Lanes } from './lanes.ts'
import { verifyFound } from './verify.ts'

/** Changes of one queue by others while one command runs; more are not expected. */
const ATTEMPTS = 5

export interface ExecutorOptions {
  readonly context: Context
  /** A fault of the store or of the relay, with the command it met; no ids. */
  readonly onFault: (error: unknown, tag: Tag) => void
  readonly measures?: SessionMeasures | undefined
}

/** Commands on one queue wait for each other, by whichever of its ids they name it. */
const queueOf = ({ queue }: Authorized): RecipientId | undefined => queue?.recipientId

type QueueClaim = Authorized & QueueRequest & { readonly entry: QueueCommand<Command> }

const isQueueClaim = (claim: Authorized): claim is QueueClaim => claim.queue !== undefined

const blockedAnswer = ({ queue, entry }: QueueClaim): Answer | undefined =>
  queue.status.state === 'blocked' && entry.whenBlocked === 'refused'
    ? { reply: refusal({ code: 'BLOCKED', blocking: queue.status.blocking }) }
    : undefined

const answerOf = (outcome: Exclude<Outcome, typeof STALE>): Answer => {
  if ('outcome' in outcome) throw outcome.cause
  return outcome
}

export class Executor {
  readonly #options: ExecutorOptions
  readonly #underWay = new Lanes<RecipientId>()

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /**
   * Answers in the order of the claims; undefined where there is none. What can start starts before
   * this returns.
   */
  execute(
    claims: readonly (Authorized | Refused | Faulty)[],
    spans?: CommandSpans,
  ): Promise<readonly (Answer | undefined)[]> {
    const batches = this.#batches(claims)
    return Promise.all(
      claims.map(async (claim, index): Promise<Answer | undefined> => {
        if (isRefused(claim)) return { reply: claim.refusal }
        if (isFaulty(claim)) return faultAnswer(claim.fault, claim.command.tag)
        const settle = () => this.#settle(claim, batches.get(claim))
        return this.#underWay.run(queueOf(claim), () =>
          spans === undefined ? settle() : spans.runOne(index, settle),
        )
      }),
    )
  }

  /** Commands of one kind that the store takes together, such as the SUBs of a block. */
  #batches(
    claims: readonly (Authorized | Refused | Faulty)[],
  ): ReadonlyMap<Authorized, Promise<Outcome>> {
    const outcomes = new Map<Authorized, Promise<Outcome>>()
    if (claims.length === 1) return outcomes
    for (const [entry, group] of Map.groupBy(this.#free(claims), ({ entry }) => entry)) {
      if (entry.runBatch === undefined || group.length < 2) continue
      const batch = entry.runBatch(this.#options.context, group)
      group.forEach((claim, index) => {
        outcomes.set(
          claim,
          batch.then((all) => all[index] ?? STALE),
        )
      })
    }
    return outcomes
  }

  /** Those that need not wait for another command on their queue. */
  #free(claims: readonly (Authorized | Refused | Faulty)[]): readonly QueueClaim[] {
    const seen = new Set<RecipientId>(this.#underWay.keys)
    const free: QueueClaim[] = []
    for (const claim of claims) {
      if (isRefused(claim) || isFaulty(claim) || !isQueueClaim(claim)) continue
      const { recipientId } = claim.queue
      if (!seen.has(recipientId) && blockedAnswer(claim) === undefined) free.push(claim)
      seen.add(recipientId)
    }
    return free
  }

  async #settle(
    claim: Authorized,
    batched: Promise<Outcome> | undefined,
  ): Promise<Answer | undefined> {
    try {
      const outcome = await (batched ?? this.#run(claim))
      return outcome === STALE ? await this.#again(claim) : answerOf(outcome)
    } catch (error) {
      this.#options.onFault(error, claim.command.tag)
      return faultAnswer(error, claim.command.tag)
    }
  }

  async #run(claim: Authorized): Promise<Outcome> {
    const { context } = this.#options
    if (isQueueClaim(claim)) return blockedAnswer(claim) ?? claim.entry.run(context, claim)
    const request: Request = claim
    return claim.party === undefined ? claim.entry.run(context, request) : STALE
  }

  /** The queue changed after it was loaded: what was authorised may not be any more. */
  async #again(claim: Authorized): Promise<Answer> {
    const { context, measures } = this.#options
    if (measures !== undefined) measures.staleRecords += 1
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      const queues = await loadQueues(context.store, [claim])
      const verified = verifyFound(context.crypto, claim, queues.get(claim))
      if (isRefused(verified)) return { reply: verified.refusal }
      if (isFaulty(verified)) throw verified.fault
      const outcome = await this.#run(verified)
      if (outcome !== STALE) return answerOf(outcome)
    }
    throw new Error('a queue kept changing under a command')
  }
}
