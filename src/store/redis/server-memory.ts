/** How full the servers are. */
import type { ServerMemory } from '../counts.ts'
import { textOf } from './answer.ts'
import type { Servers } from './connection/servers.ts'
import { fieldOf } from './info.ts'

export const memoryOfInfo = (info: string): ServerMemory => ({
  usedBytes: Number(fieldOf(info, 'used_memory') ?? 0),
  limitBytes: Number(fieldOf(info, 'maxmemory') ?? 0),
})

/** Those with a limit by what is used of it, before those without one. */
const isFuller = (one: ServerMemory, other: ServerMemory): boolean => {
  const [a, b] = [one, other].map(({ usedBytes, limitBytes }) => usedBytes / limitBytes)
  if (one.limitBytes > 0 && other.limitBytes > 0) return (a ?? 0) > (b ?? 0)
  if (one.limitBytes > 0 || other.limitBytes > 0) return one.limitBytes > 0
  return one.usedBytes > other.usedBytes
}

export const fullestOf = (servers: readonly ServerMemory[]): ServerMemory | undefined =>
  servers.reduce<ServerMemory | undefined>(
    (fullest, one) => (fullest === undefined || isFuller(one, fullest) ? one : fullest),
    undefined,
  )

/** @throws as `Servers.each` */
export const fullestServer = async (servers: Servers): Promise<ServerMemory | undefined> =>
  fullestOf((await servers.each('INFO', ['memory'])).map((info) => memoryOfInfo(textOf(info))))
