/** Schemas for kubeconform, which take no field that the API does not have. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at, listAt, type Manifest } from './chart.ts'

interface Schema {
  readonly [keyword: string]: unknown
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stringOrNumber = { type: ['string', 'number'] }
/** These are written as numbers too. */
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'

const strict = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strict)
  if (!isSchema(value)) return value
  if (value['x-kubernetes-int-or-string'] === true || value.format === 'int-or-string')
    return stringOrNumber
  const copy: Record<string, unknown> = {}
  // a field may be called properties: only the values there are schemas
  for (const [keyword, part] of Object.entries(value))
    copy[keyword] =
      keyword === 'properties' && isSchema(part)
        ? Object.fromEntries(Object.entries(part).map(([name, field]) => [name, strict(field)]))
        : strict(part)
  const isOpen =
    'additionalProperties' in value || value['x-kubernetes-preserve-unknown-fields'] === true
  if (isSchema(value.properties) && !isOpen) copy.additionalProperties = false
  return copy
}

/** As kubeconform names them: of a group only what stands before the first dot. */
const fileOf = (group: string, version: string, kind: string): string =>
  `${[kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase()}.json`

/** A definition with all that it refers to. */
const closure = (definitions: Schema, name: string): Schema => {
  const found = new Map<string, unknown>()
  const add = (wanted: string): void => {
    if (found.has(wanted)) return
    const definition = wanted === QUANTITY ? stringOrNumber : strict(definitions[wanted])
    found.set(wanted, definition)
    for (const [, next] of JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g))
      if (next !== undefined) add(next)
  }
  add(name)
  return { $ref: `#/definitions/${name}`, definitions: Object.fromEntries(found) }
}

/** One file for each kind of the API. */
export const writeApiSchemas = (openApi: unknown, folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const definitions = at(openApi, 'definitions')
  if (!isSchema(definitions)) throw new Error('no definitions')
  for (const [name, definition] of Object.entries(definitions)) {
    const [type, ...others] = listAt(definition, 'x-kubernetes-group-version-kind')
    if (type === undefined || others.length > 0) continue
    const [group, version, kind] = ['group', 'version', 'kind'].map((part) =>
      String(at(type, part)),
    )
    const file = fileOf(group ?? '', version ?? '', kind ?? '')
    writeFileSync(join(folder, file), JSON.stringify(closure(definitions, name)))
  }
}

const anyObject = { type: 'object' }
/** These are not in the definition of a kind. */
const common = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: anyObject }

export const writeDefinitionSchemas = (crds: readonly Manifest[], folder: string): void => {
  mkdirSync(folder, { recursive: true })
  for (const crd of crds) {
    const group = String(at(crd, 'spec.group'))
    const kind = String(at(crd, 'spec.names.kind'))
    for (const version of listAt(crd, 'spec.versions')) {
      const schema = strict(at(version, 'schema.openAPIV3Schema'))
      if (!isSchema(schema) || !isSchema(schema.properties))
        throw new Error(`${kind} has no schema`)
      const whole = { ...schema, properties: { ...schema.properties, ...common } }
      const file = fileOf(group, String(at(version, 'name')), kind)
      writeFileSync(join(folder, file), JSON.stringify(whole))
    }
  }
}
