/** The process as a command sees it, with everything it wrote. */
import type { Io } from '../../../src/cli/io.ts'

export class FakeIo implements Io {
  readonly env: Io['env']
  ask?: Io['ask']
  readonly signal = new AbortController().signal
  readonly hurry = () => new AbortController().signal
  readonly onHangup = () => () => {}
  out = ''
  err = ''
  readonly stdout = {
    write: (text: string) => {
      this.out += text
    },
  }
  readonly stderr = {
    write: (text: string) => {
      this.err += text
    },
  }

  constructor(env: Io['env']) {
    this.env = env
  }
}
