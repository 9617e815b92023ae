/**
 * Half of the load that the relays can take, for a long time, on connections that come and go.
 * Between the rounds everybody has left, so that what is still there can be counted.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { pace, saturate } from '../src/load/drive.ts'
import { type ChurnCounts, ChurnLane, noCounts } from './churn-lane.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import { measureCpu, untilIdle } from './measured.ts'
import type { RedisUnderTest } from './redis-under-test.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { SoakLane } from './soak-load.ts'
import { columns, megabytes } from './soak-text.ts'
import type { Reading } from './soak-verdict.ts'
import { quantile } from './statistics.ts'

export interface ChurnOptions {
  readonly minutes: number
  /** Messages a second; absent: half of what goes through at most. */
  readonly rate?: number | undefined
  /** Empty: a Redis of the soak's own; absent: one relay with the in-memory store. */
  readonly redisUrl?: string | undefined
}

export type ChurnMeasure =
  | 'heapUsed'
  | 'external'
  | 'rss'
  | 'openFiles'
  | 'redisKeys'
  | 'redisBytes'

/** Of all pods together, at rest; `commands` are delivered messages. */
export interface ChurnRow extends Reading<ChurnMeasure>, ChurnCounts {
  readonly seconds: number
  /** Milliseconds, of this round's messages, from due to MSG read. */
  readonly p50: number
  readonly p99: number
}

export interface ChurnSoak {
  readonly pods: number
  /** Absent without it. */
  readonly redis: string | undefined
  /** Messages a second: as fast as they go, and what was asked for. */
  readonly saturated: number
  readonly perSecond: number
  /** Microseconds of all pods, connections and what else went on included. */
  readonly cpuPerMessage: number
  readonly rows: readonly ChurnRow[]
  readonly surprises: readonly string[]
}

interface Site {
  readonly relays: readonly RelayUnderTest[]
  readonly redis?: RedisUnderTest
}

interface State {
  readonly counts: ChurnCounts
  readonly surprises: string[]
  delivered: number
}

const PODS = 2
/** Full before the warm-up is over: until then deleted queues of other pods stay in the cache. */
const SETTINGS = { SLUICE_CACHED_QUEUES: '1000' }
const LANES = 32
const MOST_READINGS = 30
const LEAST_READINGS = 6
const READINGS_A_MINUTE = 6
const FIRST_MS = 4000
const SATURATED_MS = 12_000

const openSite = async (
  redisUrl: string | undefined,
  stack: AsyncDisposableStack,
): Promise<Site> => {
  if (redisUrl !== undefined)
    return stack.use(await ClusterUnderTest.start(redisUrl, PODS, SETTINGS))
  return { relays: [stack.use(await RelayUnderTest.start())] }
}

/** Messages on lanes of their own, beside commands of all kinds; then everybody leaves. */
const round = async (
  { relays }: Site,
  state: State,
  drive: (lanes: readonly ChurnLane[], onLost: (error: unknown) => void) => Promise<void>,
): Promise<void> => {
  const lanes = Array.from({ length: LANES }, (_, i) => new ChurnLane(relays, i, state.counts))
  const others = new SoakLane(relays)
  const onLost = (error: unknown): void => {
    state.surprises.push(`a lane ended: ${error}`)
  }
  await Promise.all([drive(lanes, onLost), others.run()])
  for (const result of await Promise.allSettled(lanes.map((lane) => lane.leave())))
    if (result.status === 'rejected') onLost(result.reason)
  state.surprises.push(...others.surprises)
  await untilIdle(relays)
}

const saturation = async (site: Site, state: State, milliseconds: number): Promise<number> => {
  let count = 0
  const onDelivered = (): void => {
    count += 1
  }
  await round(site, state, (lanes, onLost) =>
    saturate({ lanes, milliseconds, onDelivered, onLost }),
  )
  return (count * 1000) / milliseconds
}

/** What deleted queues and clients that left must not leave behind. */
const QUEUE_KEY = /\}:[qmlnisw]:/
const MAILBOX_KEY = /\}:b:/

const readKeys = async (redis: RedisUnderTest, surprises: string[]): Promise<number> => {
  const keys = await redis.keys()
  const left = keys.filter((key) => QUEUE_KEY.test(key))
  if (left.length > 0) surprises.push(`${left.length} keys of queues are left, as ${left[0]}`)
  for (const key of keys.filter((one) => MAILBOX_KEY.test(one)))
    if ((await redis.secondsLeft(key)) < 0 && (await redis.keys()).includes(key))
      surprises.push(`a mailbox never expires: ${key}`)
  return keys.length
}

const read = async ({ relays, redis }: Site, surprises: string[]) => {
  const memories = await Promise.all(relays.map((relay) => relay.memory()))
  const openFiles = await Promise.all(relays.map((relay) => relay.openFiles()))
  const sum = (values: readonly number[]): number => values.reduce((so, value) => so + value, 0)
  return {
    heapUsed: sum(memories.map(({ heapUsed }) => heapUsed)),
    external: sum(memories.map(({ external }) => external)),
    rss: sum(memories.map(({ rss }) => rss)),
    openFiles: sum(openFiles),
    redisKeys: redis === undefined ? 0 : await readKeys(redis, surprises),
    redisBytes: redis === undefined ? 0 : await redis.memory(),
  }
}

const pacedRound = async (
  site: Site,
  state: State,
  { perSecond, milliseconds }: { readonly perSecond: number; readonly milliseconds: number },
): Promise<readonly number[]> => {
  const latencies: number[] = []
  const onDelivered = (ms: number): void => {
    latencies.push(ms)
  }
  await round(site, state, (lanes, onLost) =>
    pace({ lanes, milliseconds, perSecond, wait: delay, onDelivered, onLost }),
  )
  state.delivered += latencies.length
  return latencies
}

const readingsIn = (minutes: number): number =>
  Math.round(Math.min(MOST_READINGS, Math.max(LEAST_READINGS, minutes * READINGS_A_MINUTE)))

const rowsOf = async (
  site: Site,
  state: State,
  { perSecond, minutes }: { readonly perSecond: number; readonly minutes: number },
  onRow: (row: ChurnRow) => void,
): Promise<readonly ChurnRow[]> => {
  const rows: ChurnRow[] = []
  const readings = readingsIn(minutes)
  const milliseconds = (minutes * 60_000) / readings
  const start = performance.now()
  for (let i = 0; i < readings; i++) {
    const latencies = await pacedRound(site, state, { perSecond, milliseconds })
    const row = {
      ...(await read(site, state.surprises)),
      ...state.counts,
      commands: state.delivered,
      seconds: (performance.now() - start) / 1000,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
    }
    rows.push(row)
    onRow(row)
  }
  return rows
}

export const soakChurn = async (
  { minutes, rate, redisUrl }: ChurnOptions,
  onRow: (row: ChurnRow) => void,
): Promise<ChurnSoak> => {
  await using stack = new AsyncDisposableStack()
  const site = await openSite(redisUrl, stack)
  const state: State = { counts: noCounts(), surprises: [], delivered: 0 }
  await saturation(site, state, FIRST_MS)
  const saturated = await saturation(site, state, SATURATED_MS)
  Object.assign(state.counts, noCounts())
  const perSecond = rate ?? saturated / 2
  const { value: rows, cpu } = await measureCpu(site.relays, () =>
    rowsOf(site, state, { perSecond, minutes }, onRow),
  )
  return {
    pods: site.relays.length,
    redis: await site.redis?.version(),
    ...{ saturated, perSecond, rows, surprises: state.surprises },
    cpuPerMessage: cpu / state.delivered,
  }
}

export const churnHead = columns([
  'messages',
  'seconds',
  'connects',
  'queues',
  'RSS, MB',
  'heap, MB',
  'external',
  'files',
  'keys',
  'Redis, MB',
  'p50, ms',
  'p99, ms',
])

export const churnLine = (row: ChurnRow): string =>
  columns([
    ...[row.commands, row.seconds, row.connections, row.queues].map((count) =>
      Math.round(count).toLocaleString('en-US'),
    ),
    ...[row.rss, row.heapUsed, row.external].map(megabytes),
    ...[row.openFiles, row.redisKeys].map(String),
    megabytes(row.redisBytes),
    ...[row.p50, row.p99].map((ms) => ms.toFixed(2)),
  ])
