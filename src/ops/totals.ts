/** What the cluster holds in total: asked for in the background, so that nobody waits for it. */
import type { ActiveQueues, ServerMemory, StoreCounts } from '../store/counts.ts'
import type { QueueStore } from '../store/store.ts'

const EVERY_MS = 30_000
/** Pods that started together do not ask together for long. */
const JITTER = 0.5

export interface TotalsOptions {
  readonly store: Pick<QueueStore, 'count' | 'countActive' | 'serverMemory'>
  readonly onFault: (error: unknown, during: string) => void
  readonly everyMs?: number
}

export class Totals {
  readonly #options: TotalsOptions
  #counts: StoreCounts | undefined
  #active: ActiveQueues | undefined
  #memory: ServerMemory | undefined
  #refreshedAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: TotalsOptions) {
    this.#options = options
  }

  /** As they were last known. */
  get counts(): StoreCounts | undefined {
    return this.#counts
  }

  get active(): ActiveQueues | undefined {
    return this.#active
  }

  /** Of the server of the store that is fullest; also undefined where there is none. */
  get memory(): ServerMemory | undefined {
    return this.#memory
  }

  /** Undefined until they are known. */
  get ageSeconds(): number | undefined {
    return this.#refreshedAt && (performance.now() - this.#refreshedAt) / 1000
  }

  /** Asks now, and again and again. */
  start(): void {
    void this.refresh().finally(() => this.#schedule())
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** What cannot be asked stays as it was. */
  async refresh(): Promise<void> {
    const { store, onFault } = this.#options
    try {
      const [counts, active, memory] = await Promise.all([
        store.count(),
        store.countActive(),
        store.serverMemory(),
      ])
      this.#counts = counts
      this.#memory = memory
      this.#active = active
      this.#refreshedAt = performance.now()
    } catch (error) {
      if (!this.#isStopped) onFault(error, 'totals')
    }
  }

  #schedule(): void {
    if (this.#isStopped) return
    const { everyMs = EVERY_MS } = this.#options
    const inMs = everyMs * (1 + JITTER * (Math.random() - 0.5))
    this.#timer = setTimeout(() => this.start(), inMs).unref()
  }
}
