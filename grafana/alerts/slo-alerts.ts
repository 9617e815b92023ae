/** What follows from the objectives: recorded shares of bad events, and how fast budgets burn. */
import { RELAY } from '../promql.ts'
import type { Alert, Group, Recording } from '../rule.ts'
import { badShare, burnAlerts, percent, type Select, type Slo, slos, windows } from '../slo.ts'

const select: Select = (name, labels = '') => (labels === '' ? name : `${name}{${labels}}`)

const recordingOf = (slo: Slo, window: string): Recording => ({
  record: `sluice:slo_errors:ratio_rate${window}`,
  labels: { slo: slo.name },
  expr: badShare(slo, select, window, RELAY),
})

/** Long windows change slowly, and cost more. */
const recordingsOf = (slo: Slo): readonly Group[] => [
  {
    name: `sluice-slo-${slo.name}`,
    recordings: windows.slice(0, 3).map((window) => recordingOf(slo, window)),
  },
  {
    name: `sluice-slo-${slo.name}-long`,
    interval: '2m',
    recordings: windows.slice(3).map((window) => recordingOf(slo, window)),
  },
]

const alertOf = (
  slo: Slo,
  { long, short, factor, severity, wait }: (typeof burnAlerts)[number],
) => {
  const above = (window: string): string =>
    `sluice:slo_errors:ratio_rate${window}{slo="${slo.name}"} > ${factor} * ${slo.allowed}`
  return {
    name: slo.alert,
    expr: `${above(long)}\nand\n${above(short)}`,
    wait,
    severity,
    labels: { window: long },
    summary: slo.summary,
    description: `{{ $value | humanizePercentage }} were bad in the last ${long}, of ${percent(
      slo.allowed,
    )} that may be. Promised: ${slo.promise}.`,
  } satisfies Alert
}

export const sloRules: readonly Group[] = [
  ...slos.flatMap(recordingsOf),
  {
    name: 'sluice-slo',
    alerts: slos.flatMap((slo) => burnAlerts.map((burn) => alertOf(slo, burn))),
  },
]
