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
import type { Command, Tag } from '../protocol/command.ts'
import type { EntityId } from '../protocol/ids.ts'
import { errInternal, refusal } from '../protocol/reply.ts'
import {
  type Authorized,
  isRefused,
  loadQueues,
  type Refused,
  type SessionBinding,
  verifyClaim,
} from './authorize.ts'

/** Changes of one queue by others while one command runs; more are not expected. */
const ATTEMPTS = 5

export interface ExecutorOptions {
  readonly context: Context
  readonly binding: SessionBinding
  /** A fault of the store or of the relay, with the command it met; no ids. */
  readonly onFault: (error: unknown, tag: Tag) => void
}

type QueueClaim = Authorized & QueueRequest & { readonly entry: QueueCommand<Command> }

const isQueueClaim = (claim: Authorized): claim is QueueClaim => claim.queue !== undefined

const blockedAnswer = ({ queue, entry }: QueueClaim): Answer | undefined =>
  queue.status.state === 'blocked' && entry.whenBlocked === 'refused'
    ? { reply: refusal({ code: 'BLOCKED', blocking: queue.status.blocking }) }
    : undefined

export class Executor {
  readonly #options: ExecutorOptions
  /** The last command under way of each entity: the next one waits for it. */
  readonly #underWay = new Map<EntityId, Promise<unknown>>()

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /** Answers in the order of the claims. What can start starts before this returns. */
  execute(claims: readonly (Authorized | Refused)[]): Promise<readonly Answer[]> {
    const batches = this.#batches(claims)
    return Promise.all(
      claims.map(async (claim): Promise<Answer> => {
        if (isRefused(claim)) return { reply: claim.refusal }
        return this.#inOrder(claim.entityId, () => this.#settle(claim, batches.get(claim)))
      }),
    )
  }

  /** Commands of one kind that the store takes together, such as the SUBs of a block. */
  #batches(claims: readonly (Authorized | Refused)[]): ReadonlyMap<Authorized, Promise<Outcome>> {
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
  #free(claims: readonly (Authorized | Refused)[]): readonly QueueClaim[] {
    const seen = new Set<EntityId>(this.#underWay.keys())
    const free: QueueClaim[] = []
    for (const claim of claims) {
      if (isRefused(claim)) continue
      const isFirst = !seen.has(claim.entityId)
      seen.add(claim.entityId)
      if (isFirst && isQueueClaim(claim) && blockedAnswer(claim) === undefined) free.push(claim)
    }
    return free
  }

  async #inOrder<T>(entityId: EntityId, run: () => Promise<T>): Promise<T> {
    if (entityId === '') return run()
    const previous = this.#underWay.get(entityId)
    const current = previous === undefined ? run() : previous.then(run)
    this.#underWay.set(entityId, current)
    try {
      return await current
    } finally {
      if (this.#underWay.get(entityId) === current) this.#underWay.delete(entityId)
    }
  }

  async #settle(claim: Authorized, batched: Promise<Outcome> | undefined): Promise<Answer> {
    try {
      const outcome = await (batched ?? this.#run(claim))
      return outcome === STALE ? await this.#again(claim) : outcome
    } catch (error) {
      this.#options.onFault(error, claim.command.tag)
      return { reply: errInternal }
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
    const { context, binding } = this.#options
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      const queues = await loadQueues(context.store, [claim])
      const verified = verifyClaim(context.crypto, claim, binding, queues.get(claim))
      if (isRefused(verified)) return { reply: verified.refusal }
      const outcome = await this.#run(verified)
      if (outcome !== STALE) return outcome
    }
    throw new Error('a queue kept changing under a command')
  }
}
