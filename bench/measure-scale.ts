/** One pod with many connections and many subscriptions, beside a small one. */

import type { SmpConnection } from '../src/client/connection.ts'
import { MessageLoad } from '../src/load/message-load.ts'
import { createQueues, type MadeQueue } from '../src/load/queues.ts'
import { subscribeAll } from '../src/load/subscribing.ts'
import { closeAll, connectMany } from '../src/load/target.ts'
import { ClusterUnderTest } from './cluster-under-test.ts'
import { connectEach } from './connections.ts'
import { loneLatencies } from './lone-messages.ts'
import { type Measured, measureCpu, untilIdle } from './measured.ts'
import type { MemoryUsage, Pauses } from './processes/own-usage.ts'
import type { RedisUnderTest } from './redis-under-test.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Percentiles, percentilesOf, type Spread, spreadOf } from './statistics.ts'

export interface ScaleOptions {
  /** Empty: a Redis of the bench's own; absent: the in-memory store. */
  readonly redisUrl?: string
  readonly connections: number
  /** Of all connections together, each of which has as many. */
  readonly subscriptions: number
  readonly rounds: number
  readonly roundMs: number
  readonly loneMessages: number
}

/** Something that is done many times, all on the large pod. */
export interface Step {
  readonly what: string
  readonly count: number
  readonly seconds: number
  /** Microseconds each. */
  readonly cpu: number
  /** Microseconds each; absent without Redis. */
  readonly redisCpu?: number
  /** Bytes each that it left, after garbage collection. */
  readonly rss: number
  readonly heap: number
  readonly redisBytes?: number
  readonly pauses: Pauses
}

export interface SizeFigures {
  readonly size: string
  /** Microseconds of CPU of the pod for each delivered message, over the rounds. */
  readonly cpuPerMessage: Spread
  /** To the small pod's in the same round. */
  readonly ratio: Spread
  readonly loneLatencyMs: Percentiles
  /** While it delivered messages as fast as they go. */
  readonly pauses: Pauses
}

export interface ScaleFigures {
  readonly store: string
  readonly connections: number
  readonly subscriptions: number
  /** The large pod without connections, and with all of them after messages. */
  readonly start: MemoryUsage
  readonly end: MemoryUsage
  /** The small pod after messages. */
  readonly small: MemoryUsage
  readonly steps: readonly Step[]
  readonly sizes: readonly SizeFigures[]
}

interface Site {
  readonly relay: RelayUnderTest
  readonly redis?: RedisUnderTest
}

const CREATORS = 8
const SUBSCRIBING_AT_ONCE = 32
const WARM_UP_MS = 4000
const SHAPE = { senders: 8, recipients: 8, queues: 64 }
/** As the default of 100,000 is to half a million. */
const CACHED_SHARE = 0.2
const settingsFor = (subscriptions: number) => ({
  SLUICE_CACHED_QUEUES: `${subscriptions * CACHED_SHARE}`,
})

const openSite = async (
  { redisUrl, subscriptions }: ScaleOptions,
  stack: AsyncDisposableStack,
): Promise<Site> => {
  if (redisUrl === undefined) return { relay: stack.use(await RelayUnderTest.start()) }
  const cluster = stack.use(await ClusterUnderTest.start(redisUrl, 1, settingsFor(subscriptions)))
  return { relay: cluster.relay(0), redis: cluster.redis }
}

/** Does `work`, and says what each of `count` took of the site and left there. */
const step = async <T>(
  { relay, redis }: Site,
  { what, count }: { readonly what: string; readonly count: number },
  work: () => Promise<T>,
): Promise<readonly [T, Step]> => {
  const before = await relay.memory()
  const bytesBefore = await redis?.memory()
  const { value: outer, pauses } = await relay.pauses(() =>
    measureCpu(redis === undefined ? [] : [redis], () => relay.measure(work)),
  )
  const { value, seconds, cpu } = outer.value
  await untilIdle([relay])
  const after = await relay.memory()
  const figures: Step = {
    ...{ what, count, seconds, pauses },
    cpu: cpu / count,
    rss: (after.rss - before.rss) / count,
    heap: (after.heapUsed - before.heapUsed) / count,
    ...(redis !== undefined && {
      redisCpu: outer.cpu / count,
      redisBytes: ((await redis.memory()) - (bytesBefore ?? 0)) / count,
    }),
  }
  return [value, figures]
}

const createAll = async (relay: RelayUnderTest, count: number): Promise<readonly MadeQueue[]> => {
  const creators = await relay.connectMany(CREATORS)
  const share = Math.ceil(count / CREATORS)
  const created = await Promise.all(
    creators.map((creator, i) =>
      createQueues(creator, Math.min(share, count - i * share), { subscribe: false }),
    ),
  )
  await closeAll(creators)
  return created.flat()
}

const subscribeEach = async (
  connections: readonly SmpConnection[],
  queues: readonly MadeQueue[],
): Promise<void> => {
  const share = Math.ceil(queues.length / connections.length)
  let next = 0
  await connectEach(connections.length, SUBSCRIBING_AT_ONCE, async () => {
    const index = next++
    const connection = connections[index]
    if (connection === undefined) throw new RangeError('no connection')
    await subscribeAll(connection, queues.slice(index * share, (index + 1) * share))
  })
}

/** With Redis their records are kept, and the further ones take their places. */
export const FIRST_SUBSCRIPTIONS = 'subscription, the first fifth'
export const FURTHER_SUBSCRIPTIONS = 'subscription, the others'

interface Grown {
  readonly steps: readonly Step[]
  readonly connections: readonly SmpConnection[]
}

const grow = async (site: Site, options: ScaleOptions): Promise<Grown> => {
  const { relay } = site
  const { connections: count, subscriptions } = options
  const onEvent = (): void => {}
  const [connections, connecting] = await step(site, { what: 'connection', count }, () =>
    connectMany(count, () => relay.connect({ onEvent })),
  )
  const [queues, creating] = await step(site, { what: 'queue, by NEW', count: subscriptions }, () =>
    createAll(relay, subscriptions),
  )
  const subscribe = async (what: string, from: number, to: number): Promise<Step> => {
    const some = queues.slice(from * subscriptions, to * subscriptions)
    const of = { what, count: some.length }
    const holders = connections.slice(from * count, to * count)
    return (await step(site, of, () => subscribeEach(holders, some)))[1]
  }
  const first = await subscribe(FIRST_SUBSCRIPTIONS, 0, CACHED_SHARE)
  const further = await subscribe(FURTHER_SUBSCRIPTIONS, CACHED_SHARE, 1)
  return { steps: [connecting, creating, first, further], connections }
}

interface Course {
  readonly size: string
  readonly relay: RelayUnderTest
  readonly load: MessageLoad
  readonly rounds: Measured<number>[]
}

const openCourse = async (
  size: string,
  relay: RelayUnderTest,
  stack: AsyncDisposableStack,
): Promise<Course> => {
  const ends = { senders: relay, recipients: relay }
  const load = stack.use(await MessageLoad.open(ends, SHAPE))
  await load.saturate(WARM_UP_MS)
  return { size, relay, load, rounds: [] }
}

const costOf = ({ cpu, value }: Measured<number>): number => cpu / value

const compare = async (
  sites: readonly (readonly [string, RelayUnderTest])[],
  { rounds, roundMs, loneMessages }: ScaleOptions,
): Promise<readonly SizeFigures[]> => {
  await using stack = new AsyncDisposableStack()
  const courses: Course[] = []
  for (const [size, relay] of sites) courses.push(await openCourse(size, relay, stack))
  // in turns, so that a slow spell of the machine hits all alike
  for (let i = 0; i < rounds; i++)
    for (const { relay, load, rounds: done } of courses)
      done.push(await relay.measure(() => load.saturate(roundMs)))
  const ends = courses.map(({ relay }) => ({ senders: relay, recipients: relay }))
  const latencies = await loneLatencies(ends, loneMessages)
  const [first] = courses
  const sizes: SizeFigures[] = []
  for (const [i, { size, relay, load, rounds: done }] of courses.entries()) {
    const { pauses } = await relay.pauses(() => load.saturate(roundMs))
    const costs = done.map(costOf)
    const base = first?.rounds.map(costOf) ?? []
    sizes.push({
      ...{ size, pauses },
      cpuPerMessage: spreadOf(costs),
      ratio: spreadOf(costs.map((cost, round) => cost / (base[round] ?? Number.NaN))),
      loneLatencyMs: percentilesOf(latencies[i] ?? []),
    })
  }
  return sizes
}

export const measureScale = async (options: ScaleOptions): Promise<ScaleFigures> => {
  await using stack = new AsyncDisposableStack()
  const small = await openSite(options, stack)
  const site = await openSite(options, stack)
  const { relay } = site
  const start = await relay.memory()
  const { steps, connections } = await grow(site, options)
  const sizes = await compare(
    [
      ['a pod without others', small.relay],
      ['the large pod', relay],
    ],
    options,
  )
  const [end, after] = [await relay.memory(), await small.relay.memory()]
  const count = connections.length
  const [, leaving] = await step(site, { what: 'end of a connection', count }, async () => {
    await closeAll(connections)
    await untilIdle([relay])
  })
  return {
    store: (await site.redis?.version()) ?? 'the in-memory store',
    ...{ connections: count, subscriptions: options.subscriptions },
    ...{ start, end, small: after, steps: [...steps, leaving], sizes },
  }
}
