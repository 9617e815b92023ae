/** How much the cluster holds: the sum over its partitions, each of which counts as it changes. */
import type { StoreCounts } from '../store.ts'
import { textOf } from './answer.ts'
import type { Pod } from './pod.ts'

const SECONDS_OF_DAY = 86_400

/** Days whose messages have all expired are left out: lists that nobody touches expire unseen. */
export const countAll = async (pod: Pod): Promise<StoreCounts> => {
  const { servers, keys, limits } = pod.options
  const { messageTtlSeconds, expiryIntervalSeconds } = limits
  const oldest = pod.nowSeconds - messageTtlSeconds - expiryIntervalSeconds
  const firstDay = Math.floor(oldest / SECONDS_OF_DAY)
  const sums = { queues: 0, messages: 0 }
  const answers = await Promise.all(
    keys.tags.map((tag) => servers.call(keys.counts(tag), 'HGETALL', [keys.counts(tag)])),
  )
  for (const answer of answers) {
    const list = Array.isArray(answer) ? answer.flat().map(textOf) : []
    for (let i = 0; i + 1 < list.length; i += 2) {
      const [field = '', count = '0'] = [list[i], list[i + 1]]
      if (field === 'q') sums.queues += Number(count)
      else if (Number(field.slice(1)) >= firstDay) sums.messages += Number(count)
    }
  }
  return sums
}
