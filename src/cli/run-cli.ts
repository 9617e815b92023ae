/** From the arguments to a command, and from what it throws to one line and an exit code. */
import { nearest } from '../config/nearest.ts'
import { quote } from '../config/problem.ts'
import { IdentityError } from '../identity/identity-error.ts'
import { packageVersion } from '../package-version.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, programHelp } from './help.ts'
import type { Io } from './io.ts'
import { signalExitCode } from './signals.ts'

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2

const helpFlags: ReadonlySet<string | undefined> = new Set(['--help', '-h'])
const versionFlags: ReadonlySet<string | undefined> = new Set(['--version', '-V'])

const overview = (): string =>
  programHelp([...commands].map(([name, { summary }]) => [name, summary]))

const print = (io: Io, text: string): number => {
  io.stdout.write(text)
  return DONE
}

const wrongUsage = (io: Io, problem: string, helpCommand: string): number => {
  io.stderr.write(`sluice: ${problem}; see '${helpCommand}'\n`)
  return WRONG_USAGE
}

const unknown = (io: Io, word: string): number => {
  const meant = nearest(word, commands.keys())
  const problem = `${quote(word)} is not ${word.startsWith('-') ? 'an option' : 'a command'}`
  return wrongUsage(
    io,
    meant === undefined ? problem : `${problem}, did you mean ${meant}?`,
    'sluice --help',
  )
}

const isArgumentError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** The first sentence of what parseArgs says; the rest is advice for unusual cases. */
const argumentProblem = ({ message }: Error): string =>
  message.replace(/\. .*$/s, '').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')

const failureLines = (error: unknown): readonly string[] => {
  if (error instanceof Failure) return error.lines
  if (error instanceof IdentityError) return [error.message]
  // a mistake of ours: the stack shows where
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
}

const failed = (io: Io, error: unknown): number => {
  if (io.signal.aborted && error === io.signal.reason) return signalExitCode(error)
  for (const line of failureLines(error)) io.stderr.write(`sluice: ${line}\n`)
  return FAILED
}

const runCommand = async (
  name: string,
  command: Command,
  args: readonly string[],
  io: Io,
): Promise<number> => {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (options.some((one) => helpFlags.has(one))) return print(io, commandHelp(command))
  try {
    return await command.run(args, io)
  } catch (error) {
    const help = `sluice ${name} --help`
    if (error instanceof Misuse) return wrongUsage(io, error.message, help)
    if (isArgumentError(error)) return wrongUsage(io, argumentProblem(error), help)
    return failed(io, error)
  }
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong usage, 128 + n ended by signal n */
export const runCli = async (args: readonly string[], io: Io): Promise<number> => {
  const [first, ...rest] = args
  if (first === undefined) {
    io.stderr.write(overview())
    return WRONG_USAGE
  }
  if (versionFlags.has(first)) return print(io, `sluice ${packageVersion()}\n`)
  const isHelp = first === 'help'
  const name = isHelp ? rest[0] : first
  if (name === undefined || helpFlags.has(name)) return print(io, overview())
  const entry = commands.get(name)
  if (entry === undefined) return unknown(io, name)
  return runCommand(name, await entry.load(), isHelp ? ['--help'] : rest, io)
}
