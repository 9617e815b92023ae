/** What soak runs print. */
import { figure, tableText } from './report.ts'
import type { Growth } from './soak-verdict.ts'

export const MEGABYTE = 1e6

export const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(2)

/** What a measure is called, and whether it is bytes. */
export interface Shown {
  readonly name: string
  readonly isBytes: boolean
}

/** `each`: what is counted, such as a command. */
export const growthTable = <M extends string>(
  growths: readonly Growth<M>[],
  shown: Readonly<Record<M, Shown>>,
  each: string,
): string =>
  tableText(
    ['growth after warm-up', 'by', `each ${each}`, 'bound', ''],
    growths.map(({ measure, growth, perCommand, bound, isFlat }) => {
      const { name, isBytes } = shown[measure]
      const text = (value: number): string => (isBytes ? megabytes(value) : figure(value))
      return [
        isBytes ? `${name}, MB` : name,
        text(growth),
        isBytes ? `${figure(perCommand)} bytes` : '',
        text(bound),
        isFlat ? 'flat' : 'GREW',
      ]
    }),
  )

/** Columns of a table that is printed while it is measured, to the right. */
export const columns = (cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(i === 0 ? 12 : 10)).join('')

const SHOWN_SURPRISES = 10

export const surprisesText = (surprises: readonly string[]): string =>
  surprises
    .slice(0, SHOWN_SURPRISES)
    .map((surprise) => `\nwrong: ${surprise}`)
    .join('')
