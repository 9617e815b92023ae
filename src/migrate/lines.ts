/** Lines of files of any size, a piece of the file at a time. */
import { createReadStream } from 'node:fs'

/** The longest of the reference's lines, a queue with link data, has 22 KB. */
export const LONGEST_LINE_BYTES = 262_144
const PIECE_BYTES = 1_048_576
const NEWLINE = 0x0a
const RETURN = 0x0d

export interface Line {
  /** From 1. */
  readonly number: number
  /** One character a byte; without the line's end. Valid until the next lines are read. */
  readonly bytes: Buffer
  /** Why it cannot be read; `bytes` is its beginning. */
  readonly problem?: string
}

export interface Lines {
  readonly lines: readonly Line[]
  /** Of the file, read so far. */
  readonly bytes: number
}

const TOO_LONG = `longer than ${LONGEST_LINE_BYTES} bytes`
const CUT = 'the line has no end: the file was cut'

const withoutReturn = (bytes: Buffer): Buffer =>
  bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes

class Splitter {
  #rest: Buffer = Buffer.alloc(0)
  #isTooLong = false
  #number = 0

  split(piece: Buffer): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      lines.push(this.#line(piece.subarray(from, end)))
      from = end + 1
    }
    this.#keep(piece.subarray(from))
    return lines
  }

  /** What came after the last end of a line. */
  end(): readonly Line[] {
    if (this.#rest.length === 0) return []
    return [{ number: this.#number + 1, bytes: this.#rest, problem: CUT }]
  }

  #line(end: Buffer): Line {
    this.#number += 1
    const whole = this.#rest.length === 0 ? end : Buffer.concat([this.#rest, end])
    const isTooLong = this.#isTooLong || whole.length > LONGEST_LINE_BYTES
    this.#rest = Buffer.alloc(0)
    this.#isTooLong = false
    const line = { number: this.#number, bytes: withoutReturn(whole) }
    return isTooLong ? { ...line, problem: TOO_LONG } : line
  }

  /** A line without an end may be as long as the file: no more than is of use is kept. */
  #keep(piece: Buffer): void {
    if (this.#isTooLong || piece.length === 0) return
    this.#rest = Buffer.concat([this.#rest, piece])
    if (this.#rest.length <= LONGEST_LINE_BYTES) return
    this.#isTooLong = true
    this.#rest = Buffer.from(this.#rest.subarray(0, LONGEST_LINE_BYTES))
  }
}

/** @throws the file system's errors */
export async function* readLines(path: string): AsyncGenerator<Lines> {
  const splitter = new Splitter()
  let bytes = 0
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    if (!Buffer.isBuffer(piece)) throw new TypeError('a file is read as bytes')
    bytes += piece.length
    yield { lines: splitter.split(piece), bytes }
  }
  yield { lines: splitter.end(), bytes }
}
