/** Names of settings that later versions have: known, so that scripts can set them already. */
import type { Environment } from './given.ts'

/** Without effect here. */
const withoutEffect: ReadonlySet<string> = new Set([
  'SLUICE_WS_PORT',
  'SLUICE_OPS_PORT',
  'SLUICE_ADMIN_PORT',
  'SLUICE_ADMIN_TOKEN',
  'SLUICE_ADMIN_TOKEN_FILE',
  'SLUICE_PROXY',
  'SLUICE_PROXY_ALLOW_PRIVATE',
])

/** They ask for what this version cannot promise: where and how safely messages are kept. */
const notServed: ReadonlySet<string> = new Set([
  'SLUICE_REDIS_URL',
  'SLUICE_REDIS_URL_FILE',
  'SLUICE_CLUSTER_KEY',
  'SLUICE_CLUSTER_KEY_FILE',
])

export const isReserved = (name: string): boolean =>
  withoutEffect.has(name) || notServed.has(name) || name === 'SLUICE_DURABILITY'
export const isNotServed = (name: string, value: string): boolean =>
  notServed.has(name) || (name === 'SLUICE_DURABILITY' && value !== 'memory')

/** Those that are given all the same, for a warning. */
export const givenWithoutEffect = (env: Environment): readonly string[] =>
  Object.keys(env).filter((name) => withoutEffect.has(name))
