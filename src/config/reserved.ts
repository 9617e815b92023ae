/** Names of settings that later versions have: known, so that scripts can set them already. */
import type { Environment } from './given.ts'

/** Without effect here. */
const withoutEffect: ReadonlySet<string> = new Set(['SLUICE_OPS_PORT'])

export const isReserved = (name: string): boolean => withoutEffect.has(name)

/** Those that are given all the same, for a warning. */
export const givenWithoutEffect = (env: Environment): readonly string[] =>
  Object.keys(env).filter((name) => withoutEffect.has(name))
