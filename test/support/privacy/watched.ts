/** Pods that log all there is to log, and everything that they say and show. */
import assert from 'node:assert/strict'
import { Admin, adminToken } from '../admin.ts'
import { type Pod, Pods, type PodsOptions } from '../pods.ts'
import { until } from '../redis/until.ts'
import type { Seen } from './seen.ts'
import { addressSpellings, type Found, Spellings } from './spellings.ts'

/** A stack trace has its place; a list of clients has not. */
const LINE_CHARACTERS = 4096

const env = {
  SLUICE_LOG_LEVEL: 'trace',
  SLUICE_ADMIN_PORT: '0',
  SLUICE_ADMIN_TOKEN: adminToken,
  SLUICE_WS_PORT: '0',
  SLUICE_PROXY_ALLOW_PRIVATE: 'on',
  SLUICE_QUEUE_QUOTA: '5',
  SLUICE_DRAIN_DELAY_SECONDS: '0',
  SLUICE_DRAIN_SECONDS: '2',
}

interface Said {
  stdout: string
  stderr: string
}

export interface Ready {
  readonly webPorts: { readonly ws: readonly number[] }
  readonly opsPort: number
  readonly adminPort: number
}

/** All strings and names inside, as they are before they are written as JSON. */
const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}

export class WatchedPods implements AsyncDisposable {
  readonly pods: Pods
  readonly #said: readonly Said[]
  /** Metrics and statistics, as they were taken. */
  readonly #shown: string[] = []

  private constructor(pods: Pods, said: readonly Said[]) {
    this.pods = pods
    this.#said = said
  }

  static async start(options: PodsOptions): Promise<WatchedPods> {
    const said: Said[] = []
    const pods = await Pods.start({
      ...options,
      env: { ...env, ...options.env },
      onSaid(pod, text, stream) {
        said[pod] ??= { stdout: '', stderr: '' }
        said[pod][stream] += text
      },
    })
    return new WatchedPods(pods, said)
  }

  /** What a pod says of its ports when it is ready. */
  async ready(pod: Pod): Promise<Ready> {
    let found: unknown
    await until('the pod logs that it is ready', () => {
      const line = pod.log.split('\n').find((one) => one.includes('"msg":"ready"'))
      found = line && JSON.parse(line)
      return found !== undefined
    })
    return found as Ready
  }

  async admin(pod: Pod): Promise<Admin> {
    return new Admin((await this.ready(pod)).adminPort)
  }

  /** Takes /metrics, probes and statistics of the living. */
  async look(): Promise<void> {
    for (const pod of this.pods.living) {
      const { opsPort } = await this.ready(pod)
      for (const path of ['metrics', 'readyz', 'version'])
        this.#shown.push(await (await fetch(`http://127.0.0.1:${opsPort}/${path}`)).text())
      const admin = await this.admin(pod)
      for (const path of ['stats', 'config'])
        this.#shown.push(JSON.stringify((await admin.send(`/v1/${path}`)).body))
    }
  }

  get lines(): readonly string[] {
    return this.#said.flatMap(({ stderr }) => stderr.split('\n')).filter((line) => line !== '')
  }

  /** Each line is one object as pino writes it, of a bounded length; stdout has the address only. */
  checkLines(): void {
    for (const line of this.lines) {
      assert.ok(line.length <= LINE_CHARACTERS, `a line of ${line.length}: ${line.slice(0, 200)}`)
      const { level, time, msg } = JSON.parse(line)
      assert.ok(['number', 'string'].includes(typeof level), line)
      assert.ok(Number.isFinite(typeof time === 'number' ? time : Date.parse(time)), line)
      assert.ok(typeof msg === 'string' && msg !== '', line)
    }
    for (const { stdout } of this.#said) assert.match(stdout, /^Sluice is ready: smp:\S+\n/)
  }

  /** Everything that was said and shown, as it is written and as it is read. */
  get texts(): readonly string[] {
    const read = this.lines.map((line) => textsOf(JSON.parse(line)).join('\n'))
    return [
      ...this.#said.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ...read,
      ...this.#shown,
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pods[Symbol.asyncDispose]()
  }
}

export interface Hidden {
  readonly seen: Seen
  readonly addresses: readonly string[]
  readonly words: readonly string[]
}

/** The search for all that must not be there. */
export class Leaks {
  readonly #spellings: Spellings
  readonly #words: readonly string[]

  constructor({ seen, addresses, words }: Hidden) {
    this.#spellings = new Spellings(seen.values)
    this.#words = [...words, ...addresses.flatMap(addressSpellings)]
  }

  in(texts: readonly string[]): readonly Found[] {
    return texts.flatMap((text) => [
      ...this.#spellings.findIn(text),
      ...this.#words
        .filter((word) => text.includes(word))
        .map((spelling) => ({ what: 'a word', spelling })),
    ])
  }
}
