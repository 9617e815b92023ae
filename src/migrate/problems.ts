/** What cannot be carried over, as it is found: some of it for the terminal, all of it for a file. */
import { closeSync, openSync, writeSync } from 'node:fs'

export interface Problem {
  readonly file: string
  /** From 1; absent where it is no line's. */
  readonly line?: number
  /** Without anything that stands in the file. */
  readonly reason: string
}

const SHOWN = 20
const BUFFERED_CHARACTERS = 65_536
/** Reasons say nothing that a stranger may not read, but which lines they are about is nobody's business. */
const MODE = 0o600

export const problemText = ({ file, line, reason }: Problem): string =>
  line === undefined ? `${file}: ${reason}` : `${file}:${line}: ${reason}`

export class Problems implements Disposable {
  readonly #file: number | undefined
  readonly #shown: Problem[] = []
  #buffered = ''
  #count = 0

  /** @throws the file system's errors */
  constructor(path?: string) {
    if (path !== undefined) this.#file = openSync(path, 'w', MODE)
  }

  get count(): number {
    return this.#count
  }

  /** The first ones. */
  get shown(): readonly Problem[] {
    return this.#shown
  }

  add(problem: Problem): void {
    this.#count += 1
    if (this.#shown.length < SHOWN) this.#shown.push(problem)
    this.write(`${problemText(problem)}\n`)
  }

  /** Into the file, if there is one. */
  write(text: string): void {
    if (this.#file === undefined) return
    this.#buffered += text
    if (this.#buffered.length >= BUFFERED_CHARACTERS) this.#flush(this.#file)
  }

  [Symbol.dispose](): void {
    if (this.#file === undefined) return
    this.#flush(this.#file)
    closeSync(this.#file)
  }

  #flush(file: number): void {
    writeSync(file, this.#buffered)
    this.#buffered = ''
  }
}
