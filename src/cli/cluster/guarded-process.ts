/** A child process that cannot outlive this one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Environment } from '../../config/given.ts'
import { reasonOf } from '../../config/problem.ts'

/**
 * The shell becomes the program. Before that it leaves a guard, which reads from file descriptor 3:
 * a line says that the program has ended; the end of the file, that this process died, be it by
 * SIGKILL. A program that is stopped or hangs ends all the same, which its own watch could not do.
 */
const guarded = `
{ read -r _ <&3 || { kill -9 $$; [ -z "$0" ] || rm -rf -- "$0"; } } </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`

export interface ProgramCall {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Environment
  /** Removed when this process dies; otherwise the caller's. */
  readonly directory?: string
}

export interface Ending {
  /** `was killed by SIGKILL`, `ended with exit code 1`. */
  readonly how: string
  readonly signal: NodeJS.Signals | undefined
}

const endingOf = (code: number | null, signal: NodeJS.Signals | null): Ending =>
  signal === null
    ? { how: `ended with exit code ${code}`, signal: undefined }
    : { how: `was killed by ${signal}`, signal }

const endOf = (child: ChildProcess): Promise<Ending> =>
  new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ how: `does not start: ${reasonOf(error)}`, signal: undefined }),
    )
    child.once('close', (code, signal) => resolve(endingOf(code, signal)))
  })

const onLines = (stream: Readable | null, listener: (line: string) => void): void => {
  if (stream !== null) createInterface({ input: stream }).on('line', listener)
}

export interface LineListeners {
  readonly stdout: (line: string) => void
  readonly stderr: (line: string) => void
}

export class GuardedProcess {
  /** Resolves after its last line. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess

  constructor({ program, args, env, directory = '' }: ProgramCall, lines: LineListeners) {
    this.#child = spawn('/bin/sh', ['-c', guarded, directory, program, ...args], {
      env,
      // in a session of its own: the signals of the terminal are for this process, which passes
      // them on in order
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const guard = this.#child.stdio[3]
    if (guard instanceof Socket) {
      guard.on('error', () => {}).resume()
      this.#child.once('exit', () => guard.end('ended\n'))
    }
    onLines(this.#child.stdout, lines.stdout)
    onLines(this.#child.stderr, lines.stderr)
    this.ended = endOf(this.#child)
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks it to end, and ends it when it has not in this time. */
  async stop(graceMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    this.#child.kill('SIGTERM')
    // one that somebody has stopped hears nothing else
    this.#child.kill('SIGCONT')
    await this.ended
    clearTimeout(deadline)
  }
}
