/** Settings from the environment and the optional file, or everything that is wrong with them. */
import { type Environment, fromEnvironment, fromFile, type Given, placeOf } from './given.ts'
import { informationContradictions } from './information.ts'
import { nearest } from './nearest.ts'
import { opsContradictions } from './ops-settings.ts'
import { quote, quoteName, reasonOf } from './problem.ts'
import type { Setting } from './setting.ts'
import {
  configFile,
  type SettingName,
  type Settings,
  settingsSchema,
  settingsTable,
} from './settings.ts'

export interface Sources {
  readonly env: Environment
  readonly readFile: (path: string) => string
}

export type LoadedSettings =
  | { readonly settings: Settings }
  /** Each problem is one line, and none shows a secret. */
  | {
      readonly problems: readonly string[]
      /** Where this setting is valid: what is there can be checked all the same. */
      readonly dataDir?: string
    }

type ReadFile = Sources['readFile']

interface Text {
  readonly text: string
  readonly place: string
}

const fileVariable = ({ variable }: Setting): string => `${variable}_FILE`

const namesOf = (setting: Setting): readonly string[] =>
  setting.secret ? [setting.variable, fileVariable(setting)] : [setting.variable]

const knownNames: ReadonlySet<string> = new Set([
  configFile.variable,
  ...[...settingsTable.values()].flatMap(namesOf),
])

/** What is valid alone but not together. */
const contradictions = (settings: Settings): string[] => {
  const { redisUrl, clusterKeys, durability, socksProxy, socksMode, proxyHostMode } = settings
  const problems: string[] = []
  if ((settings.webCert === undefined) !== (settings.webKey === undefined))
    problems.push('SLUICE_WEB_CERT and SLUICE_WEB_KEY belong together: give both or none')
  problems.push(...informationContradictions(settings))
  problems.push(...opsContradictions(settings))
  if (redisUrl !== undefined && clusterKeys === undefined)
    problems.push(
      'SLUICE_CLUSTER_KEY is needed with SLUICE_REDIS_URL, the same for all relays: `openssl rand -hex 32` makes one',
    )
  if (redisUrl === undefined && clusterKeys !== undefined)
    problems.push('SLUICE_CLUSTER_KEY is of no use without SLUICE_REDIS_URL: set that too')
  if (redisUrl === undefined && durability !== 'memory')
    problems.push(`SLUICE_DURABILITY ${durability} needs SLUICE_REDIS_URL`)
  if (settings.durabilityReplicas > 1 && durability !== 'replica')
    problems.push('SLUICE_DURABILITY_REPLICAS is of no use without SLUICE_DURABILITY replica')
  if (redisUrl === undefined && settings.limitShared)
    problems.push('SLUICE_LIMIT_SHARED on needs SLUICE_REDIS_URL')
  if (settings.adminPort !== undefined && settings.adminToken === undefined)
    problems.push(
      'SLUICE_ADMIN_TOKEN is needed with SLUICE_ADMIN_PORT: `openssl rand -hex 32` makes one',
    )
  // without it everything would go the direct way
  if (socksProxy === undefined && socksMode === 'always')
    problems.push('SLUICE_SOCKS_MODE always needs SLUICE_SOCKS_PROXY')
  if (socksProxy === undefined && proxyHostMode === 'onion')
    problems.push('SLUICE_PROXY_HOST_MODE onion needs SLUICE_SOCKS_PROXY')
  return problems
}

const unknownNames = ({ values, place }: Given): string[] =>
  [...values.keys()]
    .filter((name) => !knownNames.has(name))
    .map((name) => {
      const meant = nearest(name, knownNames)
      const hint = meant === undefined ? 'see sluice check --help' : `did you mean ${meant}?`
      return `${quoteName(name)}${place} is not a setting: ${hint}`
    })

const readConfigFile = (environment: Given, readFile: ReadFile, problems: string[]): Given => {
  const { variable } = configFile
  const path = environment.values.get(variable)
  if (path === undefined) return { place: '', values: new Map() }
  try {
    const file = fromFile(path, readFile(path))
    problems.push(...file.problems)
    if (file.values.has(variable))
      problems.push(`${variable}${file.place} can only be given in the environment`)
    return file
  } catch (error) {
    problems.push(`${variable} ${quote(path)} cannot be read: ${reasonOf(error)}`)
    return { place: placeOf(path), values: new Map() }
  }
}

const readSecret = (path: string, readFile: ReadFile): Text => ({
  // a line break at the end comes from editors and `echo`, and is not part of the secret
  text: readFile(path).replace(/\r?\n$/, ''),
  place: placeOf(path),
})

/** What is given for one setting; undefined where nothing is, or nothing that can be read. */
const textOf = (
  setting: Setting,
  { values, place }: Given,
  readFile: ReadFile,
  problems: string[],
): Text | undefined => {
  const text = values.get(setting.variable)
  const variable = fileVariable(setting)
  const path = setting.secret ? values.get(variable) : undefined
  if (path === undefined) return text === undefined ? undefined : { text, place }
  if (text !== undefined) {
    problems.push(`${setting.variable} and ${variable}${place} are both given: remove one`)
    return undefined
  }
  try {
    return readSecret(path, readFile)
  } catch (error) {
    problems.push(`${variable} ${quote(path)}${place} cannot be read: ${reasonOf(error)}`)
    return undefined
  }
}

const notAllowed = (setting: Setting, { text, place }: Text): string => {
  const shown = text === '' ? ' is empty:' : setting.secret ? '' : ` is ${quote(text)}:`
  const unit = setting.unit === undefined ? '' : ` (${setting.unit})`
  return `${setting.variable}${place}${shown} must be ${setting.allowed.replaceAll('`', '')}${unit}`
}

export const loadSettings = ({ env, readFile }: Sources): LoadedSettings => {
  const problems: string[] = []
  const environment = fromEnvironment(env)
  const sources = [environment, readConfigFile(environment, readFile, problems)]
  problems.push(...sources.flatMap(unknownNames))

  const given = new Map<SettingName, Text>()
  for (const [name, setting] of settingsTable) {
    const source = sources.find(({ values }) => namesOf(setting).some((one) => values.has(one)))
    const text = source && textOf(setting, source, readFile, problems)
    if (text !== undefined) given.set(name, text)
  }
  const texts = Object.fromEntries([...given].map(([name, { text }]) => [name, text]))
  const parsed = settingsSchema.safeParse(texts)
  if (parsed.success) problems.push(...contradictions(parsed.data))
  if (parsed.success && problems.length === 0) return { settings: parsed.data }

  const wrong = new Set(parsed.error?.issues.map((issue) => issue.path[0]))
  for (const [name, text] of given) {
    const setting = settingsTable.get(name)
    if (wrong.has(name) && setting !== undefined) problems.push(notAllowed(setting, text))
  }
  const dataDir = settingsSchema.shape.dataDir.safeParse(texts.dataDir)
  return { problems, ...(dataDir.success && { dataDir: dataDir.data }) }
}
