/** Asks whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Io } from './io.ts'

export interface Terminal {
  readonly stdin: Pick<ReadStream, 'isTTY'> & NodeJS.ReadableStream
  /** Not stdout, which others may read. */
  readonly stderr: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream
  readonly signal: AbortSignal
}

/** Undefined where nobody sits at one. */
export const askAt = ({ stdin, stderr, signal }: Terminal): Io['ask'] => {
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  return async (question) => {
    using lines = createInterface({ input: stdin, output: stderr })
    try {
      return await lines.question(question, { signal })
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    }
  }
}
