/** Now and then a line that says how far something is. */
import type { Output } from './io.ts'

const EVERY_MS = 2000

export class ProgressLines {
  readonly #output: Output
  #step = ''
  #since = performance.now()
  #toldAt = performance.now()

  constructor(output: Output) {
    this.#output = output
  }

  /** Prints at most one line in two seconds. */
  tell(step: string, text: () => string): void {
    const now = performance.now()
    if (step !== this.#step) {
      this.#step = step
      this.#since = now
    }
    if (now - this.#toldAt < EVERY_MS) return
    this.#toldAt = now
    this.#output.write(`${step}: ${text()}, ${Math.round((now - this.#since) / 1000)} s\n`)
  }
}
