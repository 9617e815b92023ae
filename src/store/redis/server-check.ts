/** Whether a server can hold the queues, and whether the cluster in it is one that we understand. */
import { Cluster } from 'ioredis'
import { type Keys, SCHEMA_VERSION } from './keys.ts'
import type { RedisClient } from './script.ts'

/** One line that says what to do. */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem'
}

const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim()

const checkVersion = (info: string): void => {
  const valkey = fieldOf(info, 'valkey_version')
  const version = valkey ?? fieldOf(info, 'redis_version') ?? ''
  const [name, oldest] = valkey === undefined ? ['Redis', 7] : ['Valkey', 8]
  if (!(Number.parseInt(version, 10) >= oldest))
    throw new ServerProblem(`${name} ${version} is too old: Redis 7 or Valkey 8 is needed`)
}

/** With any other policy Redis throws accepted messages away when it is full. */
const checkPolicy = (info: string): void => {
  const policy = fieldOf(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction')
    throw new ServerProblem(
      `Redis has maxmemory-policy ${policy}, which deletes queues when memory is short: set noeviction`,
    )
}

const infoOf = async (client: RedisClient, section: string): Promise<readonly string[]> => {
  if (!(client instanceof Cluster)) return [await client.info(section)]
  return Promise.all(client.nodes('master').map((node) => node.info(section)))
}

/** @throws ServerProblem */
export const checkServer = async (client: RedisClient, keys: Keys): Promise<void> => {
  for (const info of await infoOf(client, 'server')) checkVersion(info)
  for (const info of await infoOf(client, 'memory')) checkPolicy(info)
  const mine = { schema: `${SCHEMA_VERSION}`, partitions: `${keys.tags.length}` }
  for (const [field, value] of Object.entries(mine)) {
    await client.hsetnx(keys.cluster, field, value)
    const found = await client.hget(keys.cluster, field)
    if (found !== value)
      throw new ServerProblem(`the cluster in Redis has ${field} ${found}, this relay ${value}`)
  }
}
