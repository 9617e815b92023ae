/**
 * The queues of a store log of any size. What the log says of a queue is spread over all of it, so it
 * is read several times, each time for a share of the queues that fits into memory: nothing of it is
 * written anywhere else on the way.
 */
import { LineProblem } from './fields.ts'
import { type Line, readLines } from './lines.ts'
import type { Problem } from './problems.ts'
import { parseQueueLine, queueOfLine } from './queue-line.ts'
import { QueueLog } from './queue-log.ts'
import type { LoggedService } from './services.ts'
import type { StateFile } from './state-files.ts'

/** Of the log for each reading: its queues take three times as much in memory. */
const SHARE_BYTES = 32 * 1_048_576

export interface QueueReading {
  readonly file: StateFile
  readonly shareBytes?: number
  readonly onProblem: (problem: Problem) => void
  readonly onService: (service: LoggedService) => void
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

class Share {
  readonly log = new QueueLog()
  readonly #reading: QueueReading
  readonly #share: number
  readonly #shares: number

  constructor(reading: QueueReading, share: number, shares: number) {
    this.#reading = reading
    this.#share = share
    this.#shares = shares
  }

  take(line: Line): void {
    const queue = queueOfLine(line.bytes)
    const share = queue === undefined ? 0 : shareOf(queue, this.#shares)
    if (share !== this.#share || (line.bytes.length === 0 && line.problem === undefined)) return
    const { file, onProblem } = this.#reading
    try {
      this.#read(line)
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error
      onProblem({ file: file.name, line: line.number, reason: error.message })
    }
  }

  #read({ number, bytes, problem }: Line): void {
    if (problem !== undefined) throw new LineProblem(problem)
    const parsed = parseQueueLine(bytes.toString('latin1'))
    if ('service' in parsed) this.#reading.onService(parsed.service)
    else this.log.apply(number, parsed.recipientId, parsed.change)
  }
}

/** Each queue in one of the logs, as it is in the end. */
export async function* readQueueLogs(reading: QueueReading): AsyncGenerator<QueueLog> {
  const { file, shareBytes = SHARE_BYTES, onProgress, signal } = reading
  const shares = Math.max(1, Math.ceil(file.bytes / shareBytes))
  for (let number = 0; number < shares; number++) {
    const share = new Share(reading, number, shares)
    for await (const { lines, bytes } of readLines(file.path)) {
      signal.throwIfAborted()
      for (const line of lines) share.take(line)
      onProgress(number * file.bytes + bytes, shares * file.bytes)
    }
    yield share.log
  }
}
