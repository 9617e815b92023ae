/** A real Redis for tests: REDIS_URL, else a program on the PATH, else Docker, else apt as root. */
import { randomBytes } from 'node:crypto'
import { thisMachine } from './redis/find.ts'
import type { Need } from './redis/program.ts'
import { type RedisServer, serverArgs, startServer } from './redis/server.ts'
import { type SharedRedis, shareRedis, withPrefix } from './redis/shared.ts'

export { CALM_CLUSTER, type RedisCluster, startCluster } from './redis/cluster.ts'
export { CALM_SENTINEL, type RedisSentinel, startSentinel } from './redis/sentinel.ts'
export type { RedisServer } from './redis/server.ts'
export { withPrefix } from './redis/shared.ts'

/** A server of the test's own; it ends with the test process if not before. */
export const startRedis = ({
  args = [],
  need,
}: {
  readonly args?: readonly string[]
  readonly need?: Need
} = {}): Promise<RedisServer> => startServer((place) => [...serverArgs(place), ...args], need)

/** Each test file is a process, so this is the file's. */
const filePrefix = `${randomBytes(6).toString('hex')}:`

let own: Promise<SharedRedis> | undefined

const sharedUrl = async (): Promise<string> => {
  const { SLUICE_TEST_REDIS_URL: url } = process.env
  if (url !== undefined) return url
  // a test file that is run without the global setup
  own ??= shareRedis(thisMachine())
  return (await own).url
}

/**
 * Some Redis, shared by the test run. Every key goes under a prefix of this test file; the same
 * `prefix` twice is the same set of keys, so relays of one cluster get the same address.
 */
export const redisUrl = async (prefix = ''): Promise<string> =>
  withPrefix(await sharedUrl(), `${filePrefix}${prefix}`)
