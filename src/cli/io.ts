/** What a command gets of the process: where to write, what it was given, when to stop. */
import type { Environment } from '../config/given.ts'

export interface Output {
  write(text: string): unknown
}

export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Environment
  /** A line that a person answers; absent where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
  /** Aborted when the process is told to stop; the reason is the signal's name. */
  readonly signal: AbortSignal
}
