/** Figures as tables that fit a terminal and a Markdown page alike. */
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  readonly openssl: string
  /** Average of the minute before: above 0 others were at work, and rates and latencies suffer. */
  readonly loadBefore: number
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
  openssl: process.versions.openssl ?? 'none',
  loadBefore: loadavg()[0] ?? Number.NaN,
})

/** Three significant digits, thousands with commas. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '-'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export const machineLine = ({ cpu, cores, memoryGib, loadBefore, ...rest }: Machine): string =>
  [
    `${cpu}, ${cores} cores, ${memoryGib} GiB, ${rest.system}`,
    `Node ${rest.node}, OpenSSL ${rest.openssl}`,
    `load of the machine in the minute before: ${figure(loadBefore)}`,
  ].join('; ')

export type Cell = string | number

const textOf = (cell: Cell): string => (typeof cell === 'number' ? figure(cell) : cell)

/** A Markdown table, with numbers to the right. */
export const tableText = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const texts = [head, ...rows.map((row) => row.map(textOf))]
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  const isNumber = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const line = (row: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const text = row[column] ?? ''
        return isNumber[column] ? text.padStart(width) : text.padEnd(width)
      })
      .join(' | ')} |`
  const rule = `|${widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  const [first = [], ...others] = texts
  return [line(first), rule, ...others.map(line)].join('\n')
}
