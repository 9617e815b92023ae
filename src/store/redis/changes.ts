/** What changes of queues have in common: their holders, and what becomes stale. */
import type { Subscriptions } from '../operator-calls.ts'
import type { Done, QueueRecord, Stale } from '../store.ts'
import { type ScriptAnswer, textOf, UnexpectedAnswer } from './answer.ts'
import type { CallOptions } from './connection/server.ts'
import { type Holding, holdingOf } from './holder.ts'
import type { Pod } from './pod.ts'
import type { CachedQueue } from './queue-cache.ts'

export const stale: Stale = { outcome: 'stale' }
export const done: Done = { outcome: 'done' }

/** For what an answer to a client promises. */
export const durably: CallOptions = { isDurable: true }

/** Changes of one queue by others while one command runs; more are not expected. */
export const ATTEMPTS = 100

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

export const subscriptionsOf = async (
  pod: Pod,
  record: QueueRecord,
): Promise<Stale | (Done & Subscriptions)> => {
  const queue = await pod.options.repository.present(record.recipientId, { isFresh: true })
  if (queue?.record.revision !== record.revision) return stale
  const isHeld = ({ holder }: Holding): boolean => holder !== undefined
  const notifier = isHeld(queue.notifierSubscriber) || (await isServiceHeld(pod, queue))
  return { ...done, recipient: isHeld(queue.subscriber), notifier }
}

const isServiceHeld = async (pod: Pod, queue: CachedQueue): Promise<boolean> => {
  const { keys, waiter } = pod.serviceOf(queue)
  const [key] = keys
  return waiter !== '' && (await pod.options.servers.call(key, 'HGET', [key, 'h'])) !== null
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
    takeHolders(pod, queue, answer)
  }
  throw new UnexpectedAnswer('a queue kept changing hands under a command')
}

/** `{ subscriber, who holds the notifier }`, as far as the script has looked. */
const takeHolders = (pod: Pod, queue: CachedQueue, { rest }: ScriptAnswer): void => {
  const [subscriber, notifier] = rest.map((one) =>
    Buffer.isBuffer(one) ? holdingOf(textOf(one)) : undefined,
  )
  if (subscriber !== undefined) queue.subscriber = subscriber
  if (notifier !== undefined) pod.setNotifierHolding(queue, notifier)
}
