/** What operators ask a relay over HTTP: whether it lives, whether it serves, and its metrics. */
import { Measures } from '../measures/measures.ts'
import { packageVersion } from '../package-version.ts'
import { supportedVersions } from '../protocol/version.ts'
import type { ProxyStatistics } from '../proxy/statistics.ts'
import type { QueueStore } from '../store/store.ts'
import { Exposition } from './exposition.ts'
import { families } from './families.ts'
import { Health } from './health.ts'
import { type Answer, type OpsServer, openOpsServer, type Place, type Route } from './http.ts'
import { processMetrics } from './process-metrics.ts'
import type { Certificates, Subject } from './subject.ts'
import { Totals } from './totals.ts'

const json = (value: unknown, status: Answer['status'] = 200): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
})

const version = (): Answer => {
  const { min, max } = supportedVersions
  return json({ version: packageVersion(), node: process.version, smpVersions: `${min}-${max}` })
}

const probe = (isGood: boolean, problems: Health['problems']): Answer =>
  isGood ? json({ status: 'ok' }) : json({ status: 'not ready', problems }, 503)

const routesOf = (health: Health, metrics: Exposition): ReadonlyMap<string, Route> =>
  new Map<string, Route>([
    ['/livez', () => json({ status: 'ok' })],
    ['/readyz', () => probe(health.isReady, health.problems)],
    ['/startupz', () => probe(health.hasStarted, health.problems)],
    ['/version', version],
    ['/metrics', (accept) => metrics.text(accept)],
  ])

/** What a relay shows of itself besides what it counts. */
export interface Shown {
  readonly store: QueueStore
  readonly proxy: ProxyStatistics | undefined
  readonly limits: Subject['limits']
  readonly certificates: () => Certificates
  readonly onFault: (error: unknown, during: string) => void
}

const unknown: Certificates = { identity: undefined, web: undefined }

export class Ops implements Subject, AsyncDisposable {
  readonly health = new Health()
  readonly measures = new Measures()
  #totals: Totals | undefined
  #shown: Shown | undefined
  #server: OpsServer | undefined

  /** @throws the listener's error, such as EADDRINUSE */
  static async open(place: Place): Promise<Ops> {
    const ops = new Ops()
    const metrics = await Exposition.of(ops, families, await processMetrics())
    ops.#server = await openOpsServer(place, routesOf(ops.health, metrics))
    return ops
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  get totals(): Totals | undefined {
    return this.#totals
  }

  get proxy(): ProxyStatistics | undefined {
    return this.#shown?.proxy
  }

  get limits(): Subject['limits'] {
    return this.#shown?.limits
  }

  get certificates(): Certificates {
    return this.#shown?.certificates() ?? unknown
  }

  /** The relay is there: what it shows is kept up to date until it stops. */
  show(shown: Shown): void {
    this.#shown = shown
    this.#totals = new Totals(shown)
    this.#totals.start()
    this.health.watch('store', () => shown.store.problems()[0])
  }

  /** Before the store closes. */
  stop(): void {
    this.#totals?.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#server?.[Symbol.asyncDispose]()
  }
}
