/** Where the tests look for a Redis, best first. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
  isExecutable(path: string): boolean
}

export type ServerSource =
  | { readonly kind: 'program'; readonly path: string }
  | { readonly kind: 'docker' }
  | { readonly kind: 'apt' }

export type RedisSource = { readonly kind: 'url'; readonly url: string } | ServerSource

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const thisMachine = (): Machine => ({
  env: process.env,
  isRoot: process.getuid?.() === 0,
  isExecutable,
})

const programsNamed = (name: string, { env, isExecutable }: Machine): readonly string[] =>
  (env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .filter((path) => isExecutable(path))

/** For servers that a test stops, pauses or wires together. */
export const serverSources = (machine: Machine): readonly ServerSource[] => {
  const programs = ['redis-server', 'valkey-server']
    .flatMap((name) => programsNamed(name, machine))
    .map((path) => ({ kind: 'program', path }) as const)
  if (programs.length > 0) return [...programs, { kind: 'docker' }]
  const hasApt = machine.isRoot && programsNamed('apt-get', machine).length > 0
  return [{ kind: 'docker' }, ...(hasApt ? [{ kind: 'apt' } as const] : [])]
}

/** For tests that need only some Redis. An address that was given is not second-guessed. */
export const redisSources = (machine: Machine): readonly RedisSource[] => {
  const url = machine.env.REDIS_URL
  return url ? [{ kind: 'url', url }] : serverSources(machine)
}
