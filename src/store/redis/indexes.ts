/** Indexes: from a sender, link or notifier id to its queue, in a partition of their own. */
import { type EntityId, idBytes } from '../../protocol/ids.ts'
import { bareBase64url } from '../../protocol/text.ts'
import type { QueueParty, QueueRecord } from '../store.ts'
import { numberOf, textOf, UnexpectedAnswer } from './answer.ts'
import { ATTEMPTS, durably } from './changes.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Pod } from './pod.ts'
import { type CachedQueue, idOf } from './queue-cache.ts'
import { scripts } from './scripts.ts'

/** How long an index may point nowhere after a crash in the middle of a change. */
export const CLAIM_SECONDS = 60

const DOUBT_BYTES = 12

export type PartyId = readonly [QueueParty, EntityId]

export const idsOf = ({
  senderId,
  linkId,
  notifier,
}: Pick<QueueRecord, 'senderId' | 'linkId' | 'notifier'>): readonly PartyId[] => {
  const ids: PartyId[] = [['sender', senderId]]
  if (linkId !== undefined) ids.push(['link', linkId])
  if (notifier !== undefined) ids.push(['notifier', notifier.notifierId])
  return ids
}

/** Under every cluster key, the newest first: an older one may have made the index. */
const blindsOf = ({ options }: Pod, [party, id]: PartyId): readonly BlindId[] =>
  options.clusterKeys.blinds(party, idBytes(id))

/** Ids that lead to a queue for a minute, unless they are kept. */
export interface Claims {
  /** False where a claim took too long and another queue has the id by now. */
  keep(): Promise<boolean>
  /** Those that the queue does not have, whoever claimed them for it. */
  giveBack(): Promise<void>
}

/** Undefined where an id leads to another queue that has it; then none is claimed. */
export const claimIds = async (
  pod: Pod,
  ids: readonly PartyId[],
  recipient: BlindId,
): Promise<Claims | undefined> => {
  const claims = new ClaimedIds(pod, ids, recipient)
  return (await claims.claim()) ? claims : undefined
}

class ClaimedIds implements Claims {
  readonly #pod: Pod
  readonly #ids: readonly PartyId[]
  readonly #recipient: BlindId

  constructor(pod: Pod, ids: readonly PartyId[], recipient: BlindId) {
    this.#pod = pod
    this.#ids = ids
    this.#recipient = recipient
  }

  async claim(): Promise<boolean> {
    const results = await Promise.all(
      this.#ids.map((id) => claimId(this.#pod, id, this.#recipient)),
    )
    if (!results.includes('taken')) return true
    const made = this.#ids.filter((_, index) => results[index] === 'claimed')
    await release(this.#pod, this.#blindsOf(made), this.#recipient)
    return false
  }

  async keep(): Promise<boolean> {
    const { keys } = this.#pod.options
    const kept = this.#blindsOf(this.#ids).map((blind) => {
      const index = [keys.index(blind), keys.doubt(blind)] as const
      return this.#pod.run(scripts.keepIndex, index, [this.#recipient], durably)
    })
    return (await Promise.all(kept)).every(({ word }) => word === 'done')
  }

  async giveBack(): Promise<void> {
    const queue = await this.#pod.options.repository.at(this.#recipient)
    const others = this.#ids.filter(([party, id]) => !queue || idOf(party, queue.record) !== id)
    await release(this.#pod, this.#blindsOf(others), this.#recipient)
  }

  /** The names that new things get. */
  #blindsOf(ids: readonly PartyId[]): readonly BlindId[] {
    const { clusterKeys } = this.#pod.options
    return ids.map(([party, id]) => clusterKeys.blind(party, idBytes(id)))
  }
}

/** What led to the queue under any name; another one may have claimed it by now. */
export const releaseIds = (
  pod: Pod,
  ids: readonly PartyId[],
  recipient: BlindId,
): Promise<void> => {
  const blinds = ids.flatMap((id) => blindsOf(pod, id))
  return release(pod, blinds, recipient)
}

const release = async (pod: Pod, blinds: readonly BlindId[], recipient: BlindId): Promise<void> => {
  const { keys } = pod.options
  const run = (blind: BlindId) => pod.run(scripts.releaseIndex, [keys.index(blind)], [recipient])
  await Promise.all(blinds.map(run))
}

/**
 * Indexes that are about to be dropped. Changes that keep one of them after this began end it; those
 * that kept it before are to be made stale by the caller before it drops them.
 */
export interface Doubt {
  /** False where one was kept, or leads to another queue by now. */
  drop(recipient: BlindId): Promise<boolean>
}

/** Under any name. */
export const doubtId = (pod: Pod, id: PartyId): Promise<Doubt> =>
  IndexDoubt.begin(pod, blindsOf(pod, id))

class IndexDoubt implements Doubt {
  readonly #pod: Pod
  readonly #blinds: readonly BlindId[]
  readonly #name: string

  private constructor(pod: Pod, blinds: readonly BlindId[]) {
    this.#pod = pod
    this.#blinds = blinds
    this.#name = bareBase64url(pod.options.crypto.randomBytes(DOUBT_BYTES))
  }

  static async begin(pod: Pod, blinds: readonly BlindId[]): Promise<IndexDoubt> {
    const { keys } = pod.options
    const doubt = new IndexDoubt(pod, blinds)
    const args = [doubt.#name, CLAIM_SECONDS]
    const run = (blind: BlindId) => pod.run(scripts.doubtIndex, [keys.doubt(blind)], args)
    await Promise.all(blinds.map(run))
    return doubt
  }

  async drop(recipient: BlindId): Promise<boolean> {
    const { keys } = this.#pod.options
    const run = (blind: BlindId) => {
      const index = [keys.index(blind), keys.doubt(blind)] as const
      return this.#pod.run(scripts.dropIndex, index, [recipient, this.#name])
    }
    const answers = await Promise.all(this.#blinds.map(run))
    return answers.every(({ word }) => word === 'done')
  }
}

type Result = 'claimed' | 'own' | 'taken'

/** Looks at the older names after the claim: two that claim under different names both see it. */
const claimId = async (pod: Pod, id: PartyId, recipient: BlindId): Promise<Result> => {
  const [newest = '', ...older] = blindsOf(pod, id)
  const result = await claimName(pod, newest, { id, recipient })
  if (result === 'taken') return result
  const lead = await Promise.all(older.map((one) => leadsToAnother(pod, one, { id, recipient })))
  if (!lead.includes(true)) return result
  if (result === 'claimed') await release(pod, [newest], recipient)
  return 'taken'
}

interface Claim {
  readonly id: PartyId
  readonly recipient: BlindId
}

const claimName = async (pod: Pod, blind: BlindId, claim: Claim): Promise<Result> => {
  const { servers, keys } = pod.options
  const { recipient } = claim
  const index = keys.index(blind)
  const set = async (): Promise<boolean> =>
    (await servers.call(index, 'SET', [index, recipient, 'EX', CLAIM_SECONDS, 'NX'])) !== null
  if (await set()) return 'claimed'
  if (textOf(await servers.call(index, 'GET', [index])) === recipient) return 'own'
  if (await leadsToAnother(pod, blind, claim)) return 'taken'
  return (await set()) ? 'claimed' : 'taken'
}

/** An index that leads to a queue without the id is dropped here. */
const leadsToAnother = async (pod: Pod, blind: BlindId, claim: Claim): Promise<boolean> => {
  const { servers, keys, repository } = pod.options
  const index = keys.index(blind)
  const holder = textOf(await servers.call(index, 'GET', [index]))
  if (holder === '' || holder === claim.recipient) return false
  // one that expires belongs to a change under way
  if (numberOf(await servers.call(index, 'TTL', [index])) >= 0) return true
  if (has(await repository.at(holder), claim.id)) return true
  const doubt = await IndexDoubt.begin(pod, [blind])
  if (!(await fence(pod, { ...claim, recipient: holder }))) return true
  return !(await doubt.drop(holder))
}

const has = (queue: CachedQueue | undefined, [party, id]: PartyId): boolean =>
  queue !== undefined && idOf(party, queue.record) === id

/**
 * What leads to a queue that does not have the id was left by a crash, or belongs to a change under
 * way which may yet give it the id. After this no such change will; one that begins later keeps the
 * index, which ends the doubt. False where the queue has the id.
 */
const fence = async (pod: Pod, { id, recipient }: Claim): Promise<boolean> => {
  const { repository } = pod.options
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const queue = await repository.at(recipient)
    if (queue === undefined) return true
    if (has(queue, id)) return false
    const { keys, record } = queue
    const { word } = await pod.run(scripts.fenceQueue, [keys.queue], [record.revision], durably)
    repository.cache.drop(record.recipientId)
    if (word === 'done') return true
  }
  throw new UnexpectedAnswer('a queue kept changing while an id that leads to it was asked for')
}
