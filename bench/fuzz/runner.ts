/** Runs a target on one input after the other, and keeps the inputs that reached something new. */
import { Choices, changedTape, numbersOf, seedOf, type Tape } from './choices.ts'
import { type Found, FoundError, type Input, problemOf } from './finding.ts'
import type { Target } from './target.ts'

export interface Budget {
  readonly cases: number
  readonly ms: number
}

export interface Guide {
  /** Whether something of the relay ran for the first time. */
  take(): Promise<boolean>
}

export interface RunnerOptions {
  /** Inputs under way at a time. */
  readonly lanes: number
  readonly guide?: Guide | undefined
  /** What the relay has told of itself that it should not have to. */
  readonly problem: () => string | undefined
}

const MOST_KEPT = 400
/** Of inputs, once some are kept: the others are new altogether. */
const FROM_CORPUS_PERCENT = 60
/** A fault is told of a little later than it is caused. */
const RECENT = 32

export class Runner {
  readonly target: Target
  readonly #seed: number
  readonly #lanes: number
  readonly #problem: () => string | undefined
  readonly #corpus: Tape[] = []
  readonly #recent: (Pick<Input, 'seed'> & { readonly choices: Choices })[] = []
  #guide: Guide | undefined
  #inputs = 0
  #cases = 0
  #ms = 0

  constructor(target: Target, seed: number, { lanes, guide, problem }: RunnerOptions) {
    this.target = target
    this.#seed = seed
    this.#lanes = lanes
    this.#guide = guide
    this.#problem = problem
  }

  /** So far. */
  get totals(): { readonly inputs: number; readonly cases: number; readonly ms: number } {
    return { inputs: this.#inputs, cases: this.#cases, ms: this.#ms }
  }

  get kept(): number {
    return this.#corpus.length
  }

  /** What was kept stays; asking what ran takes as long as a small input. */
  goUnguided(): void {
    this.#guide = undefined
  }

  /** Until that many cases, or that much time. @throws FoundError */
  async run({ cases, ms }: Budget): Promise<void> {
    const before = this.#cases
    const start = performance.now()
    let isBroken = false
    const isOver = (): boolean =>
      isBroken || this.#cases - before >= cases || performance.now() - start >= ms
    const lane = async (): Promise<void> => {
      try {
        while (!isOver()) await this.#next()
      } catch (error) {
        isBroken = true
        throw error
      }
    }
    const lanes = this.#guide === undefined ? this.#lanes : 1
    await Promise.all(Array.from({ length: lanes }, lane))
    this.#ms += performance.now() - start
  }

  async #next(): Promise<void> {
    const seed = seedOf(this.#seed, this.target.name, this.#inputs)
    this.#inputs += 1
    const choices = new Choices(seed, this.#tapeFor(seed))
    this.#recent.push({ seed, choices })
    if (this.#recent.length > RECENT) this.#recent.shift()
    const cases = await this.#try(choices, seed)
    this.#cases += cases
    this.#look()
    if (await this.#guide?.take()) this.#keep(choices)
  }

  async #try(choices: Choices, seed: number): Promise<number> {
    try {
      return await this.target.run(choices)
    } catch (error) {
      // what the relay says itself tells more than that it does not answer
      this.#look()
      const input = { seed, tape: choices.tape }
      throw new FoundError(this.#found(problemOf(error), [input]))
    }
  }

  #look(): void {
    const problem = this.#problem()
    if (problem === undefined) return
    const inputs = this.#recent.map(({ seed, choices }) => ({ seed, tape: choices.tape }))
    throw new FoundError(this.#found(problem, inputs))
  }

  #keep({ tape }: Choices): void {
    if (this.#corpus.length < MOST_KEPT) this.#corpus.push(tape)
  }

  #tapeFor(seed: number): Tape {
    const choices = new Choices(numbersOf(seed)())
    if (!choices.percent(FROM_CORPUS_PERCENT)) return []
    const [tape, other] = [choices.from(this.#corpus), choices.from(this.#corpus)]
    return tape === undefined ? [] : changedTape(tape, other ?? tape, choices)
  }

  #found(problem: string, inputs: readonly Input[]): Found {
    return { target: this.target.name, problem, inputs }
  }
}

/** The same inputs again: what was wrong this time, or undefined. */
export const replay = async (
  target: Target,
  { inputs }: Found,
  problem: () => string | undefined,
): Promise<string | undefined> => {
  try {
    for (const { seed, tape } of inputs) await target.run(new Choices(seed, tape))
  } catch (error) {
    return problem() ?? problemOf(error)
  }
  return problem()
}
