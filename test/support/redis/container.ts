/**
 * Redis in a container, for machines that have Docker only. It shares the machine's network: nodes
 * that tell each other's address then reach each other, and it listens on loopback alone.
 */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import {
  type Launch,
  LaunchError,
  READY,
  type Running,
  START_LIMIT_MS,
  Unavailable,
} from './launch.ts'

const IMAGE = 'redis:8'

/** What testcontainers' own helper container does where that can run; this needs no image. */
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
const testcontainers = () =>
  import('testcontainers').catch(() => {
    throw new Unavailable('the package testcontainers is not installed')
  })

/** @throws Unavailable */
const prepare = async () => {
  const { getContainerRuntimeClient, ImageName } = await testcontainers()
  const client = await getContainerRuntimeClient().catch(() => {
    throw new Unavailable('Docker does not answer')
  })
  const image = ImageName.fromString(IMAGE)
  try {
    if (!(await client.image.exists(image))) await client.image.pull(image)
  } catch {
    throw new Unavailable(`Docker has no ${IMAGE} and cannot pull it`)
  }
  return client.container
}

const user = (): string => `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`

const startContainer = async (args: readonly string[], directory: string): Promise<string> => {
  const { GenericContainer, Wait } = await testcontainers()
  let log = ''
  const container = new GenericContainer(IMAGE)
    .withNetworkMode('host')
    .withUser(user())
    .withBindMounts([{ source: directory, target: directory, mode: 'rw' }])
    .withEntrypoint(['redis-server'])
    .withCommand([...args])
    .withLogConsumer((stream: Readable) =>
      stream.on('data', (text) => {
        log += text
      }),
    )
    .withWaitStrategy(Wait.forLogMessage(READY))
    .withStartupTimeout(START_LIMIT_MS)
  try {
    return (await container.start()).getId()
  } catch (error) {
    throw new LaunchError(`${error}\n${log}`)
  }
}

/** @throws Unavailable */
export const containerLaunch = async (): Promise<Launch> => {
  const containers = await prepare()
  return async (args, directory): Promise<Running> => {
    const id = await startContainer(args, directory)
    const container = containers.getById(id)
    const { release } = guard(directory, id)
    // refused when the container has ended by itself
    const signal = (name: NodeJS.Signals) => container.kill({ signal: name }).catch(() => {})
    return {
      end: async (name) => {
        await signal(name)
        await signal('SIGCONT')
        await container.wait()
        await container.remove({ force: true })
        release()
      },
      pause: () => signal('SIGSTOP'),
      resume: () => signal('SIGCONT'),
    }
  }
}
