/** Takes the first way to a Redis that works. */
import { installRedis } from './apt.ts'
import { containerLaunch } from './container.ts'
import { type Machine, type ServerSource, serverSources, thisMachine } from './find.ts'
import { type Launch, Unavailable } from './launch.ts'
import { checkProgram, launchProgram, type Need } from './program.ts'

/** One line that says what to install. */
export class NoRedis extends Error {
  override readonly name = 'NoRedis'
}

const launchFrom = async (source: ServerSource, machine: Machine, need: Need): Promise<Launch> => {
  switch (source.kind) {
    case 'program':
      await checkProgram(source.path, need)
      return launchProgram(source.path)
    case 'docker':
      return containerLaunch(source.image)
    case 'apt': {
      await installRedis()
      const [installed] = serverSources(machine)
      if (installed?.kind !== 'program') throw new Unavailable('no redis-server on the PATH')
      return launchFrom(installed, machine, need)
    }
  }
}

const findLaunch = async (machine: Machine, need: Need): Promise<Launch> => {
  const reasons: string[] = []
  for (const source of serverSources(machine)) {
    try {
      return await launchFrom(source, machine, need)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      reasons.push(error.message)
    }
  }
  const why = reasons.join('; ')
  const chosen = machine.env.SLUICE_TEST_SERVER
  if (chosen) throw new NoRedis(`No ${chosen} for the tests, as SLUICE_TEST_SERVER says: ${why}.`)
  if (need === 'waitaof')
    throw new NoRedis(`No Redis 7.2 or Valkey 8 (${why}): start Docker, or set SLUICE_TEST_SERVER.`)
  throw new NoRedis(
    `No Redis 7 or Valkey 8 for the tests (${why}): install redis-server ` +
      '(apt install redis-server, brew install redis), start Docker, or set REDIS_URL.',
  )
}

const found: Partial<Record<Need, Promise<Launch>>> = {}

/** @throws NoRedis */
export const findLauncher = (need: Need = 'any'): Promise<Launch> => {
  const launch = found[need] ?? findLaunch(thisMachine(), need)
  found[need] = launch
  return launch
}
