/** Which faults happen when: a round's schedule depends on the seed and the round's number alone. */
import { Random } from './random.ts'

/** Where queues are, and what an OK promises there. */
export const topologies = ['memory', 'fsync', 'sentinel', 'cluster'] as const
export type Topology = (typeof topologies)[number]

/**
 * `draw` is from 0 and below 1: who it concerns, of those that are there when it happens. Times are
 * in milliseconds from the round's begin.
 */
export type Fault = { readonly atMs: number; readonly draw: number } & (
  | { readonly kind: 'kill-pod' | 'drain-pod' }
  /** Nothing for `forMs`, then it starts again. */
  | { readonly kind: 'kill-redis'; readonly forMs: number }
  | { readonly kind: 'pause-redis'; readonly forMs: number }
  | { readonly kind: 'fail-over' }
  | { readonly kind: 'cut-redis'; readonly connections: 'normal' | 'pubsub' }
  | { readonly kind: 'forget-scripts' }
  /** Connections of clients are reset. */
  | { readonly kind: 'cut-clients'; readonly share: number }
  /** Clients that neither read nor are read from. */
  | { readonly kind: 'silence-clients'; readonly share: number; readonly forMs: number }
  /** Clients that ask for so much at once, and read no answer for the time. */
  | {
      readonly kind: 'slow-readers'
      readonly share: number
      readonly forMs: number
      readonly commands: number
    }
  | { readonly kind: 'hold-acks'; readonly share: number; readonly forMs: number }
  | { readonly kind: 'take-over'; readonly share: number }
  | { readonly kind: 'step-clock'; readonly seconds: number }
)

export type FaultKind = Fault['kind']

export interface Plan {
  readonly round: number
  readonly topology: Topology
  readonly loadMs: number
  /** In the order of their time. */
  readonly faults: readonly Fault[]
}

export interface ScheduleOptions {
  readonly seed: string
  readonly topologies: readonly Topology[]
}

/** So many rounds in a row use one cluster. */
export const ROUNDS_IN_GROUP = 10
const LONGEST_STEP_SECONDS = 600

const redisFaults: { readonly [T in Topology]: readonly [FaultKind, ...FaultKind[]] } = {
  // what a Redis without a disk and a replica has, ends with it: it is never killed
  memory: ['pause-redis'],
  fsync: ['kill-redis', 'kill-redis', 'pause-redis'],
  sentinel: ['kill-redis', 'fail-over', 'pause-redis'],
  cluster: ['kill-redis', 'fail-over', 'pause-redis'],
}

const lightFaults: readonly [FaultKind, ...FaultKind[]] = [
  ...(['cut-clients', 'silence-clients', 'hold-acks', 'take-over', 'take-over'] as const),
  ...(['cut-redis', 'cut-redis', 'step-clock', 'forget-scripts', 'slow-readers'] as const),
]

const shareOf = (random: Random): number => random.between(1, 5) / 10

const faultOf = (kind: FaultKind, random: Random, loadMs: number): Fault => {
  const when = { atMs: random.between(0, Math.floor(loadMs * 0.8)), draw: random.number() }
  switch (kind) {
    case 'kill-redis':
      return { ...when, kind, forMs: random.between(50, 800) }
    case 'pause-redis':
      return { ...when, kind, forMs: random.between(500, 4000) }
    case 'cut-redis':
      return { ...when, kind, connections: random.isTrue(0.5) ? 'normal' : 'pubsub' }
    case 'cut-clients':
    case 'take-over':
      return { ...when, kind, share: shareOf(random) }
    case 'silence-clients':
    case 'hold-acks':
      return { ...when, kind, share: shareOf(random), forMs: random.between(300, 2000) }
    case 'slow-readers': {
      const slow = { share: shareOf(random), forMs: random.between(500, 2000) }
      return { ...when, kind, ...slow, commands: random.between(450, 750) }
    }
    case 'step-clock':
      return { ...when, kind, seconds: random.between(-LONGEST_STEP_SECONDS, LONGEST_STEP_SECONDS) }
    default:
      return { ...when, kind }
  }
}

/** Groups go through all topologies, in an order of each cycle's own. */
export const topologyOf = ({ seed, topologies }: ScheduleOptions, round: number): Topology => {
  const group = Math.floor(round / ROUNDS_IN_GROUP)
  const cycle = Math.floor(group / topologies.length)
  const order = new Random(`${seed} cycle ${cycle}`).shuffled(topologies)
  return order[group % topologies.length] ?? 'memory'
}

/** @param round from 0 */
export const planRound = (options: ScheduleOptions, round: number): Plan => {
  const random = new Random(`${options.seed} round ${round}`)
  const topology = topologyOf(options, round)
  const loadMs = random.between(1000, 1800)
  const kinds: FaultKind[] = Array.from({ length: random.between(2, 4) }, () =>
    random.pick(lightFaults),
  )
  if (random.isTrue(0.5)) kinds.push(random.isTrue(0.5) ? 'kill-pod' : 'drain-pod')
  if (random.isTrue(0.4)) kinds.push(random.pick(redisFaults[topology]))
  const faults = kinds.map((kind) => faultOf(kind, random, loadMs))
  return { round, topology, loadMs, faults: faults.sort((a, b) => a.atMs - b.atMs) }
}

/** `120 kill-redis for 300 ms` */
export const faultText = (fault: Fault): string => {
  const { kind } = fault
  const words: (string | number)[] = [fault.atMs, kind]
  if ('connections' in fault) words.push(fault.connections)
  if ('share' in fault) words.push(`${fault.share * 100} %`)
  if ('commands' in fault) words.push(`${fault.commands} commands`)
  if ('forMs' in fault) words.push(`for ${fault.forMs} ms`)
  if ('seconds' in fault) words.push(`by ${fault.seconds} s`)
  return words.join(' ')
}
