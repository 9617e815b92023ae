/** Lines of one queue that follow each other, together: so the store is asked once for them. */
import type { Placed } from '../store/transfer.ts'
import { LineProblem } from './fields.ts'
import { Lanes } from './lanes.ts'
import { type Line, readLines } from './lines.ts'
import type { Problem } from './problems.ts'
import type { OnProgress, Step } from './run.ts'
import type { StateFile } from './state-files.ts'

export interface Group<T> {
  readonly items: readonly [Placed<T>, ...Placed<T>[]]
  /** Of their lines. */
  readonly bytes: number
}

export interface GroupReading<T> {
  readonly file: StateFile
  readonly step: Step
  readonly parse: (text: string) => T
  /** What lines of one group have in common. */
  readonly idOf: (item: T) => string
  /** In a group. */
  readonly most: { readonly items: number; readonly bytes: number }
  readonly weigh: (group: Group<T>) => number
  /** The weight of groups that are worked on at once. */
  readonly underWay: number
}

class Grouper<T> {
  readonly #reading: GroupReading<T>
  #items: Placed<T>[] = []
  #id = ''
  #bytes = 0

  constructor(reading: GroupReading<T>) {
    this.#reading = reading
  }

  /** The group before, where the line begins another one. */
  add(placed: Placed<T>, bytes: number): Group<T> | undefined {
    const { idOf, most } = this.#reading
    const id = idOf(placed.item)
    const isFull = this.#items.length >= most.items || this.#bytes + bytes > most.bytes
    const before = id !== this.#id || isFull ? this.take() : undefined
    this.#id = id
    this.#items.push(placed)
    this.#bytes += bytes
    return before
  }

  take(): Group<T> | undefined {
    const [first, ...others] = this.#items
    const bytes = this.#bytes
    this.#items = []
    this.#bytes = 0
    return first && { items: [first, ...others], bytes }
  }
}

/** Of a run. */
interface Reader {
  readonly problems: { add(problem: Problem): void }
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

const parsed = <T>(
  { problems }: Reader,
  { file, parse }: GroupReading<T>,
  { number, bytes, problem }: Line,
): Placed<T> | undefined => {
  try {
    if (problem !== undefined) throw new LineProblem(problem)
    return { line: number, item: parse(bytes.toString('latin1')) }
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error
    problems.add({ file: file.name, line: number, reason: error.message })
    return undefined
  }
}

async function* readGroups<T>(reader: Reader, reading: GroupReading<T>): AsyncGenerator<Group<T>> {
  const { file, step } = reading
  const grouper = new Grouper(reading)
  let count = 0
  for await (const { lines, bytes } of readLines(file.path)) {
    reader.signal.throwIfAborted()
    for (const line of lines) {
      if (line.bytes.length === 0 && line.problem === undefined) continue
      const placed = parsed(reader, reading, line)
      count += 1
      const before = placed && grouper.add(placed, line.bytes.length)
      if (before !== undefined) yield before
    }
    reader.onProgress({ step, read: bytes, total: file.bytes, count })
  }
  const last = grouper.take()
  if (last !== undefined) yield last
}

/** Several at once, those of one queue in their order. Lines that cannot be read are problems. */
export const eachGroup = async <T>(
  reader: Reader,
  reading: GroupReading<T>,
  work: (group: Group<T>) => Promise<void>,
): Promise<void> => {
  const lanes = new Lanes(reading.underWay)
  for await (const group of readGroups(reader, reading)) {
    const id = reading.idOf(group.items[0].item)
    await lanes.add(id, reading.weigh(group), () => work(group))
  }
  await lanes.drain()
}
