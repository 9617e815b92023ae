/** What Prometheus is shown, and which alerts then fire. */
import type { Alert } from '../../../grafana/rule.ts'

export interface Firing {
  readonly severity: Alert['severity']
  readonly labels: Readonly<Record<string, string>>
  readonly description: string
}

export interface Case {
  readonly alert: string
  readonly what: string
  /** Values a minute apart, in promtool's words, by series. */
  readonly series: Readonly<Record<string, string>>
  readonly at: string
  /** Empty: it does not fire. */
  readonly firing: readonly Firing[]
}

export type Labels = Readonly<Record<string, string>>

/** A relay in Kubernetes, and its pods. */
export const RELAY: Labels = { cluster: 'west', namespace: 'chat', job: 'relay' }
export const POD: Labels = { ...RELAY, pod: 'relay-0', instance: '10.0.0.1:9090' }
export const OTHER_POD: Labels = { ...RELAY, pod: 'relay-1', instance: '10.0.0.2:9090' }

export const series = (name: string, labels: Labels): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`

export const warning = (labels: Labels, description: string): Firing => ({
  severity: 'warning',
  labels,
  description,
})

export const critical = (labels: Labels, description: string): Firing => ({
  severity: 'critical',
  labels,
  description,
})
