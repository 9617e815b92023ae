/** The program `sluice` as operators call it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))

export type Env = Readonly<Record<string, string>>

export interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Running, and what it says in the end. */
export const startSluice = (
  args: readonly string[],
  env: Env,
): { readonly child: ChildProcess; readonly result: Promise<Result> } => {
  const child = spawn(process.execPath, [program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const result = once(child, 'close').then(() => ({ code: child.exitCode, out, err }))
  return { child, result }
}

export const runSluice = (args: readonly string[], env: Env): Promise<Result> =>
  startSluice(args, env).result
