/** The pods of the cluster: started, started again when they end, and stopped together. */
import type { Environment } from '../../config/given.ts'
import { Failure } from '../command.ts'
import { Pod, portOf } from './pod.ts'
import { withFoundPort } from './ports.ts'
import { Restarts } from './restarts.ts'

/** For what a pod does when its connections are closed. */
const STOP_MARGIN_MS = 5000

export interface PodsOptions {
  readonly count: number
  /** Whether what pod 1 listens on is also the others'. */
  readonly isPortShared: boolean
  readonly environmentOf: (pod: number) => Environment
  readonly drainMs: number
  readonly log: (line: string) => void
}

export class Pods implements AsyncDisposable {
  /** Rejected when a pod cannot be kept running. */
  readonly failed: Promise<never>
  readonly #options: PodsOptions
  readonly #running = new Map<number, Pod>()
  readonly #fail: (failure: unknown) => void
  #isStopping = false

  constructor(options: PodsOptions) {
    this.#options = options
    const { promise, reject } = Promise.withResolvers<never>()
    // the command may have ended before it listens
    promise.catch(() => {})
    this.failed = promise
    this.#fail = reject
  }

  /**
   * Pod 1 goes first: what is wrong for all is said once, and a port that it finds free is theirs.
   * @returns their addresses, when all accept connections
   * @throws Failure when one ends before that
   */
  async start(): Promise<readonly [string, ...string[]]> {
    const { count, environmentOf, isPortShared } = this.#options
    const first = await this.#keep(1, environmentOf(1))
    const others = Array.from({ length: count - 1 }, (_, index) => {
      const env = environmentOf(index + 2)
      return this.#keep(index + 2, isPortShared ? withFoundPort(env, portOf(first)) : env)
    })
    return [first, ...(await Promise.all(others))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    const graceMs = this.#options.drainMs + STOP_MARGIN_MS
    await Promise.all([...this.#running.values()].map((pod) => pod.stop(graceMs)))
  }

  async #keep(number: number, env: Environment): Promise<string> {
    const pod = this.#spawn(number, env)
    const address = await pod.ready
    if (address === undefined) {
      const { lastWords } = await pod.ended
      throw new Failure(`${pod.name} did not start: ${lastWords}`)
    }
    this.#tellOf(pod)
    this.#watch(number, pod, withFoundPort(env, portOf(address))).catch(this.#fail)
    return address
  }

  async #watch(number: number, first: Pod, env: Environment): Promise<void> {
    const restarts = new Restarts()
    for (let pod = first; ; ) {
      const death = await pod.ended
      if (this.#isStopping) return
      if (!restarts.isAllowedAfter(death))
        throw new Failure(`${pod.name} ends as soon as it is started: ${death.lastWords}`)
      this.#options.log(`sluice: ${pod.name} ${death.how}, starting it again`)
      pod = this.#spawn(number, env)
      if ((await pod.ready) !== undefined) this.#tellOf(pod)
    }
  }

  #spawn(number: number, env: Environment): Pod {
    if (this.#isStopping) throw new Failure('the cluster is stopping')
    const pod = new Pod({ number, env, log: this.#options.log })
    this.#running.set(number, pod)
    return pod
  }

  /** The process id is there to be killed. */
  #tellOf({ name, pid }: Pod): void {
    this.#options.log(`sluice: ${name} is ready, process ${pid}`)
  }
}
