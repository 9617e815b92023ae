/** What is tested: a Redis of some topology and pods on it, whose clocks can be wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Pod, Pods } from '../../test/support/pods.ts'
import type { Durability, Store } from './stores.ts'

const PODS = 3
const STARTS = 5

const clock = new URL('../processes/clock.ts', import.meta.url)

const environment = (durability: Durability): Readonly<Record<string, string>> => ({
  SLUICE_DURABILITY: durability,
  SLUICE_QUEUE_QUOTA: '100000',
  SLUICE_DRAIN_SECONDS: '1',
  // longer than any step of a clock, and short enough for a wrong sum to show
  SLUICE_MESSAGE_TTL_SECONDS: '3600',
  SLUICE_EXPIRY_INTERVAL_SECONDS: '1',
  NODE_OPTIONS: `--import ${pathToFileURL(clock.pathname).href}`,
})

export class Rig implements AsyncDisposable {
  readonly store: Store
  readonly #pods: Pods
  readonly #directory: string
  readonly #clocks = new Map<Pod, string>()
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
    const path = join(this.#directory, `clock-${this.#started}`)
    const env = { FAULTS_CLOCK_FILE: path }
    for (let start = 1; ; start += 1)
      try {
        const pod = await this.#pods.add(env)
        this.#clocks.set(pod, path)
        return pod
      } catch (error) {
        if (start === STARTS) throw error
      }
  }

  async stepClock(pod: Pod, seconds: number): Promise<void> {
    const path = this.#clocks.get(pod)
    if (path !== undefined) await writeFile(path, `${seconds}`)
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
