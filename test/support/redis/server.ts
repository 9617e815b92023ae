/** A Redis of a test's own, to be stopped, killed and paused. */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Launch, LaunchError, type Running } from './launch.ts'
import { findLauncher } from './launcher.ts'
import type { Need } from './program.ts'

export const HOST = '127.0.0.1'

/**
 * Below the ports that outgoing connections get, 32768 on Linux, so that nobody takes the port of
 * a server while it is down; a cluster node also takes the one 10000 above.
 */
const PORTS = { from: 10_000, to: 20_000 } as const
const PORT_ATTEMPTS = 50

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly args: readonly string[]
  /** Resolves when it has ended. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** On the same port, with what it wrote to disk; ends it by SIGTERM if it runs. */
  restart(): Promise<void>
  /** It keeps its connections and takes new ones, but answers nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** For good: its files go too. */
  stop(): Promise<void>
}

export interface Place {
  readonly port: number
  readonly directory: string
}

type ArgsOf = (place: Place) => readonly string[] | Promise<readonly string[]>

class OwnServer implements RedisServer {
  readonly url: string
  readonly port: number
  readonly args: readonly string[]
  readonly #directory: string
  readonly #launch: Launch
  #running: Running | undefined

  constructor(place: Place, args: readonly string[], launch: Launch) {
    this.url = `redis://${HOST}:${place.port}`
    this.port = place.port
    this.args = args
    this.#directory = place.directory
    this.#launch = launch
  }

  async start(): Promise<void> {
    this.#running = await this.#launch(this.args, this.#directory)
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const running = this.#running
    await running?.end(signal)
    if (this.#running === running) this.#running = undefined
  }

  async restart(): Promise<void> {
    await this.kill('SIGTERM')
    await this.start()
  }

  async pause(): Promise<void> {
    await this.#running?.pause()
  }

  async resume(): Promise<void> {
    await this.#running?.resume()
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** @throws NoRedis */
export const startServer = async (argsOf: ArgsOf, need?: Need): Promise<RedisServer> => {
  const launch = await findLauncher(need)
  const directory = await mkdtemp(join(tmpdir(), 'sluice-redis-'))
  for (let attempt = 1; ; attempt += 1) {
    const place = { port: randomInt(PORTS.from, PORTS.to), directory }
    const server = new OwnServer(place, await argsOf(place), launch)
    try {
      await server.start()
      return server
    } catch (error) {
      const isPortTaken = error instanceof LaunchError && error.isPortTaken
      if (isPortTaken && attempt < PORT_ATTEMPTS) continue
      await server.stop()
      throw error
    }
  }
}

/** Of later options with the same name the last one holds. */
export const serverArgs = ({ port, directory }: Place): readonly string[] => [
  ...['--port', `${port}`],
  ...['--bind', HOST],
  ...['--dir', directory],
  ...['--save', ''],
  ...['--appendonly', 'no'],
  ...['--maxmemory-policy', 'noeviction'],
  // a replica would wait five seconds for others
  ...['--repl-diskless-sync-delay', '0'],
]
