/** What the pods of a cluster are given: which Redis, which key, which ports. */
import { type Environment, fromEnvironment, fromFile } from '../../config/given.ts'
import type { Sources } from '../../config/load-settings.ts'

const HIGHEST_PORT = 65_535
const REDIS_URL = 'SLUICE_REDIS_URL'
const CLUSTER_KEY = 'SLUICE_CLUSTER_KEY'
/** Valid, so that the other settings can be read before there is a Redis. */
const NOT_YET = 'redis://127.0.0.1'

const namesInFile = ({ env, readFile }: Sources): Iterable<string> => {
  const path = env.SLUICE_CONFIG
  try {
    return path === undefined ? [] : fromFile(path, readFile(path)).values.keys()
  } catch {
    return [] // reading the settings says what is wrong with it
  }
}

/** Whether a secret is given in the environment or the file of settings, itself or as a file. */
const givenSecrets = (sources: Sources): ((variable: string) => boolean) => {
  const names = new Set([...fromEnvironment(sources.env).values.keys(), ...namesInFile(sources)])
  return (variable) => names.has(variable) || names.has(`${variable}_FILE`)
}

export interface RedisPlan {
  /** Whether the cluster starts one; then `env` has an address that stands for it. */
  readonly ownsRedis: boolean
  readonly env: Environment
}

/** @param option the address given on the command line */
export const planRedis = (
  sources: Sources,
  option: string | undefined,
  makeKey: () => string,
): RedisPlan => {
  const { env } = sources
  if (option !== undefined)
    return {
      ownsRedis: false,
      env: { ...env, [REDIS_URL]: option, [`${REDIS_URL}_FILE`]: undefined },
    }
  const isGiven = givenSecrets(sources)
  if (isGiven(REDIS_URL)) return { ownsRedis: false, env }
  const key = isGiven(CLUSTER_KEY) ? {} : { [CLUSTER_KEY]: makeKey() }
  return { ownsRedis: true, env: { ...env, ...key, [REDIS_URL]: NOT_YET } }
}

export const withRedis = (env: Environment, url: string): Environment => ({
  ...env,
  [REDIS_URL]: url,
})

export interface PortPlan {
  /** Of the settings. */
  readonly ports: readonly [number, ...number[]]
  /** Of health and metrics, where there are any. */
  readonly opsPort?: number | undefined
  readonly pods: number
  /** Each pod has a port of its own. */
  readonly ownPorts: boolean
}

const tooHigh = (variable: string, first: number, pods: number): string | undefined =>
  first > 0 && first + pods - 1 > HIGHEST_PORT
    ? `${variable} ${first} leaves no port for pod ${HIGHEST_PORT - first + 2}: set it lower`
    : undefined

/** Why the pods cannot have these ports, in one line. */
export const portProblem = (plan: PortPlan): string | undefined =>
  clientPortProblem(plan) ?? opsPortProblem(plan)

const opsPortProblem = (plan: PortPlan): string | undefined => {
  const { opsPort = 0, pods } = plan
  const clients = new Set(portsOf(plan))
  const both = opsPortsOf(plan).find((port) => clients.has(port))
  if (both === undefined) return tooHigh('SLUICE_OPS_PORT', opsPort, pods)
  return `port ${both} would be for clients and, with SLUICE_OPS_PORT ${opsPort}, for metrics: set another`
}

const clientPortProblem = ({ ports, pods, ownPorts }: PortPlan): string | undefined => {
  const [first, ...others] = ports
  if (!ownPorts)
    return others.length > 0 && ports.includes(0)
      ? 'SLUICE_PORT has 0 among other ports: give 0 alone, or a number for each'
      : undefined
  if (others.length > 0) return 'SLUICE_PORT must be one port with --own-ports: the pods count up'
  return tooHigh('SLUICE_PORT', first, pods)
}

/** @param pod from 1 */
const portsOfPod = ({ ports, ownPorts }: PortPlan, pod: number): readonly number[] => {
  const [first] = ports
  return ownPorts && first > 0 ? [first + pod - 1] : ports
}

/** Metrics are a pod's own: those of each have a port, whatever is shared. */
const opsPortOfPod = ({ opsPort = 0 }: PortPlan, pod: number): number =>
  opsPort > 0 ? opsPort + pod - 1 : opsPort

/** For health and metrics; all have to be free. */
export const opsPortsOf = (plan: PortPlan): readonly number[] =>
  Array.from({ length: plan.pods }, (_, index) => opsPortOfPod(plan, index + 1)).filter(
    (port) => port > 0,
  )

/** For clients; all have to be free. */
export const portsOf = (plan: PortPlan): readonly number[] => {
  const all = Array.from({ length: plan.pods }, (_, index) => portsOfPod(plan, index + 1)).flat()
  return [...new Set(all)].filter((port) => port > 0)
}

/** @param pod from 1 */
export const podEnvironment = (env: Environment, plan: PortPlan, pod: number): Environment => ({
  ...env,
  SLUICE_PORT: portsOfPod(plan, pod).join(),
  SLUICE_REUSE_PORT: plan.ownPorts ? 'off' : 'on',
  SLUICE_OPS_PORT: plan.opsPort === undefined ? 'off' : `${opsPortOfPod(plan, pod)}`,
})

/** A port that a pod found free is its own from then on, and that of the pods beside it. */
export const withFoundPort = (env: Environment, port: number): Environment =>
  env.SLUICE_PORT === '0' ? { ...env, SLUICE_PORT: `${port}` } : env
