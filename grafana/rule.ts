/** Rules in our words, and as Prometheus reads them. */

export interface Alert {
  readonly name: string
  readonly expr: string
  /** How long it has to hold; absent: at once. */
  readonly wait?: string
  /** `critical` wakes somebody up, `warning` is for working hours. */
  readonly severity: 'critical' | 'warning'
  /** Besides the severity. */
  readonly labels?: Readonly<Record<string, string>>
  readonly summary: string
  /** With Prometheus' templates. */
  readonly description: string
}

export interface Recording {
  readonly record: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Group {
  readonly name: string
  /** Between two evaluations; absent: Prometheus' own. */
  readonly interval?: string
  readonly recordings?: readonly Recording[]
  readonly alerts?: readonly Alert[]
}

/** Headings of the page become anchors in small letters. */
export const runbookOf = ({ name }: Pick<Alert, 'name'>): string =>
  `docs/runbooks.md#${name.toLowerCase()}`

const block = (text: string): string =>
  ['|', ...text.split('\n').map((line) => `          ${line}`)].join('\n')

const pairs = (labels: Readonly<Record<string, string>>): string =>
  `{ ${Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} }`

const recordingLines = ({ record, expr, labels }: Recording): readonly string[] => [
  `      - record: ${record}`,
  `        labels: ${pairs(labels)}`,
  `        expr: ${block(expr)}`,
]

const alertLines = (alert: Alert): readonly string[] => {
  const { name, expr, wait, severity, labels, summary, description } = alert
  return [
    `      - alert: ${name}`,
    `        expr: ${block(expr)}`,
    ...(wait === undefined ? [] : [`        for: ${wait}`]),
    `        labels: ${pairs({ severity, ...labels })}`,
    '        annotations:',
    `          summary: ${JSON.stringify(summary)}`,
    `          description: ${JSON.stringify(description)}`,
    `          runbook_url: ${runbookOf(alert)}`,
  ]
}

const groupLines = ({ name, interval, recordings = [], alerts = [] }: Group): readonly string[] => [
  `  - name: ${name}`,
  ...(interval === undefined ? [] : [`    interval: ${interval}`]),
  '    rules:',
  ...recordings.flatMap(recordingLines),
  ...alerts.flatMap(alertLines),
]

export const rulesYaml = (source: string, groups: readonly Group[]): string =>
  [
    `# Made by grafana/build.ts from ${source}. Each alert has a section in docs/runbooks.md.`,
    'groups:',
    ...groups.flatMap(groupLines),
    '',
  ].join('\n')
