/** The values given for settings, as text, with the place they come from. */
import { parseEnv } from 'node:util'
import { quote, quoteName } from './problem.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Given {
  /** Follows a variable's name in problems; empty for the environment. */
  readonly place: string
  readonly values: ReadonlyMap<string, string>
}

export const placeOf = (path: string): string => ` (in ${quote(path)})`

export const fromEnvironment = (env: Environment): Given => {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('SLUICE_') && value !== undefined) values.set(name, value)
  return { place: '', values }
}

const quoted = /'[^']*'|"[^"]*"/.source
const bare = /[^'"`#\s](?:[^'"`#]*[^'"`#\s])?/.source
const assignment = new RegExp(
  `^\\s*(?:export\\s+)?([A-Za-z_]\\w*)\\s*=\\s*(?:${quoted}|${bare})?\\s*(?:\\s#.*)?$`,
)

/** A dotenv file, one setting a line; what dotenv skips in silence or cuts short is a problem here. */
export const fromFile = (path: string, text: string): Given & { readonly problems: string[] } => {
  const place = placeOf(path)
  const values = new Map<string, string>()
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const name = assignment.exec(line)?.[1]
    // the line itself is not shown: it may hold a secret
    if (name === undefined)
      problems.push(`line ${index + 1}${place} must be NAME=value; quote a value with #, ' or "`)
    else if (values.has(name)) problems.push(`${quoteName(name)}${place} is given twice`)
    else values.set(name, parseEnv(line)[name] ?? '')
  }
  return { place, values, problems }
}
