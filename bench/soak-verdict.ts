/** Whether measures stayed flat: the last third of the readings against the first, by medians. */
import { median } from './statistics.ts'

/** Of a process, in bytes. */
export type MemoryMeasure = 'heapUsed' | 'external' | 'rss'

export type MemoryBounds = Readonly<Record<MemoryMeasure, number>>

export type Reading<M extends string> = Readonly<Record<M, number>> & {
  /** Commands or messages so far. */
  readonly commands: number
}

export interface Growth<M extends string = string> {
  readonly measure: M
  /** Bytes, or how many; negative where it shrank. */
  readonly growth: number
  /** Over the commands between the middles of the two thirds. */
  readonly perCommand: number
  readonly bound: number
  readonly isFlat: boolean
}

/** What each may grow by; what is absent is not looked at. */
export type Bounds<M extends string> = Readonly<Partial<Record<M, number>>>

/** Readings before `warmUpCommands` are left out. */
export const growthOf = <M extends string>(
  readings: readonly Reading<M>[],
  warmUpCommands: number,
  bounds: Bounds<M>,
): readonly Growth<M>[] => {
  const warm = readings.filter(({ commands }) => commands >= warmUpCommands)
  const third = Math.max(1, Math.floor(warm.length / 3))
  const first = warm.slice(0, third)
  const last = warm.slice(-third)
  const between = (of: (reading: Reading<M>) => number): number =>
    median(last.map(of)) - median(first.map(of))
  const commands = between((reading) => reading.commands)
  return (Object.entries(bounds) as [M, number][]).map(([measure, bound]) => {
    const growth = between((reading) => reading[measure])
    return { measure, growth, perCommand: growth / commands, bound, isFlat: growth <= bound }
  })
}
