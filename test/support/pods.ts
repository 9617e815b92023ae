/** Relays as processes of their own that share one identity and one Redis. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseServerAddress, type ServerAddress } from '../../src/protocol/address.ts'

const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))
const READY = /^Sluice is ready: (smp:\/\/\S+)$/m
const START_LIMIT_MS = 30_000
const LOG_CHARACTERS = 200_000

type Env = Readonly<Record<string, string>>

/**
 * The shell becomes the relay. Before that it leaves a guard, which reads from file descriptor 3:
 * a line says that the relay has ended; the end of the file, that this process died, be it by
 * SIGKILL.
 */
const guarded = `
{ read -r _ <&3 || kill -9 $$; } >/dev/null 2>&1 &
exec "$0" "$@" 3<&-`

const run = (args: readonly string[], env: Env): ChildProcess =>
  spawn('/bin/sh', ['-c', guarded, process.execPath, sluice, ...args], {
    env: { ...env, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })

/** Collects what a pod says, and resolves with its address. */
const readAddress = async (
  child: ChildProcess,
  onLog: (text: string) => void,
  onOut: (text: string) => void,
): Promise<string> => {
  const { stdout, stderr } = child
  assert.ok(stdout && stderr)
  let out = ''
  const address = Promise.withResolvers<string>()
  stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    onOut(text)
    const found = READY.exec(out)?.[1]
    if (found !== undefined) address.resolve(found)
  })
  let log = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
    onLog(text)
  })
  child.once('error', address.reject)
  child.once('close', () => address.reject(new Error(`the pod ended early:\n${log}`)))
  const limit = setTimeout(
    () => address.reject(new Error(`the pod is slow:\n${log}`)),
    START_LIMIT_MS,
  )
  try {
    return await address.promise
  } finally {
    clearTimeout(limit)
  }
}

export class Pod implements AsyncDisposable {
  readonly address: ServerAddress
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  readonly #readLog: () => string

  constructor(child: ChildProcess, address: string, readLog: () => string) {
    this.#child = child
    this.address = parseServerAddress(address)
    this.#readLog = readLog
    this.#closed = hasEnded(child) ? Promise.resolve() : once(child, 'close')
  }

  get port(): number {
    return this.address.port ?? assert.fail('a pod has a port')
  }

  get isAlive(): boolean {
    return !hasEnded(this.#child)
  }

  /** The end of what it logged. */
  get log(): string {
    return this.#readLog()
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** SIGTERM; its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.exitCode()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** When it has ended by itself. */
  async exitCode(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

const startPod = async (env: Env, onSaid: OnSaid = () => {}): Promise<Pod> => {
  const child = run(['start'], env)
  const guard = child.stdio[3]
  assert.ok(guard instanceof Writable && guard instanceof Readable)
  guard.on('error', () => {}).resume()
  child.once('exit', () => guard.end('ended\n'))
  let log = ''
  try {
    const onLog = (text: string): void => {
      log = (log + text).slice(-LOG_CHARACTERS)
      onSaid(text, 'stderr')
    }
    const address = await readAddress(child, onLog, (text) => onSaid(text, 'stdout'))
    return new Pod(child, address, () => log)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Everything that a pod says, as it comes. */
type OnSaid = (text: string, stream: 'stdout' | 'stderr') => void

export interface PodsOptions {
  /** Of Redis; absent: one pod that keeps all in memory. */
  readonly url?: string
  readonly count: number
  readonly env?: Env
  readonly onSaid?: (pod: number, ...said: Parameters<OnSaid>) => void
}

/** The pods of one cluster. They end with it, and with this process, however that ends. */
export class Pods implements AsyncDisposable {
  readonly #env: Env
  readonly #directory: string
  readonly #all: Pod[] = []
  readonly #onSaid: PodsOptions['onSaid']
  #started = 0

  private constructor(directory: string, { url, env = {}, onSaid }: Omit<PodsOptions, 'count'>) {
    this.#directory = directory
    this.#onSaid = onSaid
    this.#env = {
      SLUICE_DATA_DIR: directory,
      SLUICE_HOST: '127.0.0.1',
      SLUICE_BIND: '127.0.0.1',
      SLUICE_PORT: '0',
      SLUICE_OPS_PORT: '0',
      ...(url !== undefined && {
        SLUICE_REDIS_URL: url,
        SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
      }),
      SLUICE_LOG_LEVEL: 'warn',
      ...env,
    }
  }

  static async start({ count, ...options }: PodsOptions): Promise<Pods> {
    const pods = new Pods(await mkdtemp(join(tmpdir(), 'sluice-pods-')), options)
    try {
      await promisify(execFile)(process.execPath, [sluice, 'init'], { env: pods.#env })
      await Promise.all(Array.from({ length: count }, () => pods.add()))
      return pods
    } catch (error) {
      await pods[Symbol.asyncDispose]()
      throw error
    }
  }

  /** In the order in which they started; those that ended are among them. */
  get all(): readonly Pod[] {
    return [...this.#all]
  }

  get living(): readonly Pod[] {
    return this.#all.filter(({ isAlive }) => isAlive)
  }

  at(index: number): Pod {
    return this.#all[index] ?? assert.fail(`there is no pod ${index}`)
  }

  /** One more, which may see another address of Redis or have a port given. */
  async add(env: Env = {}): Promise<Pod> {
    const index = this.#started++
    const pod = await startPod({ ...this.#env, ...env }, (...said) =>
      this.#onSaid?.(index, ...said),
    )
    this.#all.push(pod)
    return pod
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((pod) => pod.kill()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}
