/** A Prometheus of a test's own, on loopback, that ends with the test process if not before. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../../support/redis/until.ts'

/** As of a Redis: see test/support/redis/server.ts. */
const PORTS = { from: 10_000, to: 20_000 } as const

/** The shell becomes the server and leaves a guard, as in test/support/redis/program.ts. */
const guarded = `
{ read -r _ <&3 || { kill -9 $$; rm -rf -- "$0"; } } >/dev/null 2>&1 &
exec "$@" 3<&-`

export interface Series {
  readonly metric: Readonly<Record<string, string>>
  /** Times and values; one of a query of an instant. */
  readonly values: readonly (readonly [time: number, value: number])[]
}

export interface Rule {
  readonly name: string
  readonly type: 'alerting' | 'recording'
  readonly health: string
  readonly state?: string
  readonly lastError?: string
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
  readonly data: unknown
}

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

const seriesOf = (data: unknown): readonly Series[] => {
  const { result } = data as { readonly result: readonly RawSeries[] }
  return result.map(({ metric, value, values }) => ({
    metric,
    values: (values ?? (value ? [value] : [])).map(([time, text]) => [time, Number(text)] as const),
  }))
}

export class Prometheus implements AsyncDisposable {
  readonly #url: string
  readonly #end: () => Promise<void>

  private constructor(url: string, end: () => Promise<void>) {
    this.#url = url
    this.#end = end
  }

  /** @param files configuration and rules by their names; `prometheus.yml` is among them */
  static async start(files: Readonly<Record<string, string>>): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-prometheus-'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    const address = `127.0.0.1:${randomInt(PORTS.from, PORTS.to)}`
    const args = [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ]
    const child = spawn('/bin/sh', ['-c', guarded, directory, 'prometheus', ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    const [, , log, guard] = child.stdio
    assert.ok(log instanceof Socket && guard instanceof Socket)
    guard.on('error', () => {}).resume()
    child.once('exit', () => guard.end('ended\n'))
    let said = ''
    log.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const closed = once(child, 'close')
    const end = async (): Promise<void> => {
      child.kill('SIGKILL')
      await closed
      await rm(directory, { recursive: true, force: true })
    }
    const url = `http://${address}`
    try {
      await until('Prometheus is ready', async () => {
        if (child.exitCode !== null) return true
        return (await fetch(`${url}/-/ready`)).ok
      })
      assert.equal(child.exitCode, null, said)
      return new Prometheus(url, end)
    } catch (error) {
      await end()
      throw error
    }
  }

  /** Now. An error, a warning or an information is a failure. */
  async instant(query: string): Promise<readonly Series[]> {
    return seriesOf(await this.#get('query', { query }))
  }

  /** `seconds` up to now. */
  async range(query: string, seconds: number): Promise<readonly Series[]> {
    const end = Date.now() / 1000
    return seriesOf(
      await this.#get('query_range', {
        query,
        start: `${end - seconds}`,
        end: `${end}`,
        step: '1',
      }),
    )
  }

  async rules(): Promise<readonly Rule[]> {
    const { groups } = (await this.#get('rules', {})) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[]
    }
    return groups.flatMap(({ rules }) => rules)
  }

  /** The names of all metrics that what is scraped declares, with values or without. */
  async families(): Promise<ReadonlySet<string>> {
    return new Set(Object.keys((await this.#get('metadata', {})) as object))
  }

  /** Values of a label, as a variable of a dashboard asks for them. */
  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return (await this.#get(`label/${label}/values`, { 'match[]': selector })) as string[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }

  async #get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const { status, error, warnings, infos, data } = (await response.json()) as Answer
    const about = parameters.query ?? path
    assert.equal(status, 'success', `${error}: ${about}`)
    assert.equal(warnings, undefined, about)
    assert.equal(infos, undefined, about)
    return data
  }
}
