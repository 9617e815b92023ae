/** What is tested: a Redis of some topology and pods on it, whose clocks can be wrong. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pageAt } from '../../test/support/ops-relay.ts'
import { type Pod, Pods } from '../../test/support/pods.ts'
import { until } from '../../test/support/redis/until.ts'
import { Scrape } from '../../test/support/scrape.ts'
import type { Durability, Store } from './stores.ts'

const PODS = 3
const STARTS = 5

const loaded = ['clock.ts', 'output-peak.ts'].map(
  (name) => new URL(`../processes/${name}`, import.meta.url),
)
const OPS_PORT = /"opsPort":(\d+)/

const environment = (durability: Durability): Readonly<Record<string, string>> => ({
  SLUICE_DURABILITY: durability,
  SLUICE_QUEUE_QUOTA: '100000',
  SLUICE_DRAIN_SECONDS: '1',
  // longer than any step of a clock, and short enough for a wrong sum to show
  SLUICE_MESSAGE_TTL_SECONDS: '3600',
  SLUICE_EXPIRY_INTERVAL_SECONDS: '1',
  // where its operations port is stands in its log
  SLUICE_LOG_LEVEL: 'info',
  NODE_OPTIONS: loaded.map(({ href }) => `--import ${href}`).join(' '),
})

/** As its metrics have it. */
export interface PodState {
  /** Connections that are not read from, as their clients do not take their answers. */
  readonly full: number
  readonly residentBytes: number
}

interface Extras {
  readonly clockFile: string
  readonly outputFile: string
  readonly opsPort: number
}

export class Rig implements AsyncDisposable {
  readonly store: Store
  readonly #pods: Pods
  readonly #directory: string
  readonly #extras = new Map<Pod, Extras>()
  #started = 0

  private constructor(store: Store, pods: Pods, directory: string) {
    this.store = store
    this.#pods = pods
    this.#directory = directory
  }

  /** The store is the rig's from now on. What pods compile is kept in `compiled` for the next ones. */
  static async start(store: Store, compiled: string): Promise<Rig> {
    await using parts = new AsyncDisposableStack()
    parts.use(store)
    const directory = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
    parts.defer(() => rm(directory, { recursive: true }))
    const env = { ...environment(store.durability), NODE_COMPILE_CACHE: compiled }
    const pods = parts.use(await Pods.start({ url: store.url, count: 0, env }))
    const rig = new Rig(store, pods, directory)
    await rig.restore()
    rig.#owned = parts.move()
    return rig
  }

  #owned: AsyncDisposableStack | undefined

  get pods(): Pods {
    return this.#pods
  }

  /** One more; started again where Redis was not there to be asked. */
  async addPod(): Promise<Pod> {
    this.#started += 1
    const clockFile = join(this.#directory, `clock-${this.#started}`)
    const outputFile = join(this.#directory, `output-${this.#started}`)
    const env = { FAULTS_CLOCK_FILE: clockFile, FAULTS_OUTPUT_FILE: outputFile }
    for (let start = 1; ; start += 1)
      try {
        const pod = await this.#pods.add(env)
        this.#extras.set(pod, { clockFile, outputFile, opsPort: await opsPortOf(pod) })
        return pod
      } catch (error) {
        if (start === STARTS) throw error
      }
  }

  async stepClock(pod: Pod, seconds: number): Promise<void> {
    const extras = this.#extras.get(pod)
    if (extras !== undefined) await writeFile(extras.clockFile, `${seconds}`)
  }

  /** Undefined where it does not say. */
  async stateOf(pod: Pod): Promise<PodState | undefined> {
    const page = await pageAt(this.#extras.get(pod)?.opsPort ?? 0, '/metrics').catch(
      () => undefined,
    )
    if (page === undefined) return undefined
    const scrape = new Scrape(page)
    return {
      full: scrape.get('sluice_connections_paused{reason="output"}'),
      residentBytes: scrape.get('process_resident_memory_bytes'),
    }
  }

  /** The most that any pod, also one that has ended, has held for one connection. */
  async mostBufferedBytes(): Promise<number> {
    const files = [...this.#extras.values()].map(({ outputFile }) => outputFile)
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '0')))
    return Math.max(0, ...texts.map(Number))
  }

  /** As many pods as at the start, with clocks that are right, on a Redis that is whole. */
  async restore(): Promise<void> {
    await this.store.settled()
    const missing = PODS - this.#pods.living.length
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.addPod()))
    await Promise.all(this.#pods.living.map((pod) => this.stepClock(pod, 0)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned?.disposeAsync()
  }
}

const opsPortOf = async (pod: Pod): Promise<number> => {
  let port = 0
  await until('the pod says its ports', async () => {
    port = Number(OPS_PORT.exec(pod.log)?.[1] ?? 0)
    return port > 0
  })
  return port
}
