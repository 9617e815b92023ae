/** The floor under a message, and how far above it the relay is. */
import type { MessageFigures } from './measure-messages.ts'
import { tableText } from './report.ts'

/** What the measured is a multiple of: without and with secrets remembered, alone and beside others. */
const floorsOf = (figures: MessageFigures): readonly (readonly [string, number])[] => [
  ['floor', figures.floor],
  ['floor, secrets remembered', figures.rememberedFloor],
  ['floor, other core busy', figures.busyFloor],
  ['floor, secrets remembered, other core busy', figures.busyRememberedFloor],
]

export const floorTable = (figures: MessageFigures): string => {
  const { parts, floor, rest, cpuPerMessage } = figures
  const { median } = cpuPerMessage
  return [
    tableText(
      ['part of one delivered message', 'us each', 'times', 'us', '% of measured'],
      [
        ...parts.map(({ part, microseconds, times }) => [
          part,
          microseconds,
          String(times),
          microseconds * times,
          (100 * microseconds * times) / median,
        ]),
        ['floor: the sum', '', '', floor, (100 * floor) / median],
        ['rest: everything else', '', '', rest, (100 * rest) / median],
        ['measured', '', '', median, 100],
      ],
    ),
    tableText(
      ['measured as a multiple of the', 'us', 'times'],
      floorsOf(figures).map(([what, us]) => [what, us, median / us]),
    ),
  ].join('\n\n')
}
