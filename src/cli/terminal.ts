/** A line on a terminal that is written over, and gone before anything else is printed. */
import type { Output } from './io.ts'

const CLEAR = '\r\u001b[K'

export class StatusLine {
  readonly #output: Output
  #isShown = false

  constructor(output: Output) {
    this.#output = output
  }

  /** Nothing where nobody watches. */
  show(text: string): void {
    if (this.#output.isTTY !== true) return
    this.#output.write(`${CLEAR}${text}`)
    this.#isShown = true
  }

  clear(): void {
    if (this.#isShown) this.#output.write(CLEAR)
    this.#isShown = false
  }
}

/** What came from a server, without what would move the cursor. */
export const printable = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
