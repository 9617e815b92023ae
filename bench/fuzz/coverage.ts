/** Which parts of the relay's code have run, as V8 sees it: whether an input reached something new. */
import { Session } from 'node:inspector/promises'

type Ranges = readonly (readonly [start: number, end: number])[]

/** What is in both lists, each in order and without overlaps. */
const inBoth = (a: Ranges, b: Ranges): Ranges =>
  a.flatMap(([start, end]) =>
    b.flatMap(([from, to]) => {
      const [low, high] = [Math.max(start, from), Math.min(end, to)]
      return low < high ? [[low, high] as const] : []
    }),
  )

const lengthOf = (ranges: Ranges): number =>
  ranges.reduce((sum, [start, end]) => sum + end - start, 0)

export class Coverage {
  readonly #session = new Session()
  /** Of each function that has run: what of it never has. */
  readonly #missing = new Map<string, Ranges>()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true })
  }

  /** Functions of the relay that have run. */
  get functions(): number {
    return this.#missing.size
  }

  /** Whether something of the relay ran for the first time. */
  async take(): Promise<boolean> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    let isNew = false
    for (const { url, functions } of result) {
      if (!url.includes('/src/')) continue
      for (const { ranges } of functions) {
        const [whole] = ranges
        if (whole === undefined || whole.count === 0) continue
        const notRun = ranges
          .filter(({ count }) => count === 0)
          .map(({ startOffset, endOffset }) => [startOffset, endOffset] as const)
        if (this.#ran(`${url} ${whole.startOffset} ${whole.endOffset}`, notRun)) isNew = true
      }
    }
    return isNew
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  #ran(name: string, notRun: Ranges): boolean {
    const before = this.#missing.get(name)
    const missing = before === undefined ? notRun : inBoth(before, notRun)
    this.#missing.set(name, missing)
    return before === undefined || lengthOf(missing) < lengthOf(before)
  }
}
