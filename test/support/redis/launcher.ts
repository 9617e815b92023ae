/** Takes the first way to a Redis that works. */
import { installRedis } from './apt.ts'
import { containerLaunch } from './container.ts'
import { type Machine, type ServerSource, serverSources, thisMachine } from './find.ts'
import { type Launch, Unavailable } from './launch.ts'
import { checkProgram, launchProgram } from './program.ts'

/** One line that says what to install. */
export class NoRedis extends Error {
  override readonly name = 'NoRedis'
}

const launchFrom = async (source: ServerSource, machine: Machine): Promise<Launch> => {
  switch (source.kind) {
    case 'program':
      await checkProgram(source.path)
      return launchProgram(source.path)
    case 'docker':
      return containerLaunch(source.image)
    case 'apt': {
      await installRedis()
      const [installed] = serverSources(machine)
      if (installed?.kind !== 'program') throw new Unavailable('no redis-server on the PATH')
      return launchFrom(installed, machine)
    }
  }
}

const findLaunch = async (machine: Machine): Promise<Launch> => {
  const reasons: string[] = []
  for (const source of serverSources(machine)) {
    try {
      return await launchFrom(source, machine)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      reasons.push(error.message)
    }
  }
  const why = reasons.join('; ')
  const chosen = machine.env.SLUICE_TEST_SERVER
  if (chosen) throw new NoRedis(`No ${chosen} for the tests, as SLUICE_TEST_SERVER says: ${why}.`)
  throw new NoRedis(
    `No Redis 7 or Valkey 8 for the tests (${why}): install redis-server ` +
      '(apt install redis-server, brew install redis), start Docker, or set REDIS_URL.',
  )
}

let found: Promise<Launch> | undefined

/** @throws NoRedis */
export const findLauncher = (): Promise<Launch> => {
  found ??= findLaunch(thisMachine())
  return found
}
