/** What the pods of a cluster are given: which Redis, which key. */
import { type Environment, fromEnvironment, fromFile } from '../../config/given.ts'
import type { Sources } from '../../config/load-settings.ts'

const REDIS_URL = 'SLUICE_REDIS_URL'
const CLUSTER_KEY = 'SLUICE_CLUSTER_KEY'
/** Valid, so that the other settings can be read before there is a Redis. */
const NOT_YET = 'redis://127.0.0.1'

const namesInFile = ({ env, readFile }: Sources): Iterable<string> => {
  const path = env.SLUICE_CONFIG
  try {
    return path === undefined ? [] : fromFile(path, readFile(path)).values.keys()
  } catch {
    return [] // reading the settings says what is wrong with it
  }
}

/** Whether a secret is given in the environment or the file of settings, itself or as a file. */
const givenSecrets = (sources: Sources): ((variable: string) => boolean) => {
  const names = new Set([...fromEnvironment(sources.env).values.keys(), ...namesInFile(sources)])
  return (variable) => names.has(variable) || names.has(`${variable}_FILE`)
}

export interface RedisPlan {
  /** Whether the cluster starts one; then `env` has an address that stands for it. */
  readonly ownsRedis: boolean
  readonly env: Environment
}

/** @param option the address given on the command line */
export const planRedis = (
  sources: Sources,
  option: string | undefined,
  makeKey: () => string,
): RedisPlan => {
  const { env } = sources
  if (option !== undefined)
    return {
      ownsRedis: false,
      env: { ...env, [REDIS_URL]: option, [`${REDIS_URL}_FILE`]: undefined },
    }
  const isGiven = givenSecrets(sources)
  if (isGiven(REDIS_URL)) return { ownsRedis: false, env }
  const key = isGiven(CLUSTER_KEY) ? {} : { [CLUSTER_KEY]: makeKey() }
  return { ownsRedis: true, env: { ...env, ...key, [REDIS_URL]: NOT_YET } }
}

export const withRedis = (env: Environment, url: string): Environment => ({
  ...env,
  [REDIS_URL]: url,
})
