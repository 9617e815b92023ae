import { Redis } from 'ioredis'
import { HOST, type RedisServer } from './server.ts'

/** One connection for some questions to one server. */
export const ask = async <Answer>(
  { port }: Pick<RedisServer, 'port'>,
  questions: (redis: Redis) => Promise<Answer>,
): Promise<Answer> => {
  const redis = new Redis({ host: HOST, port, retryStrategy: () => null, commandTimeout: 5000 })
  redis.on('error', () => {})
  try {
    return await questions(redis)
  } finally {
    redis.disconnect()
  }
}

/** A field of the answer of INFO and CLUSTER INFO. */
export const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1]

export const isReplicaInSync = async (server: RedisServer): Promise<boolean> => {
  const info = await ask(server, (redis) => redis.info('replication'))
  return fieldOf(info, 'role') === 'slave' && fieldOf(info, 'master_link_status') === 'up'
}
