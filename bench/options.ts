/** Options of the command line, or one line about what is wrong with them and exit code 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

export interface Program {
  readonly name: string
  readonly usage: string
}

export const fail = ({ name, usage }: Program, problem: string): never => {
  process.stderr.write(`${name}: ${problem}\n\n${usage}`)
  process.exit(2)
}

/** Prints the usage and exits where it was asked for. */
export const readOptions = <const T extends ParseArgsConfig>(program: Program, config: T) => {
  if (process.argv.includes('--help')) {
    process.stdout.write(program.usage)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    return fail(program, error instanceof Error ? error.message : 'bad options')
  }
}

/** An option that may stand without an address after it; its value is then empty. */
export const withOptionalAddress = (option: string, args: readonly string[]): string[] =>
  args.map((word, i) =>
    word === option && !/^rediss?(\+\w+)?:\/\//.test(args[i + 1] ?? '') ? `${option}=` : word,
  )
