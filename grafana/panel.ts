/** Panels in our words, and as Grafana stores them. */

export interface Query {
  readonly expr: string
  readonly legend?: string
}

/** From `from` on a value has the color; before the first it is green. */
export interface Threshold {
  readonly from: number
  readonly color: 'green' | 'yellow' | 'orange' | 'red'
}

export interface Panel {
  readonly title: string
  /** What it shows, and what to make of it. */
  readonly description: string
  readonly kind: 'lines' | 'stacked' | 'stat' | 'heatmap' | 'table'
  /** As Grafana names units; `short` is a plain number. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** Of 24; the height is that of the row. */
  readonly width: number
  readonly thresholds?: readonly Threshold[]
  /** The color below the first threshold. */
  readonly base?: Threshold['color']
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  /** Words in place of values. */
  readonly words?: Readonly<Record<number, string>>
  /** Of a table: a name for each column that is shown, by the field's. */
  readonly columns?: Readonly<Record<string, Column>>
}

export interface Column {
  readonly name: string
  readonly unit?: string
}

export interface Place {
  readonly id: number
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
}

export const dataSource = { type: 'prometheus', uid: '$datasource' } as const

const thresholdsOf = ({ thresholds = [], base = 'green' }: Panel) => ({
  mode: 'absolute',
  steps: [
    { color: base, value: null },
    ...thresholds.map(({ from, color }) => ({ color, value: from })),
  ],
})

const defaultsOf = (panel: Panel) => ({
  unit: panel.unit,
  ...(panel.min !== undefined && { min: panel.min }),
  ...(panel.max !== undefined && { max: panel.max }),
  ...(panel.decimals !== undefined && { decimals: panel.decimals }),
  thresholds: thresholdsOf(panel),
  ...(panel.words && {
    mappings: [
      {
        type: 'value',
        options: Object.fromEntries(
          Object.entries(panel.words).map(([value, text], index) => [value, { text, index }]),
        ),
      },
    ],
  }),
})

const targetsOf = ({ queries, kind }: Panel) =>
  queries.map(({ expr, legend = '' }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: dataSource,
    editorMode: 'code',
    expr,
    legendFormat: legend || '__auto',
    instant: kind === 'table',
    range: kind !== 'table',
    ...(kind === 'table' && { format: 'table' }),
    ...(kind === 'heatmap' && { format: 'heatmap' }),
  }))

const curves = (panel: Panel) => ({
  type: 'timeseries',
  fieldConfig: {
    defaults: {
      ...defaultsOf(panel),
      min: panel.min ?? 0,
      color: { mode: 'palette-classic' },
      custom: {
        drawStyle: 'line',
        lineInterpolation: 'linear',
        lineWidth: 1,
        fillOpacity: panel.kind === 'stacked' ? 40 : 8,
        gradientMode: 'none',
        showPoints: 'auto',
        pointSize: 4,
        spanNulls: false,
        stacking: { mode: panel.kind === 'stacked' ? 'normal' : 'none', group: 'A' },
        thresholdsStyle: { mode: panel.thresholds ? 'dashed' : 'off' },
      },
    },
    overrides: [],
  },
  options: {
    legend: {
      showLegend: true,
      displayMode: 'table',
      placement: 'bottom',
      calcs: ['lastNotNull', 'max'],
    },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
})

const stat = (panel: Panel) => ({
  type: 'stat',
  fieldConfig: {
    defaults: { ...defaultsOf(panel), color: { mode: 'thresholds' } },
    overrides: [],
  },
  options: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    colorMode: 'value',
    graphMode: 'area',
    justifyMode: 'auto',
    orientation: 'auto',
    textMode: panel.queries.length > 1 ? 'value_and_name' : 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
  },
})

const heatmap = (panel: Panel) => ({
  type: 'heatmap',
  fieldConfig: { defaults: { custom: { scaleDistribution: { type: 'linear' } } }, overrides: [] },
  options: {
    calculate: false,
    cellGap: 1,
    color: {
      mode: 'scheme',
      scheme: 'Spectral',
      steps: 64,
      reverse: true,
      fill: 'dark-orange',
      exponent: 0.5,
    },
    exemplars: { color: 'rgba(255,0,255,0.7)' },
    filterValues: { le: 1e-9 },
    legend: { show: true },
    rowsFrame: { layout: 'auto' },
    showValue: 'never',
    tooltip: { mode: 'single', yHistogram: false, showColorScale: false },
    yAxis: { axisPlacement: 'left', reverse: false, unit: panel.unit },
  },
})

const table = (panel: Panel) => {
  const columns = Object.entries(panel.columns ?? {})
  return {
    type: 'table',
    fieldConfig: {
      defaults: {
        ...defaultsOf(panel),
        custom: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
      },
      overrides: columns.flatMap(([, { name, unit }]) =>
        unit === undefined
          ? []
          : [
              {
                matcher: { id: 'byName', options: name },
                properties: [{ id: 'unit', value: unit }],
              },
            ],
      ),
    },
    options: {
      showHeader: true,
      cellHeight: 'sm',
      sortBy: [],
      frameIndex: 0,
      footer: { show: false, reducer: ['sum'] },
    },
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'filterFieldsByName',
        options: { include: { names: columns.map(([field]) => field) } },
      },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(columns.map(([field], index) => [field, index])),
          renameByName: Object.fromEntries(columns.map(([field, { name }]) => [field, name])),
        },
      },
    ],
  }
}

const kinds = { lines: curves, stacked: curves, stat, heatmap, table }

export const panelJson = (panel: Panel, place: Place) => ({
  ...place,
  title: panel.title,
  description: panel.description,
  datasource: dataSource,
  ...kinds[panel.kind](panel),
  targets: targetsOf(panel),
})

/** The heading of a row. */
export const rowJson = (title: string, place: Place) => ({
  ...place,
  type: 'row',
  title,
  collapsed: false,
  panels: [],
})
