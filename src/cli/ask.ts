/** Asks whoever sits at the terminal. */
import { createInterface } from 'node:readline'
import type { Io } from './io.ts'

type AtTerminal<S> = S & { readonly isTTY?: boolean }

export interface Terminal {
  readonly stdin: AtTerminal<NodeJS.ReadableStream>
  /** Not stdout, which others may read. */
  readonly stderr: AtTerminal<NodeJS.WritableStream>
  readonly signal: AbortSignal
}

/** Undefined where nobody sits at one; the end of the input is an empty answer. */
export const askAt = ({ stdin, stderr, signal }: Terminal): Io['ask'] => {
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  return (question) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    // not raw: Ctrl-C stays a signal
    const lines = createInterface({ input: stdin, terminal: false })
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    lines.once('line', resolve).once('close', () => resolve(''))
    stderr.write(question)
    return promise.finally(() => {
      signal.removeEventListener('abort', stop)
      lines.close()
    })
  }
}
