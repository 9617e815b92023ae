/** Help texts, from the commands' own descriptions. */
import type { Command, Option } from './command.ts'

const help: Option = { type: 'boolean', short: 'h', help: 'print this' }

const columns = (rows: readonly (readonly [left: string, right: string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n')
}

const flags = (name: string, { short, value }: Option): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`

export const commandHelp = ({ usage, about, options }: Command): string => {
  const all = Object.entries({ ...options, help })
  return `Usage: sluice ${usage}

${about.trim()}

Options:
${columns(all.map(([name, option]) => [flags(name, option), option.help]))}
`
}

export const programHelp = (
  commands: readonly (readonly [name: string, summary: string])[],
): string => `Usage: sluice COMMAND [options]

A relay for the SimpleX Messaging Protocol (SMP).

Commands:
${columns(commands)}

Options:
${columns([
  ['-h, --help', "print this; 'sluice COMMAND --help' tells more about a command"],
  ['-V, --version', 'print the version'],
])}

Settings are environment variables; 'sluice check --help' lists them.
Exit codes: 0 done, 1 failed, 2 wrong usage.
`
