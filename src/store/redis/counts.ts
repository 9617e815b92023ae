/** How much the cluster holds: the sum over its partitions, each of which counts as it changes. */
import type { StoreCounts } from '../counts.ts'
import { textOf } from './answer.ts'
import type { Pod } from './pod.ts'

const SECONDS_OF_DAY = 86_400

const fieldsOf = (answer: unknown): readonly (readonly [string, number])[] => {
  const list = Array.isArray(answer) ? answer.flat().map(textOf) : []
  return list.flatMap((field, i) => (i % 2 === 0 ? [[field, Number(list[i + 1])] as const] : []))
}

/** Days whose messages have all expired are dropped: lists that nobody touches expire unseen. */
export const countAll = async (pod: Pod): Promise<StoreCounts> => {
  const { servers, keys, limits } = pod.options
  const { messageTtlSeconds, expiryIntervalSeconds } = limits
  const oldest = pod.nowSeconds - messageTtlSeconds - expiryIntervalSeconds
  const firstDay = Math.floor(oldest / SECONDS_OF_DAY)
  const sums = { queues: 0, messages: 0 }
  const countPartition = async (tag: string): Promise<void> => {
    const key = keys.counts(tag)
    const over: string[] = []
    for (const [field, count] of fieldsOf(await servers.call(key, 'HGETALL', [key])))
      if (field === 'q') sums.queues += count
      else if (Number(field.slice(1)) >= firstDay) sums.messages += count
      else over.push(field)
    if (over.length > 0) await servers.call(key, 'HDEL', [key, ...over])
  }
  await Promise.all(keys.tags.map(countPartition))
  return sums
}
