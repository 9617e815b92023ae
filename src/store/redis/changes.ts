/** What changes of queues have in common: their indexes, their holders, and what becomes stale. */
import { type EntityId, idBytes } from '../../protocol/ids.ts'
import type { Done, QueueParty, QueueRecord, Stale } from '../store.ts'
import { numberOf, type ScriptAnswer, textOf, UnexpectedAnswer } from './answer.ts'
import type { BlindId } from './cluster-keys.ts'
import type { CallOptions } from './connection/server.ts'
import { holdingOf } from './holder.ts'
import type { Pod } from './pod.ts'
import type { CachedQueue } from './queue-cache.ts'
import { scripts } from './scripts.ts'

export const stale: Stale = { outcome: 'stale' }
export const done: Done = { outcome: 'done' }

/** For what an answer to a client promises. */
export const durably: CallOptions = { isDurable: true }

/** How long an index may point nowhere after a crash in the middle of a change. */
export const CLAIM_SECONDS = 60
/** Take-overs of one queue by others while one command runs; more are not expected. */
const ATTEMPTS = 100

/** The key that leads from an id to its queue. */
export const indexOf = ({ options }: Pod, party: QueueParty, id: EntityId): string =>
  options.keys.index(options.clusterKeys.blind(party, idBytes(id)))

/** Under every cluster key: an older one may have made it. */
export const oldIndexesOf = (
  { options }: Pod,
  party: QueueParty,
  id: EntityId,
): readonly string[] =>
  options.clusterKeys.blinds(party, idBytes(id)).map((blind) => options.keys.index(blind))

type Ids = Pick<QueueRecord, 'senderId' | 'linkId' | 'notifier'>

const idsOf = ({ senderId, linkId, notifier }: Ids) => {
  const ids: (readonly [QueueParty, EntityId])[] = [['sender', senderId]]
  if (linkId !== undefined) ids.push(['link', linkId])
  if (notifier !== undefined) ids.push(['notifier', notifier.notifierId])
  return ids
}

export const indexesOf = (pod: Pod, ids: Ids): readonly string[] =>
  idsOf(ids).map(([party, id]) => indexOf(pod, party, id))

export const allIndexesOf = (pod: Pod, ids: Ids): readonly string[] =>
  idsOf(ids).flatMap(([party, id]) => oldIndexesOf(pod, party, id))

/**
 * The indexes that this call claimed, to be kept or given back; undefined when any leads to another
 * queue that exists, and then none is claimed.
 */
export const claimIndexes = async (
  pod: Pod,
  indexes: readonly string[],
  recipient: BlindId,
): Promise<readonly string[] | undefined> => {
  const claims = await Promise.all(indexes.map((index) => claimIndex(pod, index, recipient)))
  const claimed = indexes.filter((_, position) => claims[position] === 'claimed')
  if (!claims.includes('taken')) return claimed
  await releaseIndexes(pod, claimed, recipient)
  return undefined
}

const claimIndex = async (
  pod: Pod,
  index: string,
  recipient: BlindId,
): Promise<'claimed' | 'own' | 'taken'> => {
  const { servers } = pod.options
  const claim = async (): Promise<boolean> => {
    const args = [index, recipient, 'EX', CLAIM_SECONDS, 'NX']
    return (await servers.call(index, 'SET', args)) !== null
  }
  if (await claim()) return 'claimed'
  const holder = textOf(await servers.call(index, 'GET', [index]))
  if (holder === recipient) return 'own'
  return (await dropDangling(pod, index, holder)) && (await claim()) ? 'claimed' : 'taken'
}

/** A crash in the middle of DEL leaves an index to a queue that is gone. */
const dropDangling = async (pod: Pod, index: string, recipient: BlindId): Promise<boolean> => {
  const { servers, keys } = pod.options
  if (recipient === '') return true
  // one that expires belongs to a NEW under way
  if (numberOf(await servers.call(index, 'TTL', [index])) >= 0) return false
  const { queue } = keys.ofQueue(recipient)
  if (numberOf(await servers.call(queue, 'EXISTS', [queue])) === 1) return false
  await releaseIndexes(pod, [index], recipient)
  return true
}

export const keepIndexes = async ({ options }: Pod, indexes: readonly string[]): Promise<void> => {
  const { servers } = options
  await Promise.all(indexes.map((index) => servers.call(index, 'PERSIST', [index], durably)))
}

/** Those that lead to the queue; another one may have claimed them by now. */
export const releaseIndexes = async (
  pod: Pod,
  indexes: readonly string[],
  recipient: BlindId,
): Promise<void> => {
  await Promise.all(indexes.map((index) => pod.run(scripts.releaseIndex, [index], [recipient])))
}

/** Reads a script's word about a change; after it the cached record is one of the past. */
export const settle = ({ options }: Pod, record: QueueRecord, word: string): Done | Stale => {
  options.repository.cache.drop(record.recipientId)
  if (word === 'stale') return stale
  if (word === 'done') return done
  throw new UnexpectedAnswer(`a script answered ${word}`)
}

/** The queue that a record belongs to, unless the record is one of the past. */
export const currentQueue = async (
  { options }: Pod,
  record: QueueRecord,
): Promise<CachedQueue | undefined> => {
  const cached = options.repository.cache.of(record)
  if (cached !== undefined) return cached
  const queue = await options.repository.present(record.recipientId)
  return queue?.record.revision === record.revision ? queue : undefined
}

/** For changes that have nothing to change: whether the record is still the one of the queue. */
export const unchanged = async (pod: Pod, record: QueueRecord): Promise<Done | Stale> => {
  const queue = await pod.options.repository.present(record.recipientId, { isFresh: true })
  return queue?.record.revision === record.revision ? done : stale
}

/**
 * Runs `act` with the holders that the queue has: scripts answer `moved` when a connection took
 * over meanwhile, and are run again with the holder they name.
 */
export const withHolders = async (
  pod: Pod,
  record: QueueRecord,
  act: (queue: CachedQueue) => Promise<ScriptAnswer>,
): Promise<ScriptAnswer> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const queue = await currentQueue(pod, record)
    if (queue === undefined) return { word: 'stale', rest: [] }
    const answer = await act(queue)
    if (answer.word === 'stale') pod.options.repository.cache.drop(record.recipientId)
    if (answer.word !== 'moved') return answer
    takeHolders(queue, answer)
  }
  throw new UnexpectedAnswer('a queue kept changing hands under a command')
}

/** `{ subscriber, notifier's subscriber }`. */
const takeHolders = (queue: CachedQueue, { rest }: ScriptAnswer): void => {
  queue.subscriber = holdingOf(textOf(rest[0]))
  queue.notifierSubscriber = holdingOf(textOf(rest[1]))
}
