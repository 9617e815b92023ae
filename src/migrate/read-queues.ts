/**
 * The queues of a store log of any size. What the log says of a queue is spread over all of it, so it
 * is read several times, each time for a share of the queues that fits into memory: nothing of it is
 * written anywhere else on the way.
 */
import { LineProblem } from './fields.ts'
import { type Line, readLines } from './lines.ts'
import type { Problem } from './problems.ts'
import { parseQueueLine, queueOfLine } from './queue-line.ts'
import { type Folded, fold, type LoggedAt } from './queue-log.ts'
import type { LoggedService } from './services.ts'
import type { StateFile } from './state-files.ts'

/** Of the log for each reading. */
const SHARE_BYTES = 32 * 1_048_576

export interface QueueReading {
  readonly file: StateFile
  readonly shareBytes?: number
  readonly onProblem: (problem: Problem) => void
  /** All of them before the first of the queues. */
  readonly onService: (service: LoggedService, line: number) => void
  readonly onDeleted: () => void
  /** Bytes read of all that will be read. */
  readonly onProgress: (done: number, total: number) => void
  readonly signal: AbortSignal
}

/** The same for every spelling of an id; FNV-1a. */
const shareOf = (queue: string, shares: number): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < queue.length; i++)
    hash = Math.imul(hash ^ queue.charCodeAt(i), 0x01000193) >>> 0
  return hash % shares
}

interface TextAt {
  readonly line: number
  readonly text: string
}

/** Lines of a queue that wait; more are read at once, so that no queue takes more than it is. */
const MOST_LINES = 64

class Pending {
  #folded: Folded
  #lines: TextAt[] = []

  add(line: TextAt, onProblem: (line: number, reason: string) => void): void {
    this.#lines.push(line)
    if (this.#lines.length >= MOST_LINES) this.fold(onProblem)
  }

  fold(onProblem: (line: number, reason: string) => void): Folded {
    for (const { line, text } of this.#lines)
      try {
        const parsed = parseQueueLine(text)
        if ('change' in parsed) this.#folded = fold(this.#folded, line, parsed.change)
      } catch (error) {
        if (!(error instanceof LineProblem)) throw error
        onProblem(line, error.message)
      }
    this.#lines = []
    return this.#folded
  }
}

/** Some of the queues: their lines as they are, which takes a quarter of what they say. */
export class QueueShare {
  readonly #reading: QueueReading
  readonly #queues = new Map<string, Pending>()

  constructor(reading: QueueReading) {
    this.#reading = reading
  }

  take(queue: string | undefined, { number: line, bytes, problem }: Line): void {
    if (bytes.length === 0 && problem === undefined) return
    if (problem !== undefined) this.#problem(line, problem)
    else if (queue === undefined) this.#takeOther(line, bytes.toString('latin1'))
    else {
      const pending = this.#queues.get(queue) ?? new Pending()
      pending.add({ line, text: bytes.toString('latin1') }, this.#problem)
      this.#queues.set(queue, pending)
    }
  }

  /** Those that are left in the end, in the order of their first lines; once: they are let go. */
  *queues(): Generator<LoggedAt> {
    for (const [queue, pending] of this.#queues) {
      this.#queues.delete(queue)
      const folded = pending.fold(this.#problem)
      if (folded === 'deleted') this.#reading.onDeleted()
      else if (folded !== undefined) yield folded
    }
  }

  readonly #problem = (line: number, reason: string): void =>
    this.#reading.onProblem({ file: this.#reading.file.name, line, reason })

  /** A service, or what cannot be read. */
  #takeOther(line: number, text: string): void {
    try {
      const parsed = parseQueueLine(text)
      if ('service' in parsed) this.#reading.onService(parsed.service, line)
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error
      this.#problem(line, error.message)
    }
  }
}

/** Each queue in one of the shares, as it is in the end. */
export async function* readQueueShares(reading: QueueReading): AsyncGenerator<QueueShare> {
  const { file, shareBytes = SHARE_BYTES, onProgress, signal } = reading
  const shares = Math.max(1, Math.ceil(file.bytes / shareBytes))
  for (let number = 0; number < shares; number++) {
    const share = new QueueShare(reading)
    for await (const { lines, bytes } of readLines(file.path)) {
      signal.throwIfAborted()
      for (const line of lines) {
        const queue = queueOfLine(line.bytes)
        const owner = queue === undefined ? 0 : shareOf(queue, shares)
        if (owner === number) share.take(queue, line)
      }
      onProgress(number * file.bytes + bytes, shares * file.bytes)
    }
    yield share
  }
}
