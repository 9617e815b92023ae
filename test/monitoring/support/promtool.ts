/** Prometheus' own checks, by its program. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Checked {
  readonly code: number | null
  readonly output: string
}

/** @param input for its standard input */
export const promtool = async (args: readonly string[], input = ''): Promise<Checked> => {
  const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code: child.exitCode, output: `${out}${err}` }
}
