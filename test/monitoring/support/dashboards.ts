/** Dashboards as Grafana would read them from their files. */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../../grafana/', import.meta.url)

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat: string
  readonly instant: boolean
  readonly datasource: { readonly type: string; readonly uid: string }
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: readonly Target[]
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] }
    }
  }
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly allValue?: string
  readonly definition?: string
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly tags: readonly string[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}

/** Of `dashboards` or `rules`, by name. */
export const filesOf = (kind: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(new URL(`${kind}/`, folder))
      .filter((name) => !name.startsWith('.'))
      .map((name) => [name, readFileSync(new URL(`${kind}/${name}`, folder), 'utf8')]),
  )

export const dashboards = (): readonly (readonly [file: string, Dashboard])[] =>
  Object.entries(filesOf('dashboards')).map(([name, text]) => [name, JSON.parse(text) as Dashboard])

/** What Grafana puts in place of its variables. */
export const withVariables = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole)

/** Names of metrics in an expression. */
export const metricsIn = (expression: string): ReadonlySet<string> =>
  new Set(expression.match(/\b(?:sluice|simplex_smp|process|nodejs)_\w+\b/g) ?? [])
