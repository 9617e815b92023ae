/** Indexes: from a sender, link or notifier id to its queue, in a partition of their own. */
import { type EntityId, idBytes } from '../../protocol/ids.ts'
import type { QueueParty, QueueRecord } from '../store.ts'
import { numberOf, textOf } from './answer.ts'
import { durably } from './changes.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Pod } from './pod.ts'
import { idOf } from './queue-cache.ts'
import { scripts } from './scripts.ts'

/** How long an index may point nowhere after a crash in the middle of a change. */
export const CLAIM_SECONDS = 60

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

const nameOf = ({ options }: Pod, [party, id]: PartyId): string =>
  options.keys.index(options.clusterKeys.blind(party, idBytes(id)))

/** Under every cluster key, the newest first: an older one may have made it. */
const namesOf = ({ options }: Pod, [party, id]: PartyId): readonly string[] =>
  options.clusterKeys.blinds(party, idBytes(id)).map((blind) => options.keys.index(blind))

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
    await release(this.#pod, this.#namesOf(made), this.#recipient)
    return false
  }

  async keep(): Promise<boolean> {
    const kept = this.#namesOf(this.#ids).map((name) =>
      this.#pod.run(scripts.keepIndex, [name], [this.#recipient], durably),
    )
    return (await Promise.all(kept)).every(({ word }) => word === 'done')
  }

  async giveBack(): Promise<void> {
    const queue = await this.#pod.options.repository.at(this.#recipient)
    const others = this.#ids.filter(([party, id]) => !queue || idOf(party, queue.record) !== id)
    await release(this.#pod, this.#namesOf(others), this.#recipient)
  }

  /** The names that new things get. */
  #namesOf(ids: readonly PartyId[]): readonly string[] {
    return ids.map((id) => nameOf(this.#pod, id))
  }
}

/** What led to the queue under any name; another one may have claimed it by now. */
export const releaseIds = (
  pod: Pod,
  ids: readonly PartyId[],
  recipient: BlindId,
): Promise<void> => {
  const names = ids.flatMap((id) => namesOf(pod, id))
  return release(pod, names, recipient)
}

const release = async (pod: Pod, names: readonly string[], recipient: BlindId): Promise<void> => {
  await Promise.all(names.map((name) => pod.run(scripts.releaseIndex, [name], [recipient])))
}

type Result = 'claimed' | 'own' | 'taken'

/** Looks at the older names after the claim: two that claim under different names both see it. */
const claimId = async (pod: Pod, id: PartyId, recipient: BlindId): Promise<Result> => {
  const [name = '', ...olderNames] = namesOf(pod, id)
  const result = await claimName(pod, name, { id, recipient })
  if (result === 'taken') return result
  const older = await Promise.all(
    olderNames.map((one) => leadsToAnother(pod, one, { id, recipient })),
  )
  if (!older.includes(true)) return result
  if (result === 'claimed') await release(pod, [name], recipient)
  return 'taken'
}

interface Claim {
  readonly id: PartyId
  readonly recipient: BlindId
}

const claimName = async (pod: Pod, name: string, claim: Claim): Promise<Result> => {
  const { servers } = pod.options
  const { recipient } = claim
  const set = async (): Promise<boolean> =>
    (await servers.call(name, 'SET', [name, recipient, 'EX', CLAIM_SECONDS, 'NX'])) !== null
  if (await set()) return 'claimed'
  if (textOf(await servers.call(name, 'GET', [name])) === recipient) return 'own'
  if (await leadsToAnother(pod, name, claim)) return 'taken'
  return (await set()) ? 'claimed' : 'taken'
}

/** A crash leaves indexes to queues that are gone, or do not have the id; they are dropped here. */
const leadsToAnother = async (
  pod: Pod,
  name: string,
  { id: [party, id], recipient }: Claim,
): Promise<boolean> => {
  const { servers, repository } = pod.options
  const holder = textOf(await servers.call(name, 'GET', [name]))
  if (holder === '' || holder === recipient) return false
  // one that expires belongs to a change under way
  if (numberOf(await servers.call(name, 'TTL', [name])) >= 0) return true
  const queue = await repository.at(holder)
  if (queue !== undefined && idOf(party, queue.record) === id) return true
  await release(pod, [name], holder)
  return false
}
