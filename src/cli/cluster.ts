import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { readTextFile } from '../config/environment.ts'
import type { Settings } from '../config/settings.ts'
import { numberOption, redisOption } from './arguments.ts'
import { checkGivenRedis } from './cluster/given-redis.ts'
import { type OwnRedis, startOwnRedis } from './cluster/own-redis.ts'
import { planRedis, type RedisPlan, withRedis } from './cluster/plan.ts'
import { Pods } from './cluster/pods.ts'
import { checkPortsAreFree } from './cluster/port-check.ts'
import { type PortPlan, planPorts, podEnvironment, portProblem, portsOf } from './cluster/ports.ts'
import { type Command, Failure } from './command.ts'
import { firstOrPresentIdentity, givenSettings } from './given.ts'
import type { Io } from './io.ts'
import { aborted } from './signals.ts'

const CLUSTER_KEY_BYTES = 32
const podLimits = { min: 1, max: 100, unit: 'pods' } as const

const options = {
  pods: { type: 'string', value: 'N', help: 'how many relays (default: 3)' },
  redis: {
    type: 'string',
    value: 'URL',
    help: 'where the queues are (default: SLUICE_REDIS_URL, or a Redis of its own)',
  },
  'own-ports': {
    type: 'boolean',
    help: 'ports for each pod, those of the settings and those above, instead of one for all',
  },
} as const

interface Plan {
  readonly settings: Settings
  readonly redis: RedisPlan
  readonly ports: PortPlan
}

const planOf = (args: readonly string[], io: Io): Plan => {
  const { values } = parseArgs({ args: [...args], options })
  const pods = numberOption('--pods', values.pods ?? '3', podLimits)
  const url = values.redis === undefined ? undefined : redisOption(values.redis)
  const makeKey = () => randomBytes(CLUSTER_KEY_BYTES).toString('hex')
  const redis = planRedis({ env: io.env, readFile: readTextFile }, url, makeKey)
  const settings = givenSettings({ ...io, env: redis.env })
  const ports = planPorts(settings, { pods, ownPorts: values['own-ports'] ?? false })
  const { durability } = settings
  const problem =
    redis.ownsRedis && durability !== 'memory'
      ? `SLUICE_DURABILITY ${durability} needs a Redis that keeps what it has: give --redis URL`
      : portProblem(ports)
  if (problem !== undefined) throw new Failure(problem)
  return { settings, redis, ports }
}

type Log = (line: string) => void

const prepare = async ({ settings, redis, ports }: Plan, log: Log): Promise<void> => {
  await checkPortsAreFree(portsOf(ports))
  if (!redis.ownsRedis && settings.redisUrl !== undefined)
    await checkGivenRedis(settings.redisUrl, settings)
  const { dataDir } = settings
  await firstOrPresentIdentity(settings, () => log(`sluice: made a new identity in ${dataDir}`))
}

const podsOf = ({ settings, ports, redis }: Plan, own: OwnRedis | undefined, log: Log): Pods => {
  const env = own === undefined ? redis.env : withRedis(redis.env, own.url)
  return new Pods({
    count: ports.pods,
    isPortShared: !ports.ownPorts,
    environmentOf: (pod) => podEnvironment(env, ports, pod),
    drainMs: (settings.drainDelaySeconds + settings.drainSeconds) * 1000,
    log,
  })
}

const report = ({ ports }: Plan, addresses: readonly [string, ...string[]]): string => {
  const [first] = addresses
  const count = `${ports.pods} ${ports.pods === 1 ? 'pod' : 'pods'}`
  const lines = [`Sluice cluster is ready: ${first} (${count})`]
  if (ports.ownPorts)
    lines.push(...addresses.map((address, index) => `Pod ${index + 1}: ${address}`))
  return `${lines.join('\n')}\n`
}

const endOf = async ({ ended }: OwnRedis): Promise<never> => {
  const { how } = await ended
  throw new Failure(`the Redis of this cluster ${how}, and its queues are gone`)
}

export const cluster: Command = {
  usage: 'cluster [--pods N] [--redis URL] [--own-ports]',
  about: `
Runs relays that share their queues, for trying a cluster on one machine. When all of them
accept connections it prints one line with their address; with --own-ports one more for each.
Logs go to stderr, each line after the name of its pod.

Without a Redis or Valkey given it starts the redis-server or valkey-server of this machine, on
loopback and without a password; queues and messages then end with the cluster. With one given,
SLUICE_CLUSTER_KEY is needed ('openssl rand -hex 32' makes one). At the first start an identity
is made in SLUICE_DATA_DIR. Settings are those of 'sluice start'; SLUICE_ADMIN_PORT is that of
the first pod, and the others have those above it.

A pod that ends is started again: kill one (its process is in the log), and nothing is lost.
SIGTERM or Ctrl-C stops the pods within SLUICE_DRAIN_SECONDS, and then the Redis; a second one
ends all at once.`,
  options,
  async run(args, io) {
    const plan = planOf(args, io)
    const log: Log = (line) => io.stderr.write(`${line}\n`)
    await prepare(plan, log)
    await using parts = new AsyncDisposableStack()
    const own = plan.redis.ownsRedis
      ? parts.use(await startOwnRedis(plan.redis.env, log))
      : undefined
    // before it, as Redis is stopped after the pods
    const pods = parts.use(podsOf(plan, own, log))
    const ends = [aborted(io.signal), pods.failed, ...(own === undefined ? [] : [endOf(own)])]
    const addresses = await Promise.race([pods.start(), ...ends])
    if (addresses === undefined) return 0
    io.stdout.write(report(plan, addresses))
    await Promise.race(ends)
    return 0
  },
}
