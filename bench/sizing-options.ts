/** What is asked of a sizing and assumed for it: names, defaults and help follow from this table. */
import type { Demand, Plan, Prices } from './sizing-model.ts'

export interface SizingOption {
  readonly option: string
  readonly what: string
  /** Absent: follows from the connections, see `demandOf`. */
  readonly value?: number
  /** The value in words, where it follows from another. */
  readonly words?: string
  readonly isShare?: true
}

/** Of each connection, where nothing else is said. */
const QUEUES_EACH = 100
const MESSAGES_EACH = 0.01
/** Of each queue. */
const WAITING_EACH = 0.1

const demandOptions = {
  connections: { option: 'connections', what: 'connections at once', words: 'three columns' },
  queues: { option: 'queues', what: 'queues', words: `${QUEUES_EACH} a connection` },
  messagesPerSecond: {
    option: 'messages-per-second',
    what: 'delivered messages a second at the busiest time',
    words: `${MESSAGES_EACH} a connection`,
  },
  waitingMessages: {
    option: 'waiting-messages',
    what: 'messages that wait for their recipients',
    words: `${WAITING_EACH} a queue`,
  },
  subscribedShare: {
    option: 'subscribed-share',
    what: 'share of the queues whose owners are connected',
    value: 1,
    isShare: true,
  },
  notifierShare: {
    option: 'notifier-share',
    what: 'share of the queues with a notifier',
    value: 0.3,
    isShare: true,
  },
  connectionHours: { option: 'connection-hours', what: 'how long a connection lasts', value: 2 },
  pingSeconds: {
    option: 'ping-seconds',
    what: 'between two PINGs of a connection: 600 in the apps of the reference',
    value: 600,
  },
  peakFactor: {
    option: 'peak-factor',
    what: 'how many times the average the busiest time is (for the traffic of a month)',
    value: 3,
  },
  podReturnSeconds: {
    option: 'pod-return-seconds',
    what: "in which a dead pod's clients are to be back",
    value: 30,
  },
  regionReturnMinutes: {
    option: 'region-return-minutes',
    what: 'in which everybody is to be back after all were away',
    value: 10,
  },
} as const satisfies Readonly<Record<keyof Demand, SizingOption>>

const planOptions = {
  podUtilization: {
    option: 'pod-utilization',
    what: "of a pod's one core, with one pod away",
    value: 0.6,
    isShare: true,
  },
  returnUtilization: {
    option: 'return-utilization',
    what: 'of the cores of pods and shards while clients come back',
    value: 0.9,
    isShare: true,
  },
  podMemoryGib: { option: 'pod-memory-gib', what: 'memory of a pod', value: 4 },
  podMemoryShare: {
    option: 'pod-memory-share',
    what: 'of it, with one pod away: the rest is for buffers under load and garbage',
    value: 0.6,
    isShare: true,
  },
  connectionsPerPod: {
    option: 'connections-per-pod',
    what: 'connections of a pod at most: as many as were measured',
    value: 10_000,
  },
  cachedQueues: {
    option: 'cached-queues',
    what: 'SLUICE_CACHED_QUEUES of each pod',
    value: 100_000,
  },
  shardUtilization: {
    option: 'shard-utilization',
    what: "of the core that runs a shard's scripts",
    value: 0.5,
    isShare: true,
  },
  shardMemoryGib: { option: 'shard-memory-gib', what: 'memory of a node of Redis', value: 32 },
  shardMemoryShare: {
    option: 'shard-memory-share',
    what: 'of it in use: the rest is for forks, buffers and holes',
    value: 0.6,
    isShare: true,
  },
  shardCores: {
    option: 'shard-cores',
    what: 'vCPUs of a node of Redis: scripts, and its forks and replication',
    value: 2,
  },
  replicas: { option: 'replicas', what: 'of each shard, beside its primary', value: 1 },
} as const satisfies Readonly<Record<keyof Plan, SizingOption>>

const priceOptions = {
  vcpuHour: { option: 'price-vcpu-hour', what: 'a vCPU for an hour', value: 0.04 },
  gibHour: { option: 'price-gib-hour', what: 'a GiB of memory for an hour', value: 0.005 },
  egressGb: { option: 'price-egress-gb', what: 'a GB to clients', value: 0.05 },
} as const satisfies Readonly<Record<keyof Prices, SizingOption>>

/** In the order of the document. */
export const sizingOptions: readonly SizingOption[] = [
  ...Object.values(demandOptions),
  ...Object.values(planOptions),
  ...Object.values(priceOptions),
]

/** By the names of the options, as the command line has them. */
export type Given = Readonly<Record<string, string | boolean | undefined>>

const NUMBER = /^(\d+(\.\d+)?|\.\d+)$/

const positive = new Set(['connection-hours', 'ping-seconds', 'peak-factor'])

/** What is wrong with the numbers that were given, one line each. */
export const problemsOf = (given: Given): readonly string[] =>
  sizingOptions.flatMap(({ option, isShare }) => {
    const text = given[option]
    if (text === undefined) return []
    if (typeof text !== 'string' || !NUMBER.test(text)) return [`--${option} is a number`]
    if (isShare && Number(text) > 1) return [`--${option} is a share from 0 to 1`]
    if (Number(text) > 0 || !mustBePositive(option)) return []
    return [`--${option} is above 0`]
  })

const mustBePositive = (option: string): boolean =>
  positive.has(option) ||
  option.endsWith('-seconds') ||
  option.endsWith('-minutes') ||
  option.endsWith('-gib') ||
  option.endsWith('-utilization') ||
  option.endsWith('-memory-share') ||
  option.endsWith('-per-pod')

const valuesOf = <K extends string>(
  options: Readonly<Record<K, SizingOption>>,
  given: Given,
): Partial<Record<K, number>> => {
  const values: Partial<Record<K, number>> = {}
  for (const [name, { option, value }] of Object.entries(options) as [K, SizingOption][]) {
    const text = given[option]
    const number = typeof text === 'string' ? Number(text) : value
    if (number !== undefined) values[name] = number
  }
  return values
}

/** Fills in what follows from the connections. */
export const demandOf = (connections: number, given: Given = {}): Demand => {
  const values = valuesOf(demandOptions, given)
  const queues = values.queues ?? connections * QUEUES_EACH
  return {
    ...(values as Demand),
    ...{ connections, queues },
    messagesPerSecond: values.messagesPerSecond ?? connections * MESSAGES_EACH,
    waitingMessages: values.waitingMessages ?? queues * WAITING_EACH,
  }
}

export const planOf = (given: Given = {}): Plan => valuesOf(planOptions, given) as Plan

export const pricesOf = (given: Given = {}): Prices => valuesOf(priceOptions, given) as Prices
