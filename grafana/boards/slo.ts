/** What is promised, what was kept, and how fast the rest is used up. */
import type { Board, Row } from '../board.ts'
import { ofRelays } from '../promql.ts'
import { badShare, burnAlerts, percent, type Slo, slos, windows } from '../slo.ts'

const over = (slo: Slo): string => badShare(slo, ofRelays, '$__range')

const rowOf = (slo: Slo): Row => {
  const { allowed } = slo
  return {
    title: `${slo.title}: ${slo.promise}`,
    height: 7,
    panels: [
      {
        title: `${slo.title}: kept`,
        description: `Share of good events in the time shown. Promised: ${percent(slo.objective)}.`,
        kind: 'stat',
        unit: 'percentunit',
        decimals: 3,
        width: 4,
        base: 'red',
        thresholds: [{ from: slo.objective, color: 'green' }],
        queries: [{ expr: `1 - ${over(slo)}` }],
      },
      {
        title: `${slo.title}: budget left`,
        description: `Of the ${percent(allowed)} that may fail in the time shown, the share that is left. Below 0 the promise is broken.`,
        kind: 'stat',
        unit: 'percentunit',
        decimals: 1,
        width: 4,
        base: 'red',
        thresholds: [
          { from: 0, color: 'yellow' },
          { from: 0.25, color: 'green' },
        ],
        queries: [{ expr: `1 - ${over(slo)} / ${allowed}` }],
      },
      {
        title: `${slo.title}: burn rate`,
        description: `How many times faster than allowed the budget is used, by window. Alerts: ${burnAlerts
          .map(({ factor, long, short }) => `${factor} in ${long} and ${short}`)
          .join('; ')}.`,
        kind: 'lines',
        unit: 'short',
        width: 8,
        thresholds: [
          { from: 1, color: 'yellow' },
          { from: 6, color: 'orange' },
          { from: 14.4, color: 'red' },
        ],
        queries: windows.map((window) => ({
          expr: `max(${ofRelays(`sluice:slo_errors:ratio_rate${window}`, `slo="${slo.name}"`)}) / ${allowed}`,
          legend: window,
        })),
      },
      {
        title: `${slo.title}: events`,
        description: 'All events a second, and the bad ones.',
        kind: 'lines',
        unit: 'reqps',
        width: 8,
        queries: [
          { expr: slo.all(ofRelays, '$__rate_interval', ''), legend: 'all' },
          { expr: slo.bad(ofRelays, '$__rate_interval', ''), legend: 'bad' },
        ],
      },
    ],
  }
}

export const slo: Board = {
  name: 'slo',
  title: 'Sluice / SLO',
  description:
    'Service level objectives and their error budgets. Show 30 days for the budget of a month.',
  variables: ['cluster', 'namespace', 'job'],
  from: 'now-7d',
  rows: slos.map(rowOf),
}
