/** Whether the Redis that was given answers, before pods try and try again. */
import { Redis } from 'ioredis'
import { readTextFile } from '../../config/environment.ts'
import { quote, reasonOf } from '../../config/problem.ts'
import type { Settings } from '../../config/settings.ts'
import { parseRedisAddress, type RedisAddress, type RedisNode } from '../../store/redis/address.ts'
import { isTooOld, NEEDED, versionOfInfo, versionText } from '../../store/redis/redis-version.ts'
import { Failure } from '../command.ts'
import { hostAndPort } from '../words.ts'

const ANSWER_MS = 5000

const certificates = (path: string | undefined): { readonly ca?: string } => {
  try {
    return path === undefined ? {} : { ca: readTextFile(path) }
  } catch (error) {
    throw new Failure(`SLUICE_REDIS_CA ${quote(path ?? '')} cannot be read: ${reasonOf(error)}`)
  }
}

/** Every kind of node answers INFO: sentinels too, which have no passwords of their primary. */
const connect = (
  node: RedisNode,
  { kind, tls, username, password }: RedisAddress,
  ca: string | undefined,
): Redis =>
  new Redis({
    ...node,
    lazyConnect: true,
    // otherwise a connection that failed keeps the process for two seconds
    disconnectTimeout: 0,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    retryStrategy: () => null,
    ...(tls && { tls: certificates(ca) }),
    ...(kind !== 'sentinel' && username !== undefined && { username }),
    ...(kind !== 'sentinel' && password !== undefined && { password }),
  })

const infoOf = async (client: Redis): Promise<string> => {
  // says more than the command that it fails
  let problem: unknown
  client.on('error', (error) => {
    problem = error
  })
  try {
    return await client.info('server')
  } catch (error) {
    throw problem ?? error
  } finally {
    client.disconnect()
  }
}

/** @throws Failure when no node answers, or what answers is too old */
export const checkGivenRedis = async (
  url: string,
  { redisCa }: Pick<Settings, 'redisCa'>,
): Promise<void> => {
  const address = parseRedisAddress(url)
  const problems: string[] = []
  for (const node of address.nodes) {
    const where = `Redis at ${hostAndPort(node.host, node.port)}`
    const info = await infoOf(connect(node, address, redisCa)).catch((error: unknown) => {
      problems.push(`${where} does not answer: ${reasonOf(error)}`)
    })
    if (info === undefined) continue
    const version = versionOfInfo(info)
    if (!isTooOld(version)) return
    throw new Failure(`${where} is ${versionText(version)}, and ${NEEDED} is needed`)
  }
  throw new Failure(problems)
}
