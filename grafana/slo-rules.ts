/** Recording rules and alerts of the objectives, in Prometheus' format. */
import { RELAY } from './promql.ts'
import { badShare, burnAlerts, type Select, type Slo, slos, windows } from './slo.ts'

const RUNBOOKS = 'docs/runbooks.md'

const select: Select = (name, labels = '') => (labels === '' ? name : `${name}{${labels}}`)

const recording = (
  slo: Slo,
  window: string,
): string => `      - record: sluice:slo_errors:ratio_rate${window}
        labels: { slo: ${slo.name} }
        expr: |
          ${badShare(slo, select, window, RELAY)}
`

/** Long windows change slowly, and cost more. */
const recordings = (slo: Slo): string => `  - name: sluice-slo-${slo.name}
    rules:
${windows
  .slice(0, 3)
  .map((window) => recording(slo, window))
  .join('')}  - name: sluice-slo-${slo.name}-long
    interval: 2m
    rules:
${windows
  .slice(3)
  .map((window) => recording(slo, window))
  .join('')}`

const alerts = (slo: Slo): string =>
  burnAlerts
    .map(({ long, short, factor, severity, wait, uses }) => {
      const above = (window: string): string =>
        `sluice:slo_errors:ratio_rate${window}{slo="${slo.name}"} > ${factor} * ${+(1 - slo.objective).toFixed(6)}`
      return `      - alert: ${slo.alert}
        expr: |
          ${above(long)}
          and
          ${above(short)}
        for: ${wait}
        labels: { severity: ${severity}, window: ${long} }
        annotations:
          summary: ${slo.summary}
          description: >-
            Promised: ${slo.promise}. In ${long} {{ $value | humanizePercentage }} were bad, at which
            the budget of a month is used up ${factor} times too fast (${uses}).
          runbook_url: ${RUNBOOKS}#${slo.alert.toLowerCase()}
`
    })
    .join('')

export const sloRules = (): string => `# Made by grafana/build.ts from grafana/slo.ts.
groups:
${slos.map(recordings).join('')}  - name: sluice-slo-alerts
    rules:
${slos.map(alerts).join('')}`
