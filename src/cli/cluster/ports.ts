/**
 * Which ports the pods of a cluster on one machine listen on. Pods share a port, or each has its own:
 * the first has the one of the settings, and the others those above it.
 */
import type { Environment } from '../../config/given.ts'
import type { Settings } from '../../config/settings.ts'

const HIGHEST_PORT = 65_535
const SMP = 'SLUICE_PORT'

interface Kind {
  readonly variable: `SLUICE_${string}`
  /** Undefined where there is to be none. */
  readonly of: (settings: Settings) => readonly number[] | undefined
  /** `always`: what answers there answers for its pod alone, so pods never share it. */
  readonly countsUp: 'always' | 'with --own-ports'
  readonly bind: (settings: Settings) => string | undefined
}

const one = (port: number | undefined): readonly number[] | undefined =>
  port === undefined ? undefined : [port]

/** Every setting of a port. */
const kinds: readonly Kind[] = [
  {
    variable: SMP,
    of: ({ ports }) => ports,
    countsUp: 'with --own-ports',
    bind: ({ bind }) => bind,
  },
  {
    variable: 'SLUICE_WS_PORT',
    of: ({ wsPorts }) => wsPorts,
    countsUp: 'with --own-ports',
    bind: ({ bind }) => bind,
  },
  {
    variable: 'SLUICE_WSS_PORT',
    of: ({ wssPorts }) => wssPorts,
    countsUp: 'with --own-ports',
    bind: ({ bind }) => bind,
  },
  {
    variable: 'SLUICE_OPS_PORT',
    of: ({ opsPort }) => one(opsPort),
    countsUp: 'always',
    bind: ({ opsBind, bind }) => opsBind ?? bind,
  },
  {
    variable: 'SLUICE_ADMIN_PORT',
    of: ({ adminPort }) => one(adminPort),
    countsUp: 'always',
    bind: ({ adminBind }) => adminBind,
  },
]

/** The ports that one setting gives. */
export interface PortGroup {
  readonly variable: string
  readonly ports: readonly number[]
  readonly countsUp: boolean
  readonly bind: string | undefined
}

export interface PortPlan {
  readonly groups: readonly PortGroup[]
  readonly pods: number
  /** Each pod has ports of its own. */
  readonly ownPorts: boolean
}

export const planPorts = (
  settings: Settings,
  { pods, ownPorts }: Pick<PortPlan, 'pods' | 'ownPorts'>,
): PortPlan => ({
  groups: kinds.flatMap(({ variable, of, countsUp, bind }) => {
    const ports = of(settings)
    if (ports === undefined) return []
    const group = { variable, ports, bind: bind(settings) }
    return [{ ...group, countsUp: ownPorts || countsUp === 'always' }]
  }),
  pods,
  ownPorts,
})

/** A port that one pod listens on. */
export interface PodPort {
  readonly variable: string
  readonly port: number
  readonly bind: string | undefined
  /** From 1. */
  readonly pod: number
}

/** @param pod from 1 */
const portsOfPod = ({ ports, countsUp }: PortGroup, pod: number): readonly number[] =>
  ports.map((port) => (countsUp && port > 0 ? port + pod - 1 : port))

/** All that have to be free, each once. */
export const portsOf = ({ groups, pods }: PortPlan): readonly PodPort[] =>
  groups.flatMap((group) =>
    Array.from({ length: group.countsUp ? pods : 1 }, (_, index) => index + 1).flatMap((pod) =>
      portsOfPod(group, pod)
        .filter((port) => port > 0)
        .map((port) => ({ variable: group.variable, port, bind: group.bind, pod })),
    ),
  )

const groupProblem = ({ variable, ports, countsUp }: PortGroup, pods: number) => {
  const [first = 0, ...others] = ports
  if (!countsUp)
    return others.length > 0 && ports.includes(0)
      ? `${variable} has 0 among other ports: give 0 alone, or a number for each`
      : undefined
  if (others.length > 0) return `${variable} must be one port with --own-ports: the pods count up`
  if (first > 0 && first + pods - 1 > HIGHEST_PORT)
    return `${variable} ${first} leaves no port for pod ${HIGHEST_PORT - first + 2}: set it lower`
  return undefined
}

const collision = (plan: PortPlan): string | undefined => {
  const taken = new Map<number, PodPort>()
  for (const at of portsOf(plan)) {
    const other = taken.get(at.port)
    if (other !== undefined && other.variable !== at.variable)
      return `${other.variable} of pod ${other.pod} and ${at.variable} of pod ${at.pod} are both ${at.port}: the pods count up, so set them further apart`
    taken.set(at.port, at)
  }
  return undefined
}

/** Why the pods cannot have these ports, in one line. */
export const portProblem = (plan: PortPlan): string | undefined => {
  for (const group of plan.groups) {
    const problem = groupProblem(group, plan.pods)
    if (problem !== undefined) return problem
  }
  return collision(plan)
}

/** @param pod from 1 */
export const podEnvironment = (env: Environment, plan: PortPlan, pod: number): Environment => ({
  ...env,
  ...Object.fromEntries(
    plan.groups.map((group) => [group.variable, portsOfPod(group, pod).join()]),
  ),
  SLUICE_REUSE_PORT: plan.ownPorts ? 'off' : 'on',
})

/** A port that a pod found free is its own from then on, and that of the pods beside it. */
export const withFoundPort = (env: Environment, port: number): Environment =>
  env[SMP] === '0' ? { ...env, [SMP]: `${port}` } : env
