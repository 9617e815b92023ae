/** Redis Cluster of plain server processes. */
import type { Redis } from 'ioredis'
import { ask, fieldOf, isReplicaInSync } from './ask.ts'
import { HOST, type RedisServer, serverArgs, startServer } from './server.ts'
import { until } from './until.ts'

const SLOTS = 16_384

/** For tests that are not about failures: a busy machine is not taken for a dead primary. */
export const CALM_CLUSTER = { nodeTimeoutMs: 30_000 }

export interface ClusterOptions {
  readonly primaries?: number
  readonly replicasEach?: number
  /** A primary that is silent for so long is replaced. */
  readonly nodeTimeoutMs?: number
  readonly args?: readonly string[]
}

export interface RedisCluster extends AsyncDisposable {
  readonly url: string
  /** In the roles of the start: `replicas[i]` follows `primaries[i % primaries.length]`. */
  readonly primaries: readonly RedisServer[]
  readonly replicas: readonly RedisServer[]
  readonly nodes: readonly RedisServer[]
  /** Resolves when all nodes know each other in their roles, whoever has which, and are in sync. */
  settled(): Promise<void>
  stop(): Promise<void>
}

const idOf = (server: RedisServer): Promise<string> =>
  ask(server, async (redis) => `${await redis.cluster('MYID')}`)

/** The node's own view: known peers in their roles, all slots served. */
const isSettled = async (redis: Redis, counts: { primaries: number; replicas: number }) => {
  const nodes = `${await redis.cluster('NODES')}`.trim().split('\n')
  const flags = nodes.map((line) => line.split(' ')[2]?.replace('myself,', ''))
  const count = (role: string) => flags.filter((flag) => flag === role).length
  return (
    count('master') === counts.primaries &&
    count('slave') === counts.replicas &&
    nodes.length === counts.primaries + counts.replicas &&
    fieldOf(`${await redis.cluster('INFO')}`, 'cluster_state') === 'ok'
  )
}

const allSettled = (nodes: readonly RedisServer[], replicas: number, isPart = false) =>
  Promise.all(
    nodes.map((node) =>
      until(`node ${node.port} knows the cluster`, () =>
        ask(node, (redis) =>
          isSettled(redis, { primaries: nodes.length - replicas, replicas: isPart ? 0 : replicas }),
        ),
      ),
    ),
  )

const giveSlots = async (primaries: readonly RedisServer[]): Promise<void> => {
  const bound = (index: number) => Math.floor((index * SLOTS) / primaries.length)
  const give = (server: RedisServer, index: number) =>
    ask(server, async (redis) => {
      await redis.cluster('ADDSLOTSRANGE', bound(index), bound(index + 1) - 1)
      // as redis-cli does: without it the nodes settle their equal epochs one by one
      await redis.cluster('SET-CONFIG-EPOCH', index + 1)
    })
  await Promise.all(primaries.map(give))
}

const join = async ([first, ...others]: readonly RedisServer[]): Promise<void> => {
  if (first === undefined) return
  await ask(first, (redis) =>
    Promise.all(others.map(({ port }) => redis.cluster('MEET', HOST, port))),
  )
}

const form = async (
  primaries: readonly RedisServer[],
  replicas: readonly RedisServer[],
): Promise<void> => {
  const nodes = [...primaries, ...replicas]
  await giveSlots(primaries)
  await join(nodes)
  // until now every node is a primary
  await allSettled(nodes, 0)
  const ids = await Promise.all(primaries.map(idOf))
  const follow = async (replica: RedisServer, index: number): Promise<void> => {
    await ask(replica, (redis) => redis.cluster('REPLICATE', ids[index % ids.length] ?? ''))
    await until(`replica ${replica.port} is in sync`, () => isReplicaInSync(replica))
  }
  await Promise.all(replicas.map(follow))
  await allSettled(nodes, replicas.length)
}

const inSync = (node: RedisServer): Promise<void> =>
  until(`node ${node.port} is in sync`, async () => {
    const info = await ask(node, (redis) => redis.info('replication'))
    return fieldOf(info, 'role') === 'master' || fieldOf(info, 'master_link_status') === 'up'
  })

/** @throws NoRedis */
export const startCluster = async (options: ClusterOptions = {}): Promise<RedisCluster> => {
  const { primaries: count = 3, replicasEach = 1, nodeTimeoutMs = 2000, args = [] } = options
  await using parts = new AsyncDisposableStack()
  const startNode = async (): Promise<RedisServer> =>
    parts.use(
      await startServer((place) => [
        ...serverArgs(place),
        ...['--cluster-enabled', 'yes'],
        ...['--cluster-node-timeout', `${nodeTimeoutMs}`],
        // replicas take over however long ago their primary was heard, and stay with their shard
        ...['--cluster-replica-validity-factor', '0'],
        ...['--cluster-allow-replica-migration', 'no'],
        ...args,
      ]),
    )
  const total = count * (1 + replicasEach)
  const nodes = await Promise.all(Array.from({ length: total }, startNode))
  const primaries = nodes.slice(0, count)
  const replicas = nodes.slice(count)
  await form(primaries, replicas)
  const owned = parts.move()
  const stop = () => owned.disposeAsync()
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `${HOST}:${port}`).join()}`,
    primaries,
    replicas,
    nodes,
    async settled() {
      await allSettled(nodes, replicas.length)
      await Promise.all(nodes.map(inSync))
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
