/** A process as a command sees it, with what it wrote and a signal of the test's own. */
import type { Io } from '../../src/cli/io.ts'

export interface TestIoOptions {
  readonly signal?: AbortSignal
  readonly isTTY?: boolean
  /** Sees all that was written to stdout so far, whenever there is more. */
  readonly onWrite?: (out: string) => void
}

export class TestIo implements Io {
  readonly env = {}
  readonly signal: AbortSignal
  readonly stdout: Io['stdout']
  readonly stderr: Io['stderr']
  readonly hurry = () => new AbortController().signal
  readonly onHangup = () => () => {}
  out = ''
  err = ''

  constructor({ signal, isTTY = false, onWrite }: TestIoOptions = {}) {
    this.signal = signal ?? new AbortController().signal
    const write = (text: string): void => {
      this.out += text
      onWrite?.(this.out)
    }
    this.stdout = { isTTY, write }
    this.stderr = {
      isTTY,
      write: (text) => {
        this.err += text
      },
    }
  }
}
