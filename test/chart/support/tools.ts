/** What `.ci/kube-tools` makes, in the folder that it prints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Manifest } from './chart.ts'

const { KUBE_TOOLS, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
const folder = KUBE_TOOLS ?? join(XDG_CACHE_HOME, 'sluice-ci')

const made = (path: string): string => {
  const found = join(folder, path)
  if (!existsSync(found)) throw new Error(`${found} is missing: .ci/chart has it made`)
  return found
}

/** Absolute path of a program. */
export const tool = (name: string): string => made(join('bin', name))

/** Definitions of objects that are not Kubernetes' own. */
export const definitions = (): readonly Manifest[] => {
  const crds = made('crds')
  return readdirSync(crds).map((file) => parse(readFileSync(join(crds, file), 'utf8')))
}

/** Minor versions such as `v1.37`, and what each of them knows. */
export const openApi = (): ReadonlyMap<string, unknown> => {
  const documents = made('openapi')
  return new Map(
    readdirSync(documents).map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(join(documents, file), 'utf8')),
    ]),
  )
}
