/** A primary and its replicas under the eyes of sentinels. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, isReplicaInSync } from './ask.ts'
import { HOST, type RedisServer, serverArgs, startServer } from './server.ts'
import { until } from './until.ts'

const NAME = 'sluice'

/** For tests that are not about failures: a busy machine is not taken for a dead primary. */
export const CALM_SENTINEL = { downAfterMs: 30_000 }

export interface SentinelOptions {
  readonly replicas?: number
  readonly sentinels?: number
  /** A primary that is silent for so long is replaced. */
  readonly downAfterMs?: number
  readonly args?: readonly string[]
}

export interface RedisSentinel extends AsyncDisposable {
  readonly url: string
  /** In the roles of the start. */
  readonly primary: RedisServer
  readonly replicas: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  stop(): Promise<void>
}

const configuration = (port: number, primary: RedisServer, options: Required<SentinelOptions>) =>
  [
    `port ${port}`,
    `bind ${HOST}`,
    `sentinel monitor ${NAME} ${HOST} ${primary.port} ${Math.floor(options.sentinels / 2) + 1}`,
    `sentinel down-after-milliseconds ${NAME} ${options.downAfterMs}`,
    `sentinel failover-timeout ${NAME} ${options.downAfterMs * 5}`,
    '',
  ].join('\n')

const knowsAll = (sentinel: RedisServer, options: Required<SentinelOptions>): Promise<boolean> =>
  ask(sentinel, async (redis) => {
    // without a quorum it is an error
    await redis.call('SENTINEL', 'CKQUORUM', NAME)
    const replicas = await redis.call('SENTINEL', 'REPLICAS', NAME)
    const others = await redis.call('SENTINEL', 'SENTINELS', NAME)
    const count = (list: unknown) => (Array.isArray(list) ? list.length : 0)
    return count(replicas) === options.replicas && count(others) === options.sentinels - 1
  })

const arrayOf = <T>(length: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length }, make))

/** @throws NoRedis */
export const startSentinel = async (options: SentinelOptions = {}): Promise<RedisSentinel> => {
  const all = { replicas: 1, sentinels: 3, downAfterMs: 1000, args: [], ...options }
  await using parts = new AsyncDisposableStack()
  const start = async (...args: Parameters<typeof startServer>): Promise<RedisServer> =>
    parts.use(await startServer(...args))
  const primary = await start((place) => [...serverArgs(place), ...all.args])
  const replicas = await arrayOf(all.replicas, () =>
    start((place) => [...serverArgs(place), '--replicaof', HOST, `${primary.port}`, ...all.args]),
  )
  await Promise.all(
    replicas.map((replica) =>
      until(`replica ${replica.port} is in sync`, () => isReplicaInSync(replica)),
    ),
  )
  const sentinels = await arrayOf(all.sentinels, () =>
    start(async ({ port, directory }) => {
      const file = join(directory, 'sentinel.conf')
      await writeFile(file, configuration(port, primary, all))
      return [file, '--sentinel', '--dir', directory]
    }),
  )
  await Promise.all(
    sentinels.map((sentinel) =>
      until(`sentinel ${sentinel.port} knows the others`, () => knowsAll(sentinel, all)),
    ),
  )
  const owned = parts.move()
  const stop = () => owned.disposeAsync()
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `${HOST}:${port}`).join()}/${NAME}`,
    primary,
    replicas,
    sentinels,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
