/** Where the tests look for a Redis, best first. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
  isExecutable(path: string): boolean
}

export type ServerSource =
  | { readonly kind: 'program'; readonly path: string }
  | { readonly kind: 'docker'; readonly image: string }
  | { readonly kind: 'apt' }

/** When nothing else is said. */
const IMAGE = 'redis:8'

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

/**
 * For servers that a test stops, pauses or wires together. SLUICE_TEST_SERVER, the path of a
 * program or the name of an image, leaves no other choice.
 */
export const serverSources = (machine: Machine): readonly ServerSource[] => {
  const chosen = machine.env.SLUICE_TEST_SERVER
  if (chosen)
    return [
      isAbsolute(chosen) ? { kind: 'program', path: chosen } : { kind: 'docker', image: chosen },
    ]
  const docker = { kind: 'docker', image: IMAGE } as const
  const programs = ['redis-server', 'valkey-server']
    .flatMap((name) => programsNamed(name, machine))
    .map((path) => ({ kind: 'program', path }) as const)
  if (programs.length > 0) return [...programs, docker]
  const hasApt = machine.isRoot && programsNamed('apt-get', machine).length > 0
  return [docker, ...(hasApt ? [{ kind: 'apt' } as const] : [])]
}

/** For tests that need only some Redis. An address that was given is not second-guessed. */
export const redisSources = (machine: Machine): readonly RedisSource[] => {
  const url = machine.env.REDIS_URL
  return url ? [{ kind: 'url', url }] : serverSources(machine)
}
