/** Indexes: from a sender, link or notifier id to its queue, in a partition of their own. */
import { type EntityId, idBytes } from '../../protocol/ids.ts'
import type { QueueParty, QueueRecord } from '../store.ts'
import { numberOf, textOf } from './answer.ts'
import { durably } from './changes.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Pod } from './pod.ts'
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

/** Under every cluster key, the newest first: an older one may have made it. */
const namesOf = ({ options }: Pod, [party, id]: PartyId): readonly string[] =>
  options.clusterKeys.blinds(party, idBytes(id)).map((blind) => options.keys.index(blind))

/** Ids that lead to a queue for a minute, unless they are kept. */
export interface Claims {
  keep(): Promise<void>
  /** Those that are new. */
  giveBack(): Promise<void>
}

/** Undefined where an id leads to another queue that exists; then none is claimed. */
export const claimIds = async (
  pod: Pod,
  ids: readonly PartyId[],
  recipient: BlindId,
): Promise<Claims | undefined> => {
  const { servers, keys, clusterKeys } = pod.options
  const names = ids.map(([party, id]) => keys.index(clusterKeys.blind(party, idBytes(id))))
  const results = await Promise.all(
    ids.map((id, index) => claimId(pod, names[index] ?? '', { id, recipient })),
  )
  const made = names.filter((_, index) => results[index] === 'claimed')
  const giveBack = () => release(pod, made, recipient)
  if (results.includes('taken')) {
    await giveBack()
    return undefined
  }
  const keep = async (): Promise<void> => {
    await Promise.all(names.map((name) => servers.call(name, 'PERSIST', [name], durably)))
  }
  return { keep, giveBack }
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

const claimId = async (
  pod: Pod,
  name: string,
  { id, recipient }: { readonly id: PartyId; readonly recipient: BlindId },
): Promise<Result> => {
  const olderNames = namesOf(pod, id).filter((one) => one !== name)
  const older = await Promise.all(olderNames.map((one) => leadsToAnother(pod, one, recipient)))
  return older.includes(true) ? 'taken' : claimName(pod, name, recipient)
}

const claimName = async (pod: Pod, name: string, recipient: BlindId): Promise<Result> => {
  const { servers } = pod.options
  const claim = async (): Promise<boolean> =>
    (await servers.call(name, 'SET', [name, recipient, 'EX', CLAIM_SECONDS, 'NX'])) !== null
  if (await claim()) return 'claimed'
  if (textOf(await servers.call(name, 'GET', [name])) === recipient) return 'own'
  if (await leadsToAnother(pod, name, recipient)) return 'taken'
  return (await claim()) ? 'claimed' : 'taken'
}

/** A crash in the middle of DEL leaves an index to a queue that is gone; it is dropped here. */
const leadsToAnother = async (pod: Pod, name: string, recipient: BlindId): Promise<boolean> => {
  const { servers, keys } = pod.options
  const holder = textOf(await servers.call(name, 'GET', [name]))
  if (holder === '' || holder === recipient) return false
  // one that expires belongs to a NEW under way
  if (numberOf(await servers.call(name, 'TTL', [name])) >= 0) return true
  const { queue } = keys.ofQueue(holder)
  if (numberOf(await servers.call(queue, 'EXISTS', [queue])) === 1) return true
  await release(pod, [name], holder)
  return false
}
