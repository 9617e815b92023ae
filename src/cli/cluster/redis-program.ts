/** The Redis or Valkey that this machine has. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../config/given.ts'
import { reasonOf } from '../../config/problem.ts'
import { isTooOld, NEEDED, versionOfProgram, versionText } from '../../store/redis/redis-version.ts'
import { Failure } from '../command.ts'

const names = ['redis-server', 'valkey-server']
const remedy = `install ${NEEDED} (apt install redis-server, brew install redis), or give --redis URL`

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const programsOnPath = ({ PATH = '' }: Environment): readonly string[] =>
  names
    .flatMap((name) =>
      PATH.split(delimiter)
        .filter((directory) => directory !== '')
        .map((directory) => join(directory, name)),
    )
    .filter(isExecutable)

const askVersion = async (program: string, env: Environment): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, ['--version'], { env })
  return stdout
}

/** Why a program is of no use, undefined if it is. */
const problemOf = async (program: string, env: Environment): Promise<string | undefined> => {
  try {
    const version = versionOfProgram(await askVersion(program, env))
    return isTooOld(version) ? `is ${versionText(version)}, which is too old` : undefined
  } catch (error) {
    return `does not run (${reasonOf(error)})`
  }
}

/**
 * @returns its path
 * @throws Failure that says what to install
 */
export const findRedisProgram = async (env: Environment): Promise<string> => {
  const problems: string[] = []
  for (const program of programsOnPath(env)) {
    const problem = await problemOf(program, env)
    if (problem === undefined) return program
    problems.push(`${program} ${problem}`)
  }
  const [problem = `no ${names.join(' or ')} is on the PATH`] = problems
  throw new Failure(`${problem}: ${remedy}`)
}
