/** Whether memory stayed flat: the last third of the readings against the first, by medians. */
import { median } from './statistics.ts'

export interface Reading {
  /** Commands so far. */
  readonly commands: number
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

export type Measure = 'rss' | 'heapUsed' | 'external'

export interface Growth {
  readonly measure: Measure
  /** Bytes; negative where it shrank. */
  readonly bytes: number
  /** Over the commands between the middles of the two thirds. */
  readonly bytesPerCommand: number
  readonly bound: number
  readonly isFlat: boolean
}

/** Bytes that each may grow by. */
export type Bounds = Readonly<Record<Measure, number>>

/** Readings before `warmUpCommands` are left out. */
export const growthOf = (
  readings: readonly Reading[],
  warmUpCommands: number,
  bounds: Bounds,
): readonly Growth[] => {
  const warm = readings.filter(({ commands }) => commands >= warmUpCommands)
  const third = Math.max(1, Math.floor(warm.length / 3))
  const first = warm.slice(0, third)
  const last = warm.slice(-third)
  const between = (of: (reading: Reading) => number): number =>
    median(last.map(of)) - median(first.map(of))
  const commands = between((reading) => reading.commands)
  return (['heapUsed', 'external', 'rss'] as const).map((measure) => {
    const bytes = between((reading) => reading[measure])
    const bound = bounds[measure]
    return { measure, bytes, bytesPerCommand: bytes / commands, bound, isFlat: bytes <= bound }
  })
}
