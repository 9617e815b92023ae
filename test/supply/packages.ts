/** The packages that package-lock.json names: who brings which, and what their own files say of them. */
import { readFileSync } from 'node:fs'

/** A package's place in the lock file, such as `node_modules/a/node_modules/b`. */
type Place = string

interface Locked {
  readonly version: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Installed {
  readonly name: string
  readonly version: string
  /** SPDX, or undefined where the package states none. */
  readonly licence: string | undefined
}

export type DependencyKind = 'dependencies' | 'devDependencies'

const root = new URL('../../', import.meta.url)

export const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const manifest: Readonly<Record<DependencyKind, Readonly<Record<string, string>>>> = JSON.parse(
  readText('package.json'),
)
const locked: ReadonlyMap<Place, Locked> = new Map(
  Object.entries<Locked>(JSON.parse(readText('package-lock.json')).packages),
)

const nameOf = (place: Place): string =>
  place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)

const licenceOf = (place: Place): string | undefined => {
  const { license }: { readonly license?: unknown } = JSON.parse(readText(`${place}/package.json`))
  return typeof license === 'string' ? license : undefined
}

const installedAt = (place: Place): Installed => ({
  name: nameOf(place),
  version: locked.get(place)?.version ?? '',
  licence: licenceOf(place),
})

/** What users of the relay get, whatever their platform, each once. */
export const productionPackages = (): readonly Installed[] =>
  [...locked]
    .filter(([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional)
    .map(([place]) => installedAt(place))
    .sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))

/** As Node resolves it: in the package's own folder, then in those above it. */
const placeOf = (name: string, from: Place): Place | undefined => {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (locked.has(place)) return place
    if (at === '') return undefined
  }
}

/** Of every platform; what has to be there besides (peers) is not brought. */
const broughtBy = (place: Place, found = new Set<Place>()): ReadonlySet<Place> => {
  const { dependencies, optionalDependencies } = locked.get(place) ?? {}
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const next = placeOf(name, place)
    if (next === undefined || found.has(next)) continue
    found.add(next)
    broughtBy(next, found)
  }
  return found
}

export interface Direct extends Installed {
  /** How many packages come with it, shared ones too. */
  readonly brings: number
}

/** What package.json asks for. */
export const directPackages = (kind: DependencyKind): readonly Direct[] =>
  Object.keys(manifest[kind]).map((name) => {
    const place = `node_modules/${name}`
    return { ...installedAt(place), brings: broughtBy(place).size }
  })
