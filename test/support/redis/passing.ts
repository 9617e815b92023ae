/** What expires by itself within the minute that a claim lasts, and is gone when it is over. */
import { ask } from './ask.ts'
import type { RedisServer } from './server.ts'

const CLAIM_SECONDS = 60

/** The keys with that prefix that expire if nothing is done. */
export const passing = (server: RedisServer, prefix: string): Promise<readonly string[]> =>
  ask(server, async (redis) => {
    const keys = await redis.keys(`${prefix}*`)
    const seconds = await Promise.all(keys.map((key) => redis.ttl(key)))
    return keys.filter((_, i) => (seconds[i] ?? -1) >= 0 && (seconds[i] ?? 0) <= CLAIM_SECONDS)
  })

export const minuteLater = async (server: RedisServer, prefix: string): Promise<void> => {
  const keys = await passing(server, prefix)
  if (keys.length > 0) await ask(server, (redis) => redis.del(...keys))
}
