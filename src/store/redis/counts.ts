/** How much the cluster holds: the sum over its partitions, each of which counts as it changes. */
import type { StoreCounts } from '../counts.ts'
import { textOf } from './answer.ts'
import type { Pod } from './pod.ts'

const SECONDS_OF_DAY = 86_400

type Field = readonly [name: string, count: number]

const fieldsOf = (answer: unknown): readonly Field[] => {
  const list = Array.isArray(answer) ? answer.flat().map(textOf) : []
  return list.flatMap((field, i) => (i % 2 === 0 ? [[field, Number(list[i + 1])] as const] : []))
}

/** Of the messages of a day. */
const dayOf = (name: string): number | undefined =>
  /^m\d+$/.test(name) ? Number(name.slice(1)) : undefined

/**
 * A day whose messages have all expired is dropped: lists that nobody touches expire unseen. They
 * count as expired then, on the pod that does it.
 */
const forgetDay = async (pod: Pod, key: string, [name, count]: Field): Promise<void> => {
  const dropped = await pod.options.servers.call(key, 'HDEL', [key, name])
  // below none: what was dropped later than its day
  if (dropped === 1) pod.countExpired(Math.max(0, count))
}

export const countAll = async (pod: Pod): Promise<StoreCounts> => {
  const { servers, keys, limits } = pod.options
  const { messageTtlSeconds, expiryIntervalSeconds } = limits
  const oldest = pod.nowSeconds - messageTtlSeconds - expiryIntervalSeconds
  const firstDay = Math.floor(oldest / SECONDS_OF_DAY)
  const sums = new Map<string, number>()
  const add = (name: string, count: number) => sums.set(name, sumOf(name) + count)
  const sumOf = (name: string): number => sums.get(name) ?? 0
  const countPartition = async (tag: string): Promise<void> => {
    const key = keys.counts(tag)
    const over: Field[] = []
    for (const field of fieldsOf(await servers.call(key, 'HGETALL', [key]))) {
      const [name, count] = field
      const day = dayOf(name)
      if (day === undefined) add(name, count)
      else if (day >= firstDay) add('m', count)
      else over.push(field)
    }
    await Promise.all(over.map((field) => forgetDay(pod, key, field)))
  }
  await Promise.all(keys.tags.map(countPartition))
  return {
    queues: sumOf('q'),
    messages: sumOf('m'),
    notifiers: sumOf('n'),
    serviceNotifiers: sumOf('a'),
    services: { messaging: sumOf('sM'), notifier: sumOf('sN'), proxy: sumOf('sP') },
  }
}
