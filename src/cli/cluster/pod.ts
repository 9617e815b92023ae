/** One relay of the cluster, as a process. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../config/given.ts'
import { DEFAULT_PORT, parseServerAddress } from '../../protocol/address.ts'
import { type Ending, GuardedProcess } from './guarded-process.ts'
import type { Life } from './restarts.ts'

/** `main.ts`, or `main.js` of the package. */
const main = fileURLToPath(new URL(`../main${extname(import.meta.filename)}`, import.meta.url))

const OWN_LINE = 'sluice: '

export interface PodOptions {
  readonly number: number
  readonly env: Environment
  /** Takes the lines of its log, with its name before each. */
  readonly log: (line: string) => void
}

export interface Death extends Life, Ending {
  /** What it said last, for people. */
  readonly lastWords: string
}

export class Pod {
  readonly name: string
  /** Its address when it accepts connections; undefined if it ends before. */
  readonly ready: Promise<string | undefined>
  readonly ended: Promise<Death>
  readonly #process: GuardedProcess
  readonly #startedAt = performance.now()
  #wasReady = false
  #lastLine = ''

  constructor({ number, env, log }: PodOptions) {
    this.name = `pod ${number}`
    const ready = Promise.withResolvers<string | undefined>()
    const write = (line: string): void => log(`${this.name} ${line}`)
    this.#process = new GuardedProcess(
      { program: process.execPath, args: [main, 'start'], env },
      {
        stdout: (line) => {
          const address = /smp:\/\/\S+/.exec(line)?.[0]
          if (address === undefined || this.#wasReady) return write(line)
          this.#wasReady = true
          ready.resolve(address)
        },
        stderr: (line) => {
          // the line for people stays, whatever follows it
          if (line.startsWith(OWN_LINE) || !this.#lastLine.startsWith(OWN_LINE))
            this.#lastLine = line
          write(line)
        },
      },
    )
    this.ready = ready.promise
    this.ended = this.#process.ended.then((ending) => {
      ready.resolve(undefined)
      return this.#deathBy(ending)
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  stop(graceMs: number): Promise<void> {
    return this.#process.stop(graceMs)
  }

  #deathBy(ending: Ending): Death {
    const said = this.#lastLine.replace(OWN_LINE, '')
    return {
      ...ending,
      wasReady: this.#wasReady,
      ms: performance.now() - this.#startedAt,
      lastWords: said === '' ? `it ${ending.how}` : said,
    }
  }
}

export const portOf = (address: string): number => parseServerAddress(address).port ?? DEFAULT_PORT
