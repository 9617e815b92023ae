/** What a message costs through Redis, on one pod and across two, beside the in-memory store. */
import { setTimeout as delay } from 'node:timers/promises'
import { type LoadShape, MessageLoad } from '../src/load/message-load.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import { loneLatencies } from './lone-messages.ts'
import { type Measured, measureCpu } from './measured.ts'
import type { ProfileEntry } from './processes/own-usage.ts'
import { type RelayEnds, RelayUnderTest } from './relay-under-test.ts'
import { type Percentiles, percentilesOf, type Spread, spreadOf } from './statistics.ts'

export interface ClusterMessageOptions extends LoadShape {
  /** Empty: a Redis of the bench's own. */
  readonly redisUrl: string
  readonly rounds: number
  readonly roundMs: number
  readonly warmUpMs: number
  readonly loneMessages: number
  readonly withProfile: boolean
}

export interface WayFigures {
  readonly way: string
  readonly delivered: number
  /** Microseconds of all relays' CPU for each delivered message, over the rounds. */
  readonly cpuPerMessage: Spread
  /** To the first way's in the same round. */
  readonly ratio: Spread
  /** What the ratio should be at most. */
  readonly goal?: number
  /** Microseconds of Redis' CPU. */
  readonly redisCpuPerMessage: Spread
  readonly perSecond: Spread
  readonly loneLatencyMs: Percentiles
}

export interface RelayProfile {
  readonly relay: string
  readonly entries: readonly ProfileEntry[]
}

export interface ClusterMessageFigures {
  readonly redis: string
  readonly ways: readonly WayFigures[]
  /** Milliseconds of CPU a second without clients: one pod, and Redis with two. */
  readonly idle: { readonly pod: number; readonly redis: number }
  readonly profiles?: readonly RelayProfile[]
}

interface Way {
  readonly way: string
  readonly ends: RelayEnds
  readonly goal?: number
}

interface Round {
  readonly relays: Measured<number>
  readonly redisCpu: number
}

/** A way with its connections and what was measured so far. */
interface Course extends Way {
  readonly load: MessageLoad
  readonly rounds: Round[]
}

const IDLE_MS = 6000

const waysOf = (alone: RelayUnderTest, cluster: ClusterUnderTest): readonly Way[] => {
  const [one, other] = [cluster.relay(0), cluster.relay(1)]
  return [
    { way: 'in-memory store', ends: { senders: alone, recipients: alone } },
    { way: 'Redis, one pod', ends: { senders: one, recipients: one }, goal: 1.25 },
    { way: 'Redis, across pods', ends: { senders: one, recipients: other }, goal: 1.6 },
  ]
}

const relaysOf = ({ ends }: Way): readonly RelayUnderTest[] => [
  ...new Set([ends.senders, ends.recipients]),
]

const measureRound = async (
  course: Course,
  cluster: ClusterUnderTest,
  milliseconds: number,
): Promise<Round> => {
  const { cpu: redisCpu, value: relays } = await measureCpu([cluster.redis], () =>
    measureCpu(relaysOf(course), () => course.load.saturate(milliseconds)),
  )
  return { relays, redisCpu }
}

const measureIdle = async (cluster: ClusterUnderTest): Promise<ClusterMessageFigures['idle']> => {
  await cluster.idle()
  const redis = await measureCpu([cluster.redis], () => cluster.measure(() => delay(IDLE_MS)))
  const perSecond = (microseconds: number): number => microseconds / IDLE_MS
  return {
    pod: perSecond(redis.value.cpu / cluster.relays.length),
    redis: perSecond(redis.cpu),
  }
}

const cpuPerMessageOf = ({ relays }: Round): number => relays.cpu / relays.value

const figuresOf = (
  { way, goal, rounds }: Course,
  base: readonly Round[],
  latencies: readonly number[],
): WayFigures => ({
  way,
  ...(goal !== undefined && { goal }),
  delivered: rounds.reduce((sum, { relays }) => sum + relays.value, 0),
  cpuPerMessage: spreadOf(rounds.map(cpuPerMessageOf)),
  ratio: spreadOf(ratiosOf(rounds.map(cpuPerMessageOf), base.map(cpuPerMessageOf))),
  redisCpuPerMessage: spreadOf(rounds.map(({ redisCpu, relays }) => redisCpu / relays.value)),
  perSecond: spreadOf(rounds.map(({ relays }) => relays.value / relays.seconds)),
  loneLatencyMs: percentilesOf(latencies),
})

/** Round by round, so that a slow spell of the machine, which hits both, cancels out. */
const ratiosOf = (values: readonly number[], base: readonly number[]): readonly number[] =>
  values.map((value, i) => value / (base[i] ?? Number.NaN))

const profilesOf = async (course: Course, milliseconds: number): Promise<RelayProfile[]> => {
  const profiles: RelayProfile[] = []
  const names = relaysOf(course).length > 1 ? ['senders', 'recipients'] : ['the pod']
  for (const [i, relay] of relaysOf(course).entries()) {
    const [, entries] = await relay.profile(() => course.load.saturate(milliseconds))
    profiles.push({ relay: `${course.way}: ${names[i]}`, entries })
  }
  return profiles
}

export const measureClusterMessages = async (
  options: ClusterMessageOptions,
): Promise<ClusterMessageFigures> => {
  await using stack = new AsyncDisposableStack()
  const alone = stack.use(await RelayUnderTest.start())
  const cluster = stack.use(await ClusterUnderTest.start(options.redisUrl, 2))
  const idle = await measureIdle(cluster)
  const ways = waysOf(alone, cluster)
  const courses: Course[] = []
  for (const way of ways) {
    const load = stack.use(await MessageLoad.open(way.ends, options))
    await load.saturate(options.warmUpMs)
    courses.push({ ...way, load, rounds: [] })
  }
  for (let i = 0; i < options.rounds; i++)
    for (const course of courses)
      course.rounds.push(await measureRound(course, cluster, options.roundMs))
  const latencies = await loneLatencies(
    ways.map(({ ends }) => ends),
    options.loneMessages,
  )
  const profiles: RelayProfile[] = []
  if (options.withProfile)
    for (const course of courses) profiles.push(...(await profilesOf(course, options.roundMs)))
  const base = courses[0]?.rounds ?? []
  return {
    redis: await cluster.redis.version(),
    ways: courses.map((course, i) => figuresOf(course, base, latencies[i] ?? [])),
    idle,
    ...(options.withProfile && { profiles }),
  }
}
