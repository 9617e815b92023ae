/** What a command gets of the process: where to write, what it was given, when to stop. */
import type { Environment } from '../config/given.ts'

export interface Output {
  /** Somebody watches: a line may be written over. */
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Environment
  /** Aborted when the process is told to stop; the reason is the signal's name. */
  readonly signal: AbortSignal
}
