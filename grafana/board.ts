/** Dashboards in our words, and as Grafana stores them. */
import { dataSource, type Panel, panelJson, rowJson } from './panel.ts'
import type { Variable } from './promql.ts'

const COLUMNS = 24
const DEFAULT_HEIGHT = 8

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
  readonly height?: number
}

export interface Board {
  /** Of the file, and after `sluice-` its id in Grafana. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: readonly Row[]
  readonly variables: readonly Variable[]
  /** One pod is chosen, not several. */
  readonly isOfOnePod?: boolean
  readonly from?: string
}

/** Left to right, then down. */
const panelsOf = (rows: readonly Row[]) => {
  const all: unknown[] = []
  let y = 0
  let id = 1
  for (const { title, panels, height: h = DEFAULT_HEIGHT } of rows) {
    all.push(rowJson(title, { id, gridPos: { x: 0, y, w: COLUMNS, h: 1 } }))
    y += 1
    id += 1
    let x = 0
    for (const panel of panels) {
      const w = panel.width
      if (x + w > COLUMNS) {
        x = 0
        y += h
      }
      all.push(panelJson(panel, { id, gridPos: { x, y, w, h } }))
      x += w
      id += 1
    }
    y += h
  }
  return all
}

const labels: Readonly<Record<Variable, string>> = {
  cluster: 'Cluster',
  namespace: 'Namespace',
  job: 'Relay',
  pod: 'Pod',
}

const dataSourceVariable = {
  type: 'datasource',
  name: 'datasource',
  label: 'Data source',
  query: 'prometheus',
  regex: '',
  refresh: 1,
  hide: 0,
  includeAll: false,
  multi: false,
  skipUrlSync: false,
  current: { selected: false, text: 'default', value: 'default' },
  options: [],
}

const variableOf = (name: Variable, before: readonly Variable[], isOne: boolean) => {
  const scope = before.map((other) => `${other}=~"$${other}"`).join(',')
  const query = `label_values(sluice_build_info{${scope}}, ${name})`
  return {
    type: 'query',
    name,
    label: labels[name],
    datasource: dataSource,
    definition: query,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    regex: '',
    refresh: 2,
    sort: 1,
    hide: 0,
    includeAll: true,
    // also where there is no such label
    allValue: '.*',
    multi: !isOne,
    skipUrlSync: false,
    current: {
      selected: true,
      text: isOne ? 'All' : ['All'],
      value: isOne ? '$__all' : ['$__all'],
    },
    options: [],
  }
}

const links = [
  {
    type: 'dashboards',
    title: 'Sluice',
    tags: ['sluice'],
    asDropdown: true,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
    icon: 'external link',
    tooltip: 'The other dashboards of the relay',
    url: '',
  },
]

/** What Grafana adds to each, so that an export does not differ. */
const annotations = {
  list: [
    {
      builtIn: 1,
      datasource: { type: 'grafana', uid: '-- Grafana --' },
      enable: true,
      hide: true,
      iconColor: 'rgba(0, 211, 255, 1)',
      name: 'Annotations & Alerts',
      type: 'dashboard',
    },
  ],
}

export const boardJson = (board: Board) => ({
  uid: `sluice-${board.name}`,
  title: board.title,
  description: board.description,
  tags: ['sluice'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  fiscalYearStartMonth: 0,
  graphTooltip: 1,
  liveNow: false,
  timezone: '',
  weekStart: '',
  refresh: '30s',
  time: { from: board.from ?? 'now-3h', to: 'now' },
  timepicker: {},
  links,
  annotations,
  templating: {
    list: [
      dataSourceVariable,
      ...board.variables.map((name, index) =>
        variableOf(
          name,
          board.variables.slice(0, index),
          name === 'pod' && board.isOfOnePod === true,
        ),
      ),
    ],
  },
  panels: panelsOf(board.rows),
})
