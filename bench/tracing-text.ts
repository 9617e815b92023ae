/** Figures of tracing as a table. */

import { spreadCells, spreadHead, titled } from './figures-text.ts'
import type { TracingFigures } from './measure-tracing.ts'
import { tableText } from './report.ts'

export const tracingText = ({ off, one, all, morePercent }: TracingFigures): string =>
  titled(
    'tracing: the same messages without it, with a share of 1 %, and with all, in turns',
    tableText(spreadHead('saturated'), [
      ['relay CPU off, us a message', ...spreadCells(off)],
      ['relay CPU at 1 %, us a message', ...spreadCells(one)],
      ['relay CPU at 100 %, us a message', ...spreadCells(all)],
      ['more at 1 %, in %', ...spreadCells(morePercent.one)],
      ['more at 100 %, in %', ...spreadCells(morePercent.all)],
    ]),
  )
