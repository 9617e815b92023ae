/** The program as a process of its own, and what it logs. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseServerAddress, type ServerAddress } from '../../src/protocol/address.ts'
import { until } from './redis/until.ts'

const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))

type Entry = Readonly<Record<string, unknown>>

const parsed = (line: string): Entry => {
  try {
    return JSON.parse(line)
  } catch {
    return { msg: line }
  }
}

/** `sluice start`; killed at the end if it still runs. */
export class RunningRelay implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #out = ''
  #err = ''

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [sluice, 'start'], {
      env: {
        SLUICE_PORT: '0',
        SLUICE_OPS_PORT: '0',
        SLUICE_BIND: '127.0.0.1',
        SLUICE_HOST: '127.0.0.1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
    })
    this.#closed = once(this.#child, 'close')
  }

  /** When it is ready. */
  async address(): Promise<ServerAddress> {
    await until('the relay is ready', () => this.#out.includes('\n') || this.hasEnded)
    const text = /smp:\/\/\S+/.exec(this.#out)?.[0] ?? assert.fail(this.#err)
    return parseServerAddress(text)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get log(): readonly Entry[] {
    return this.#err.split('\n').slice(0, -1).map(parsed)
  }

  get messages(): readonly unknown[] {
    return this.log.map(({ msg }) => msg)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves with the entry that says this, after so many earlier ones. */
  async says(message: string, earlier = 0): Promise<Entry> {
    const found = () => this.log.filter(({ msg }) => msg === message)[earlier]
    await until(`the relay says: ${message}`, () => found() !== undefined || this.hasEnded)
    return found() ?? assert.fail(this.#err)
  }

  async exitCode(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
