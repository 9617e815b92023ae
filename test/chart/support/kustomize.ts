/** The chart as plain manifests for kustomize: what trial and production share, and what each has of its own. */
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { at, type Manifest, one, render, type Values } from './chart.ts'

const namespace = 'sluice'

const shared = {
  hosts: ['smp.example.org'],
  identity: { existingSecret: 'sluice-identity', create: false },
  clusterKey: { existingSecret: 'sluice-cluster-key' },
  tests: { enabled: false },
}
const redis = { valkey: { enabled: false }, redis: { existingSecret: 'sluice-redis' } }

export const layers = {
  base: { ...shared, ...redis },
  trial: { hosts: ['smp.example.org'], tests: { enabled: false } },
  production: {
    ...shared,
    ...redis,
    config: { SLUICE_DURABILITY: 'replica' },
    service: { ports: [5223, 443] },
    podAntiAffinity: 'hard',
    autoscaling: { enabled: true },
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } },
  },
  'prometheus-operator': {
    ...shared,
    ...redis,
    metrics: {
      podMonitor: { enabled: true },
      prometheusRule: { enabled: true },
      dashboards: { enabled: true },
    },
  },
} as const satisfies Readonly<Record<string, Values>>

type Layer = keyof typeof layers

const withoutKeys = (
  map: Readonly<Record<string, string>> | undefined,
  isUnwanted: (key: string, value: string) => boolean,
) => {
  const kept = Object.entries(map ?? {}).filter(([key, value]) => !isUnwanted(key, value))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

const isHelms = (key: string, value: string): boolean =>
  key.startsWith('helm.sh/') || key === 'checksum/config' || value === 'Helm'

/** Without what only Helm needs; kustomize sets the namespace and sums up settings itself. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) {
    const isMeta = key === 'labels' || key === 'annotations'
    const kept = isMeta ? withoutKeys(part, isHelms) : plain(part)
    if (kept !== undefined) copy[key] = kept
  }
  return copy
}

/** With the `files` of the chart; rules may not be there yet, which Helm refuses. */
const hasRules = (): boolean => {
  try {
    render(layers['prometheus-operator'])
    return true
  } catch {
    return false
  }
}

const valuesOf = (layer: Layer): Values => {
  if (layer !== 'prometheus-operator' || hasRules()) return layers[layer]
  const { metrics, ...others } = layers[layer]
  return { ...others, metrics: { ...metrics, prometheusRule: { enabled: false } } }
}

/** What kustomize has to build of a layer. */
export const manifestsOf = (layer: Layer): readonly Manifest[] =>
  render(valuesOf(layer), { namespace }).map((manifest) => {
    const { metadata, ...others } = plain(manifest) as Manifest
    const { namespace: _namespace, ...kept } = metadata
    return { ...others, metadata: kept } as Manifest
  })

const idOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`

interface Change {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly value?: unknown
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const namesOf = (list: readonly unknown[]): readonly unknown[] =>
  list.map((entry) => at(entry, 'name'))

/** Lists of the same things by name, in one order, such as containers. */
const areAlike = (from: unknown, to: unknown): boolean =>
  Array.isArray(from) &&
  Array.isArray(to) &&
  namesOf(from).every((name) => name !== undefined) &&
  isDeepStrictEqual(namesOf(from), namesOf(to))

/** JSON patch from one value to another; lists of other things are replaced as a whole. */
const changes = (from: unknown, to: unknown, path = ''): readonly Change[] => {
  if (isDeepStrictEqual(from, to)) return []
  if (areAlike(from, to)) return changes({ ...(from as []) }, { ...(to as []) }, path)
  if (!isMap(from) || !isMap(to)) return [{ op: 'replace', path, value: to }]
  const keys = new Set([...Object.keys(from), ...Object.keys(to)])
  return [...keys].flatMap((key) => {
    const below = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!(key in to)) return [{ op: 'remove', path: below } as const]
    if (!(key in from)) return [{ op: 'add', path: below, value: to[key] } as const]
    return changes(from[key], to[key], below)
  })
}

const NOTE = '# Made from the chart by npm run chart.\n'
const text = (value: unknown): string =>
  NOTE + stringify(value, { lineWidth: 120, aliasDuplicateObjects: false })

const fileOf = ({ kind, metadata }: Manifest): string => {
  const own = metadata.name.replace(/^sluice-?/, '')
  return `${[kind.toLowerCase(), own].filter(Boolean).join('-')}.yaml`
}

const isSettings = (manifest: Manifest): boolean => idOf(manifest) === 'ConfigMap sluice'

const settingsOf = (manifests: readonly Manifest[]): string =>
  Object.entries(one(manifests, 'ConfigMap', 'sluice').data as Readonly<Record<string, string>>)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

const settingsGenerator = (manifests: readonly Manifest[], behavior?: 'replace') => [
  {
    name: 'sluice',
    ...(behavior && { behavior }),
    envs: ['settings.env'],
    options: { labels: one(manifests, 'ConfigMap', 'sluice').metadata.labels },
  },
]

const kustomization = (parts: object, kind: 'Kustomization' | 'Component' = 'Kustomization') => {
  const version = kind === 'Component' ? 'v1alpha1' : 'v1beta1'
  return text({ apiVersion: `kustomize.config.k8s.io/${version}`, kind, ...parts })
}

const namespaceFile = text({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

type Files = Map<string, string>

const addBase = (files: Files): void => {
  const manifests = manifestsOf('base')
  const resources = manifests.filter((manifest) => !isSettings(manifest))
  for (const manifest of resources) files.set(`base/${fileOf(manifest)}`, text(manifest))
  files.set('base/settings.env', settingsOf(manifests))
  const parts = {
    resources: resources.map(fileOf),
    configMapGenerator: settingsGenerator(manifests),
  }
  files.set('base/kustomization.yaml', kustomization(parts))
}

/** What a layer has that the base has not, and what it changes. */
const additions = (layer: Layer) => {
  const manifests = manifestsOf(layer)
  const base = new Map(manifestsOf('base').map((manifest) => [idOf(manifest), manifest]))
  const added = manifests.filter((manifest) => !base.has(idOf(manifest)))
  const patches = manifests.flatMap((manifest) => {
    const patch = isSettings(manifest)
      ? []
      : changes(base.get(idOf(manifest)) ?? manifest, manifest)
    const { kind, metadata } = manifest
    if (patch.length === 0) return []
    return [{ target: { kind, name: metadata.name }, patch: stringify(patch, { lineWidth: 0 }) }]
  })
  return { manifests, added, patches }
}

const addOverlay = (files: Files, layer: 'trial' | 'production'): void => {
  const folder = `overlays/${layer}`
  const { manifests, added, patches } = additions(layer)
  for (const manifest of added) files.set(`${folder}/${fileOf(manifest)}`, text(manifest))
  files.set(`${folder}/namespace.yaml`, namespaceFile)
  files.set(`${folder}/settings.env`, settingsOf(manifests))
  const resources = ['../../base', 'namespace.yaml', ...added.map(fileOf)]
  const configMapGenerator = settingsGenerator(manifests, 'replace')
  const parts = { namespace, resources, configMapGenerator, patches }
  files.set(`${folder}/kustomization.yaml`, kustomization(parts))
}

const addComponent = (files: Files): void => {
  const folder = 'components/prometheus-operator'
  const { added } = additions('prometheus-operator')
  for (const manifest of added) files.set(`${folder}/${fileOf(manifest)}`, text(manifest))
  const parts = { resources: added.map(fileOf) }
  files.set(`${folder}/kustomization.yaml`, kustomization(parts, 'Component'))
}

/** Paths below `k8s`, with what has to be there. */
export const kustomizeFiles = (): ReadonlyMap<string, string> => {
  const files: Files = new Map()
  addBase(files)
  addOverlay(files, 'trial')
  addOverlay(files, 'production')
  addComponent(files)
  return files
}
