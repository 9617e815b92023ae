/** Half of a run: a relay, and the targets that reach it. */
import type { MemoryUsage } from '../processes/own-usage.ts'
import type { Budget } from './runner.ts'

export interface TargetTotals {
  readonly name: string
  readonly cases: number
  readonly inputs: number
  readonly ms: number
  /** Inputs that reached something new, and were changed into others. */
  readonly kept: number
}

export interface Side {
  /** Of the process. */
  readonly name: string
  readonly totals: readonly TargetTotals[]
  /** All targets. @throws FoundError */
  run(budget: Budget): Promise<void>
  /** Resolves when nothing of the fuzz is open any more. @throws Finding */
  settle(): Promise<void>
  /** Of the relay's process, after garbage collection. */
  memory(): Promise<MemoryUsage>
}

/** The budget of each, by its share of what is run. */
export const budgetsOf = <T extends { readonly share: number }>(
  targets: readonly T[],
  { cases, ms }: Budget,
): readonly (readonly [T, Budget])[] => {
  const all = targets.reduce((sum, { share }) => sum + share, 0)
  return targets.map((target) => {
    const part = target.share / all
    return [target, { cases: cases * part, ms: ms * part }] as const
  })
}
