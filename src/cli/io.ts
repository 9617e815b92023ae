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
  /** A line that a person answers; absent where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
  /** Aborted when the process is told to stop; the reason is the signal's name. */
  readonly signal: AbortSignal
  /** Aborted when it is told again, instead of ending at once; for commands that ask for this. */
  hurry(): AbortSignal
  /** Calls the listener at each SIGHUP, which otherwise ends the process; the result stops that. */
  onHangup(listener: () => void): () => void
}
