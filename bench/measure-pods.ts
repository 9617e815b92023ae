/**
 * What a message costs with more pods: on one and the same, across two, and as it comes. Each pod
 * gets as many a second in all of them, so that what it does anyway, and how many commands it finds
 * at a time, are the same too.
 */
import { MessageLoad } from '../src/load/message-load.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import { measureCpu } from './measured.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface PodsOptions {
  /** Empty: Redis of the bench's own, one for each cluster. */
  readonly redisUrl: string
  readonly rounds: number
  readonly roundMs: number
  readonly warmUpMs: number
}

export type Placement = 'same pod' | 'across pods' | 'as it comes'

export interface PlacementFigures {
  readonly placement: Placement
  readonly pods: number
  /** Of the messages, in percent. */
  readonly across: number
  readonly delivered: number
  /** Microseconds of all pods for each delivered message, over the rounds. */
  readonly cpuPerMessage: Spread
  readonly redisCpuPerMessage: Spread
  /** Of both together, to the same placement with the fewest pods, in the same round. */
  readonly ratio: Spread
}

export interface PodsFigures {
  readonly redis: string
  readonly ways: readonly PlacementFigures[]
}

interface Round {
  readonly delivered: number
  readonly cpu: number
  readonly redisCpu: number
}

interface Course {
  readonly placement: Placement
  readonly cluster: ClusterUnderTest
  /** Between two pods each. */
  readonly loads: readonly MessageLoad[]
  readonly across: number
  readonly rounds: Round[]
}

const POD_COUNTS = [1, 2, 4]
/** Of each pod, whatever their number: senders, as many recipients, queues, messages a second. */
const CONNECTIONS = 4
const QUEUES = 16
const PER_SECOND = 50

/** From pod to pod. */
type Pair = readonly [number, number]

const pairsOf = (placement: Placement, pods: number): readonly Pair[] => {
  const all = Array.from({ length: pods }, (_, pod) => pod)
  switch (placement) {
    case 'same pod':
      return all.map((pod) => [pod, pod])
    case 'across pods':
      return all.map((pod) => [pod, (pod + 1) % pods])
    case 'as it comes':
      return all.flatMap((from) => all.map((to): Pair => [from, to]))
  }
}

const openCourse = async (
  placement: Placement,
  cluster: ClusterUnderTest,
  stack: AsyncDisposableStack,
): Promise<Course> => {
  const pairs = pairsOf(placement, cluster.relays.length)
  const share = cluster.relays.length / pairs.length
  const connections = CONNECTIONS * share
  const shape = { senders: connections, recipients: connections, queues: QUEUES * share }
  const loads: MessageLoad[] = []
  for (const [from, to] of pairs) {
    const ends = { senders: cluster.relay(from), recipients: cluster.relay(to) }
    loads.push(stack.use(await MessageLoad.open(ends, shape)))
  }
  const across = (100 * pairs.filter(([from, to]) => from !== to).length) / pairs.length
  return { placement, cluster, loads, across, rounds: [] }
}

const deliverAll = async ({ cluster, loads }: Course, milliseconds: number): Promise<number> => {
  const each = (PER_SECOND * cluster.relays.length) / loads.length
  const runs = await Promise.all(loads.map((load) => load.pace(each, milliseconds)))
  return runs.reduce((sum, { latencies }) => sum + latencies.length, 0)
}

const measureRound = async (course: Course, milliseconds: number): Promise<Round> => {
  const { cluster } = course
  const { cpu: redisCpu, value } = await measureCpu([cluster.redis], () =>
    cluster.measure(() => deliverAll(course, milliseconds)),
  )
  return { delivered: value.value, cpu: value.cpu, redisCpu }
}

const totalOf = ({ cpu, redisCpu, delivered }: Round): number => (cpu + redisCpu) / delivered

const figuresOf = (course: Course, courses: readonly Course[]): PlacementFigures => {
  const { placement, cluster, across, rounds } = course
  // the other courses are in the order of their pods
  const base = courses.find((one) => one.placement === placement)?.rounds ?? []
  const ratios = rounds.map((round, i) => {
    const first = base[i]
    return first === undefined ? Number.NaN : totalOf(round) / totalOf(first)
  })
  return {
    ...{ placement, across, pods: cluster.relays.length },
    delivered: rounds.reduce((sum, { delivered }) => sum + delivered, 0),
    cpuPerMessage: spreadOf(rounds.map(({ cpu, delivered }) => cpu / delivered)),
    redisCpuPerMessage: spreadOf(rounds.map(({ redisCpu, delivered }) => redisCpu / delivered)),
    ratio: spreadOf(ratios),
  }
}

const placementsOf = (pods: number): readonly Placement[] =>
  pods === 1 ? ['same pod'] : ['same pod', 'across pods', 'as it comes']

export const measurePods = async (options: PodsOptions): Promise<PodsFigures> => {
  const { redisUrl, rounds, roundMs, warmUpMs } = options
  await using stack = new AsyncDisposableStack()
  const courses: Course[] = []
  let redis = ''
  for (const pods of POD_COUNTS) {
    const cluster = stack.use(await ClusterUnderTest.start(redisUrl, pods))
    redis = await cluster.redis.version()
    for (const placement of placementsOf(pods)) {
      const course = await openCourse(placement, cluster, stack)
      await Promise.all(course.loads.map((load) => load.saturate(warmUpMs)))
      courses.push(course)
    }
  }
  // in turns, so that a slow spell of the machine hits all alike
  for (let i = 0; i < rounds; i++)
    for (const course of courses) course.rounds.push(await measureRound(course, roundMs))
  return { redis, ways: courses.map((course) => figuresOf(course, courses)) }
}
