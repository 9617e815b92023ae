/** What one of each costs, as measured: kept in one file, or read from what the bench prints. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { FIRST_SUBSCRIPTIONS, FURTHER_SUBSCRIPTIONS } from './measure-scale.ts'

interface CostMeaning {
  readonly what: string
  readonly unit: 'us' | 'us/s' | 'bytes'
  /** Of the bench, that measures it. */
  readonly part: string
}

/** Each cost, once: names, units and where they are measured follow from this table. */
export const costMeanings = {
  podMessageSame: {
    what: 'message, sender and recipient on one pod',
    unit: 'us',
    part: '--redis messages',
  },
  podMessageAcross: {
    what: 'message, across pods, both together',
    unit: 'us',
    part: '--redis messages',
  },
  podHandshake: { what: 'connection: TCP, TLS, hellos', unit: 'us', part: 'handshakes' },
  podSubscription: {
    what: 'subscription, on a pod that never had the queue',
    unit: 'us',
    part: '--redis resubscription',
  },
  podPing: { what: 'PING', unit: 'us', part: 'bench:auth' },
  podIdle: { what: 'a pod without clients', unit: 'us/s', part: '--redis messages' },
  podBaseBytes: {
    what: 'a pod that has had messages, without clients',
    unit: 'bytes',
    part: '--redis scale',
  },
  podConnectionBytes: { what: 'connection in use', unit: 'bytes', part: 'memory' },
  podSubscriptionBytes: { what: 'subscription', unit: 'bytes', part: '--redis scale' },
  podRecordBytes: { what: 'record of a queue in its cache', unit: 'bytes', part: '--redis scale' },
  redisMessageSame: {
    what: 'message, sender and recipient on one pod',
    unit: 'us',
    part: '--redis messages',
  },
  redisMessageAcross: { what: 'message, across pods', unit: 'us', part: '--redis messages' },
  redisSubscription: { what: 'subscription', unit: 'us', part: '--redis resubscription' },
  redisIdle: { what: 'for each pod, without clients', unit: 'us/s', part: '--redis messages' },
  redisQueueBytes: { what: 'queue, secured', unit: 'bytes', part: '--redis storage' },
  redisSubscribedBytes: { what: 'its subscription', unit: 'bytes', part: '--redis storage' },
  redisNotifierBytes: { what: 'its notifier', unit: 'bytes', part: '--redis storage' },
  redisMessageBytes: {
    what: 'waiting message, whatever its length',
    unit: 'bytes',
    part: '--redis storage',
  },
} as const satisfies Readonly<Record<string, CostMeaning>>

export type CostName = keyof typeof costMeanings
export type UnitCosts = Readonly<Record<CostName, number>>

export interface MeasuredCosts {
  readonly date: string
  readonly machine: string
  readonly costs: UnitCosts
}

export const costNames = Object.keys(costMeanings) as CostName[]

const positive = z.number().positive()

const costsFile = z.strictObject({
  date: z.iso.date(),
  machine: z.string(),
  costs: z.record(z.enum(costNames), positive),
})

/** @throws where a cost is missing, unknown or not above 0 */
export const readCosts = (text: string): MeasuredCosts => costsFile.parse(JSON.parse(text))

export const ownCosts = (): MeasuredCosts =>
  readCosts(readFileSync(new URL('unit-costs.json', import.meta.url), 'utf8'))

const spread = z.object({ median: positive })
const named = z.object({ what: z.string() })

/** Those parts of what `npm run bench -- --json` prints that have unit costs; all may be absent. */
const benchOutput = z.object({
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memoryGib: z.number(),
    node: z.string(),
  }),
  handshakes: z.array(z.object({ groups: z.string(), cpuPerHandshake: spread })).optional(),
  memory: z.object({ growth: z.array(named.extend({ rss: z.number() })) }).optional(),
  messages: z
    .object({
      ways: z
        .array(
          z.object({ way: z.string(), cpuPerMessage: spread, redisCpuPerMessage: z.unknown() }),
        )
        .optional(),
      idle: z.object({ pod: positive, redis: positive }).optional(),
    })
    .optional(),
  storage: z
    .object({
      queues: z.array(named.extend({ bytes: z.number() })),
      messages: z.array(named.extend({ bytes: z.number() })),
    })
    .optional(),
  resubscription: z
    .object({
      populations: z.array(
        z.object({ costs: z.array(named.extend({ cpu: spread, redisCpu: spread })) }),
      ),
    })
    .optional(),
  scale: z
    .object({
      store: z.string(),
      small: z.object({ rss: positive }),
      steps: z.array(named.extend({ heap: z.number() })),
    })
    .optional(),
})

type BenchOutput = z.infer<typeof benchOutput>
type Found = Partial<Record<CostName, number | undefined>>

/** The apps of the reference offer X448 first. */
const GROUPS = 'X448:X25519'

const find = <T extends { readonly what: string }>(
  list: readonly T[] | undefined,
  what: string,
): T | undefined => list?.find((one) => one.what === what)

const messageCosts = ({ messages }: BenchOutput): Found => {
  const way = (name: string) => messages?.ways?.find((one) => one.way === name)
  const [same, across] = [way('Redis, one pod'), way('Redis, across pods')]
  const redisCpu = (one: typeof same) => spread.safeParse(one?.redisCpuPerMessage).data?.median
  const idle = messages?.idle
  return {
    podMessageSame: same?.cpuPerMessage.median,
    podMessageAcross: across?.cpuPerMessage.median,
    redisMessageSame: redisCpu(same),
    redisMessageAcross: redisCpu(across),
    // the bench tells milliseconds a second, of Redis with two pods
    podIdle: idle && idle.pod * 1000,
    redisIdle: idle && (idle.redis * 1000) / 2,
  }
}

const storageCosts = ({ storage }: BenchOutput): Found => {
  const queue = (what: string): number | undefined => find(storage?.queues, what)?.bytes
  const idle = queue('idle queue, secured')
  const beyond = (what: string): number | undefined => {
    const bytes = queue(what)
    return bytes === undefined || idle === undefined ? undefined : bytes - idle
  }
  return {
    redisQueueBytes: idle,
    redisSubscribedBytes: beyond('the same while subscribed'),
    redisNotifierBytes: beyond('idle queue with a notifier'),
    redisMessageBytes: find(storage?.messages, 'first message of a queue')?.bytes,
  }
}

const podCosts = ({ handshakes, memory, resubscription, scale }: BenchOutput): Found => {
  // the last population is the large one
  const costs = resubscription?.populations.at(-1)?.costs
  const cold = find(costs, 'SUB, to a pod that never had the queue')
  const warm = find(costs, 'SUB, to a pod that had it before')
  const ofRedis = scale?.store === 'the in-memory store' ? undefined : scale
  // of these the heap: what a step leaves of resident memory is the allocator's
  const first = find(ofRedis?.steps, FIRST_SUBSCRIPTIONS)?.heap
  const further = find(ofRedis?.steps, FURTHER_SUBSCRIPTIONS)?.heap
  return {
    podHandshake: handshakes?.find(({ groups }) => groups === GROUPS)?.cpuPerHandshake.median,
    podConnectionBytes: find(memory?.growth, 'TLS connection after 10 commands')?.rss,
    podSubscription: cold?.cpu.median,
    redisSubscription: cold && Math.max(cold.redisCpu.median, warm?.redisCpu.median ?? 0),
    podSubscriptionBytes: further,
    podRecordBytes: first && further && first - further,
    podBaseBytes: ofRedis?.small.rss,
  }
}

/**
 * The costs that a run of the bench measured, in place of those given.
 * @throws where it is not the bench's output
 */
export const withFigures = (given: MeasuredCosts, text: string, date: string): MeasuredCosts => {
  const output = benchOutput.parse(JSON.parse(text))
  const found = { ...messageCosts(output), ...storageCosts(output), ...podCosts(output) }
  const costs = { ...given.costs }
  for (const name of costNames) {
    const value = found[name]
    if (value !== undefined && value > 0) costs[name] = value
  }
  const { cpu, cores, memoryGib, node } = output.machine
  return { date, machine: `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}`, costs }
}
