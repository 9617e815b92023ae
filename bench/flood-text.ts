/** The figures of floods as a readable table. */
import type { FloodRow } from './measure-flood.ts'
import { tableText } from './report.ts'

export const floodText = (rows: readonly FloodRow[]): string => {
  const calmOf = ({ limits }: FloodRow) =>
    rows.find((row) => row.limits === limits && row.flood === 'none')
  const ratio = (row: FloodRow, pick: (one: FloodRow) => number): number =>
    pick(row) / pick(calmOf(row) ?? row)
  return [
    '## flood: clients at one address, somebody else at another; ratios to no flood',
    tableText(
      [
        ...['limits', 'flood', 'message p50, ms', 'ratio', 'p95, ms', 'ratio'],
        ...['connection, ms', 'ratio', 'relay cores', 'asked/s', 'given/s'],
      ],
      rows.map((row) => [
        ...[row.limits, row.flood],
        ...[row.messageMs.p50, ratio(row, ({ messageMs }) => messageMs.p50)],
        ...[row.messageMs.p95, ratio(row, ({ messageMs }) => messageMs.p95)],
        ...[row.connectMs, ratio(row, (one) => one.connectMs)],
        ...[row.relayCores, row.asked, row.given],
      ]),
    ),
  ].join('\n\n')
}
