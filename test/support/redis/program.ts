/** Redis as a child process that cannot outlive this one. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  type Launch,
  LaunchError,
  READY,
  type Running,
  START_LIMIT_MS,
  Unavailable,
} from './launch.ts'
import { until } from './until.ts'

/**
 * The shell becomes the server. Before that it leaves a guard, which reads from file descriptor 3:
 * a line says that the server has ended; the end of the file, that this process died, be it by
 * SIGKILL. Unlike PR_SET_PDEATHSIG this needs no Linux and leaves no gap between fork and prctl.
 */
const guarded = `
exec 2>&1
{ read -r _ <&3 || { kill -9 $$; rm -rf -- "$0"; } } >/dev/null 2>&1 &
exec "$@" 3<&-`

/** The third field, after a name in brackets that may hold anything. */
const stateOf = async (pid: number | undefined): Promise<string | undefined> =>
  /.*\) (.)/s.exec(await readFile(`/proc/${pid}/stat`, 'latin1'))?.[1]

const started = async (child: ChildProcess, output: Readable): Promise<void> => {
  let log = ''
  const limit = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS)
  const read = Promise.withResolvers<void>()
  output.on('data', (text: Buffer) => {
    // the rest is read only to keep the pipe from filling
    if (READY.test(log)) return
    log += text.toString()
    if (READY.test(log)) read.resolve()
  })
  child.once('error', read.reject)
  child.once('close', () => read.reject(new LaunchError(log)))
  try {
    await read.promise
  } finally {
    clearTimeout(limit)
  }
}

export const launchProgram =
  (program: string): Launch =>
  async (args, directory): Promise<Running> => {
    const child = spawn('/bin/sh', ['-c', guarded, directory, program, ...args], {
      // in a session of its own: a closed terminal would end the guard, but not Redis
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    })
    const [, output, , guard] = child.stdio
    assert.ok(output instanceof Readable && output instanceof Socket && guard instanceof Socket)
    guard.on('error', () => {}).resume()
    child.once('exit', () => guard.end('ended\n'))
    let hasEnded = false
    child.once('close', () => {
      hasEnded = true
    })
    await started(child, output)
    const parts = [child, output, guard]
    // a test that forgets its server still ends
    for (const part of parts) part.unref()
    return {
      end: async (signal) => {
        if (hasEnded) return
        for (const part of parts) part.ref()
        const closed = once(child, 'close')
        child.kill(signal)
        child.kill('SIGCONT')
        await closed
      },
      pause: async () => {
        // false: it has ended
        if (!child.kill('SIGSTOP') || process.platform !== 'linux') return
        await until('the server stands still', async () => (await stateOf(child.pid)) === 'T')
      },
      resume: async () => void child.kill('SIGCONT'),
    }
  }

/** As the relay's own check of the server. */
const oldestOf = (version: string): number => (/valkey/i.test(version) ? 8 : 7)

/** `waitaof`: confirms writes on its own disk. */
export type Need = 'any' | 'waitaof'

const WAITAOF_REDIS = 7.2

/** @throws Unavailable */
export const checkProgram = async (program: string, need: Need = 'any'): Promise<void> => {
  const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => {
    throw new Unavailable(`${program} does not run`)
  })
  const version = /v=(\d+\.\d+)/.exec(stdout)?.[1] ?? '0'
  const oldest = need === 'waitaof' ? Math.max(WAITAOF_REDIS, oldestOf(stdout)) : oldestOf(stdout)
  if (Number(version) < oldest) throw new Unavailable(`${program} is version ${version}`)
}
