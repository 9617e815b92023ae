/** The list of checks for people: the tables of docs/conformance.md. */
import { groups } from './catalog.ts'
import type { Check } from './check.ts'

/** The family of a check that is there for each version: `SMP-V-118` is of `SMP-V-1`. */
const familyOf = ({ id }: Check): string | undefined => /^SMP-V-[1-9](?=\d\d$)/.exec(id)?.[0]

interface Line {
  readonly first: Check
  readonly last: Check
}

/** Checks that differ in the version only are one line. */
const linesOf = (checks: readonly Check[]): readonly Line[] => {
  const lines: Line[] = []
  for (const check of checks) {
    const line = lines.at(-1)
    const family = familyOf(check)
    if (line !== undefined && family !== undefined && family === familyOf(line.first))
      lines[lines.length - 1] = { ...line, last: check }
    else lines.push({ first: check, last: check })
  }
  return lines
}

const numberOf = ({ id }: Check): string => id.replace(/^.*-/, '')

const row = ({ first, last }: Line): string => {
  const isFamily = first !== last
  const ids = isFamily ? `${first.id} to ${numberOf(last)}` : first.id
  const title = isFamily ? first.title.replace(/ \d+$/, 's') : first.title
  return `| ${ids} | ${title.replace(/ versions$/, ' each version')} | ${first.section} |`
}

export const checksMarkdown = (): string =>
  groups
    .map(
      ({ name, checks }) =>
        `### ${name}\n\n| id | what a server does | section |\n| --- | --- | --- |\n${linesOf(checks).map(row).join('\n')}\n`,
    )
    .join('\n')
