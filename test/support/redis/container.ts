/**
 * Redis in a container, for machines that have Docker only. It shares the machine's network: nodes
 * that tell each other's address then reach each other, and it listens on loopback alone.
 */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { within } from '../within.ts'
import {
  type Launch,
  LaunchError,
  READY,
  type Running,
  START_LIMIT_MS,
  Unavailable,
} from './launch.ts'

/** The image's own program: Valkey's need not be there by Redis's name. */
const SERVER = 'exec "$(command -v valkey-server || command -v redis-server)" "$@"'

const PULL_LIMIT_MS = 300_000

/** What testcontainers' own helper container would do: this one needs no image. */
const guarded = 'read -r _ || { docker rm --force "$1"; rm -rf -- "$0"; }'

const guard = (directory: string, container: string): { release(): void } => {
  const child = spawn('/bin/sh', ['-c', guarded, directory, container], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  return { release: () => void child.stdin.end('ended\n') }
}

/** Loaded only when there is need: it is large. */
const testcontainers = () => {
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  return import('testcontainers')
}

/** @throws Unavailable */
const prepare = async (name: string) => {
  const { getContainerRuntimeClient, ImageName } = await testcontainers()
  const answer = getContainerRuntimeClient()
  const client = await within('Docker answers', answer).catch(() => {
    throw new Unavailable('Docker does not answer')
  })
  try {
    const image = ImageName.fromString(name)
    const isThere = await within('Docker answers', client.image.exists(image))
    if (!isThere) await within('pulled', client.image.pull(image), PULL_LIMIT_MS)
  } catch {
    throw new Unavailable(`Docker has no ${name} and cannot pull it`)
  }
  return client.container
}

const user = (): string => `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`

const startContainer = async (
  image: string,
  args: readonly string[],
  directory: string,
): Promise<string> => {
  const { GenericContainer, Wait } = await testcontainers()
  let log = ''
  const container = new GenericContainer(image)
    .withNetworkMode('host')
    .withUser(user())
    .withBindMounts([{ source: directory, target: directory, mode: 'rw' }])
    .withEntrypoint(['/bin/sh', '-c', SERVER, 'server'])
    .withCommand([...args])
    .withLogConsumer((stream: Readable) =>
      stream.on('data', (text) => {
        log += text
      }),
    )
    .withWaitStrategy(Wait.forLogMessage(READY))
    .withStartupTimeout(START_LIMIT_MS)
  try {
    const started = within('a container starts', container.start(), 2 * START_LIMIT_MS)
    return (await started).getId()
  } catch (error) {
    throw new LaunchError(`${error}\n${log}`)
  }
}

/** @throws Unavailable */
export const containerLaunch = async (image: string): Promise<Launch> => {
  const containers = await prepare(image)
  return async (args, directory): Promise<Running> => {
    const id = await startContainer(image, args, directory)
    const container = containers.getById(id)
    const { release } = guard(directory, id)
    // refused when the container has ended by itself
    const signal = (name: NodeJS.Signals) => container.kill({ signal: name }).catch(() => {})
    return {
      end: async (name) => {
        await signal(name)
        await signal('SIGCONT')
        await within('the container ends', container.wait())
        await within('it is removed', container.remove({ force: true }))
        release()
      },
      pause: () => signal('SIGSTOP'),
      resume: () => signal('SIGCONT'),
    }
  }
}
