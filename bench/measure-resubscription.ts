/** What it costs when all connections of a cluster drop, and come back to any of its pods. */
import type { SmpConnection } from '../src/client/connection.ts'
import { createQueues, type MadeQueue } from '../src/load/queues.ts'
import { BATCH } from '../src/load/subscribing.ts'
import { closeAll } from '../src/load/target.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import { type Measured, measureCpu } from './measured.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { subscribeAfresh } from './subscribers.ts'

export interface ResubscriptionOptions {
  /** Empty: a Redis of the bench's own. */
  readonly redisUrl: string
  readonly queues: number
  readonly rounds: number
}

/** Of all pods together, over the rounds. */
export interface Costs {
  readonly what: string
  /** Absent where clients do not wait for it. */
  readonly seconds?: Spread
  /** Microseconds a queue. */
  readonly cpu: Spread
  readonly redisCpu: Spread
}

export interface PopulationFigures {
  readonly queues: number
  readonly costs: readonly Costs[]
}

export interface ResubscriptionFigures {
  readonly redis: string
  readonly pods: number
  readonly batch: number
  readonly populations: readonly PopulationFigures[]
}

interface Round {
  readonly queues: number
  readonly seconds: number
  readonly cpu: number
  readonly redisCpu: number
}

const PODS = 3

/** A third through each pod, in the order of the pods. */
const createSpread = async (
  { relays }: ClusterUnderTest,
  count: number,
): Promise<readonly MadeQueue[]> => {
  const share = Math.ceil(count / relays.length)
  const created = relays.map(async (relay, i) => {
    await using creator = await relay.connect()
    return await createQueues(creator, Math.min(share, count - i * share), { subscribe: false })
  })
  return (await Promise.all(created)).flat()
}

const rotated = <T>(items: readonly T[], by: number): readonly T[] => {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

const roundOf = (queues: number, redis: Measured<Measured<unknown>>): Round => {
  const { cpu: redisCpu, value } = redis
  return { queues, seconds: value.seconds, cpu: value.cpu, redisCpu }
}

/** Everyone comes back to the pod `by` places after the one where the queue was made. */
const resubscribe = async (
  cluster: ClusterUnderTest,
  queues: readonly MadeQueue[],
  by: number,
): Promise<{ readonly back: Round; readonly gone: Round }> => {
  const connections: SmpConnection[] = []
  const back = await measureCpu([cluster.redis], async () => {
    const afresh = await subscribeAfresh(rotated(cluster.relays, by), queues)
    connections.push(...afresh.connections)
    return afresh.measured
  })
  await cluster.idle()
  const gone = await measureCpu([cluster.redis], () =>
    cluster.measure(async () => {
      await closeAll(connections)
      await cluster.idle()
    }),
  )
  return { back: roundOf(queues.length, back), gone: roundOf(queues.length, gone) }
}

const costsOf = (what: string, rounds: readonly Round[], isAwaited = true): Costs => ({
  what,
  ...(isAwaited && { seconds: spreadOf(rounds.map(({ seconds }) => seconds)) }),
  cpu: spreadOf(rounds.map(({ cpu, queues }) => cpu / queues)),
  redisCpu: spreadOf(rounds.map(({ redisCpu, queues }) => redisCpu / queues)),
})

const measurePopulation = async (
  cluster: ClusterUnderTest,
  count: number,
  roundCount: number,
): Promise<PopulationFigures> => {
  const created = await measureCpu([cluster.redis], () =>
    cluster.measure(() => createSpread(cluster, count)),
  )
  const queues = created.value.value
  // the first time at the pod where it was made is what the others come back from
  const before = await resubscribe(cluster, queues, 0)
  const toOthers: Round[] = []
  const toKnown: Round[] = []
  const gone: Round[] = [before.gone]
  for (let i = 1; i < PODS + roundCount; i++) {
    const round = await resubscribe(cluster, queues, i)
    // once around, every pod has had every queue
    const list = i < PODS ? toOthers : toKnown
    list.push(round.back)
    gone.push(round.gone)
  }
  return {
    queues: count,
    costs: [
      costsOf('SUB, to a pod that never had the queue', toOthers),
      costsOf('SUB, to a pod that had it before', toKnown),
      costsOf('end of the connection', gone, false),
      costsOf('NEW', [roundOf(count, created)]),
    ],
  }
}

export const measureResubscription = async ({
  redisUrl,
  queues,
  rounds,
}: ResubscriptionOptions): Promise<ResubscriptionFigures> => {
  await using cluster = await ClusterUnderTest.start(redisUrl, PODS)
  const tenth = Math.ceil(queues / 10)
  // others of that number warm up all processes
  await measurePopulation(cluster, tenth, rounds)
  return {
    redis: await cluster.redis.version(),
    pods: PODS,
    batch: BATCH,
    populations: [
      await measurePopulation(cluster, tenth, rounds),
      await measurePopulation(cluster, queues, rounds),
    ],
  }
}
