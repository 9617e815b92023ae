/** The chart as Helm renders it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { tool } from './tools.ts'

export type Values = Readonly<Record<string, unknown>>

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export const root = join(import.meta.dirname, '../../..')
export const chartFolder = join(root, 'helm/sluice')

export interface RenderOptions {
  readonly release?: string
  readonly namespace?: string
  readonly chart?: string
  readonly program?: 'helm' | 'helm4'
}

const helm = (values: Values, options: RenderOptions) => {
  const { release = 'sluice', namespace = 'smp', chart = chartFolder, program = 'helm' } = options
  const all = ['template', release, chart, '--namespace', namespace, '--kube-version', '1.37']
  return spawnSync(tool(program), [...all, '--values', '-'], {
    input: JSON.stringify(values),
    encoding: 'utf8',
  })
}

export const parseManifests = (text: string): readonly Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: 0 }) as Manifest | null)
    .filter((manifest) => manifest !== null)

const rendered = new Map<string, readonly Manifest[]>()

/** Fails with what Helm says when it refuses the values; the same values are rendered once. */
export const render = (values: Values, options: RenderOptions = {}): readonly Manifest[] => {
  const asked = JSON.stringify([values, options])
  let manifests = rendered.get(asked)
  if (manifests === undefined) {
    const { status, stdout, stderr } = helm(values, options)
    if (status !== 0) throw new Error(stderr)
    manifests = parseManifests(stdout)
    rendered.set(asked, manifests)
  }
  return manifests
}

/** What Helm says to values that it must not take. */
export const refusal = (values: Values): string => {
  const { status, stderr } = helm(values, {})
  if (status === 0) throw new Error(`rendered: ${JSON.stringify(values)}`)
  return stderr.replace(/^walk\.go.*\n/gm, '')
}

export const allOf = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind)

/** The only one of a kind, or the one with the name. */
export const one = (manifests: readonly Manifest[], kind: string, name?: string): Manifest => {
  const found = allOf(manifests, kind).filter(
    ({ metadata }) => name === undefined || metadata.name === name,
  )
  const [first] = found
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} objects of kind ${kind}${name ? ` by the name ${name}` : ''}`)
  return first
}

/** What is at a path such as `spec.ports.0.port`; undefined where there is nothing. */
export const at = (value: unknown, path: string): unknown => {
  let here = value
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined
    here = Reflect.get(here, step)
  }
  return here
}

export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path) ?? []
  if (!Array.isArray(found)) throw new Error(`${path} is no list`)
  return found
}

/** The one of a list of things with names. */
export const named = (value: unknown, path: string, name: string): unknown =>
  listAt(value, path).find((entry) => at(entry, 'name') === name)
