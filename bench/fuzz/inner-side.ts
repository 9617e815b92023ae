/** Sessions without sockets, in their process: most of the cases. */
import { Started } from '../processes/calls.ts'
import type { FuzzMethods } from '../processes/fuzz-process.ts'
import type { MemoryUsage } from '../processes/own-usage.ts'
import { Finding, type Found, FoundError } from './finding.ts'
import type { Budget } from './runner.ts'
import { budgetsOf, type Side, type TargetTotals } from './side.ts'

const targets = [
  { name: 'sessions', share: 0.7 },
  { name: 'hellos', share: 0.05 },
  { name: 'parsers', share: 0.25 },
] as const

export const isInner = (target: string): boolean => targets.some(({ name }) => name === target)

export class InnerSide implements Side, AsyncDisposable {
  readonly name = 'the process of sessions without sockets'
  readonly #process: Started<FuzzMethods>
  readonly #targets: readonly (typeof targets)[number][]
  readonly #totals = new Map<string, TargetTotals>()
  functions = 0

  private constructor(process: Started<FuzzMethods>, only: string) {
    this.#process = process
    this.#targets = targets.filter(({ name }) => name.includes(only))
  }

  static async start({ seed, only }: { seed: number; only: string }): Promise<InnerSide> {
    const process = new Started<FuzzMethods>('fuzz-process.ts')
    await process.call('start', seed)
    return new InnerSide(process, only)
  }

  get totals(): readonly TargetTotals[] {
    return [...this.#totals.values()]
  }

  async goUnguided(): Promise<void> {
    this.functions = await this.#process.call('functions')
    await this.#process.call('goUnguided')
  }

  async run(budget: Budget): Promise<void> {
    for (const [{ name }, own] of budgetsOf(this.#targets, budget)) {
      const { totals, found } = await this.#process.call('run', { target: name, budget: own })
      this.#totals.set(name, { name, ...totals })
      if (found !== undefined) throw new FoundError(found)
    }
  }

  async settle(): Promise<void> {
    const left = await this.#process.call('left')
    if (left > 0) throw new Finding(`${left} connections did not end`)
    const problem = await this.#process.call('problem')
    if (problem !== undefined) throw new Finding(problem)
  }

  memory(): Promise<MemoryUsage> {
    return this.#process.call('memory')
  }

  again(found: Found): Promise<string | undefined> {
    return this.#process.call('again', found)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}
