/** A Redis that lives as long as the cluster. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Environment } from '../../config/given.ts'
import { Failure } from '../command.ts'
import { type Ending, GuardedProcess } from './guarded-process.ts'
import { findRedisProgram } from './redis-program.ts'

const LOOPBACK = '127.0.0.1'
const STOP_MS = 5000
const ATTEMPTS = 10

const READY = /Ready to accept connections/
const PORT_TAKEN = /Failed listening on port|Address already in use/

export interface OwnRedis extends AsyncDisposable {
  readonly url: string
  readonly ended: Promise<Ending>
}

interface Place {
  readonly program: string
  readonly directory: string
  readonly env: Environment
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen({ port: 0, host: LOOPBACK })
  await once(server, 'listening')
  const address = server.address()
  const closed = once(server, 'close')
  server.close()
  await closed
  return typeof address === 'object' && address !== null ? address.port : 0
}

const redisArgs = (port: number, directory: string): readonly string[] => [
  ...['--bind', LOOPBACK, '--port', `${port}`, '--dir', directory],
  ...['--daemonize', 'no', '--save', '', '--appendonly', 'no'],
  ...['--maxmemory-policy', 'noeviction'],
]

class RedisProcess {
  readonly url: string
  /** Resolves when it takes connections: true, or when it ends: false. */
  readonly ready: Promise<boolean>
  readonly process: GuardedProcess
  isPortTaken = false
  lastLine = ''

  constructor({ program, directory, env }: Place, port: number) {
    this.url = `redis://${LOOPBACK}:${port}`
    const ready = Promise.withResolvers<boolean>()
    const read = (line: string): void => {
      this.lastLine = line
      this.isPortTaken ||= PORT_TAKEN.test(line)
      if (READY.test(line)) ready.resolve(true)
    }
    this.process = new GuardedProcess(
      { program, args: redisArgs(port, directory), env, directory },
      { stdout: read, stderr: read },
    )
    this.ready = ready.promise
    void this.process.ended.then(() => ready.resolve(false))
  }
}

/** Another process may take a port between the moment it was free and Redis. */
const startProcess = async (place: Place): Promise<RedisProcess> => {
  for (let attempt = 1; ; attempt += 1) {
    const redis = new RedisProcess(place, await freePort())
    if (await redis.ready) return redis
    if (redis.isPortTaken && attempt < ATTEMPTS) continue
    const { how } = await redis.process.ended
    throw new Failure(`${place.program} ${how}: ${redis.lastLine}`)
  }
}

/** @throws Failure where this machine has no Redis that can be used */
export const startOwnRedis = async (
  env: Environment,
  log: (line: string) => void,
): Promise<OwnRedis> => {
  const program = await findRedisProgram(env)
  await using parts = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-cluster-'))
  parts.defer(() => rm(directory, { recursive: true, force: true }))
  const { url, process } = await startProcess({ program, directory, env })
  parts.defer(() => process.stop(STOP_MS))
  log(`sluice: ${basename(program)} is ready at ${url}, process ${process.pid}`)
  const owned = parts.move()
  return {
    url,
    ended: process.ended,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
