/** What operators ask a relay over HTTP: whether it lives, whether it serves, and its metrics. */
import { packageVersion } from '../package-version.ts'
import { supportedVersions } from '../protocol/version.ts'
import { Health } from './health.ts'
import { type Answer, type OpsServer, openOpsServer, type Place, type Route } from './http.ts'

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

export class Ops implements AsyncDisposable {
  readonly health: Health
  readonly #server: OpsServer

  private constructor(health: Health, server: OpsServer) {
    this.health = health
    this.#server = server
  }

  /** @throws the listener's error, such as EADDRINUSE */
  static async open(place: Place): Promise<Ops> {
    const health = new Health()
    const routes = new Map<string, Route>([
      ['/livez', () => json({ status: 'ok' })],
      ['/readyz', () => probe(health.isReady, health.problems)],
      ['/startupz', () => probe(health.hasStarted, health.problems)],
      ['/version', version],
    ])
    return new Ops(health, await openOpsServer(place, routes))
  }

  get port(): number {
    return this.#server.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}
