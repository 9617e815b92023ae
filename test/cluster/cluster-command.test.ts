import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { acceptInvitation, createInvitation, openClient } from '../../src/client/index.ts'
import { parseServerAddress, type ServerAddress } from '../../src/protocol/address.ts'
import { next } from '../client/support/next.ts'
import { ask } from '../support/redis/ask.ts'
import { serverArgs, startServer } from '../support/redis/server.ts'
import { until } from '../support/redis/until.ts'

const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))
const READY = /^Sluice cluster is ready: smp:\/\/[\w-]{43}=@localhost:\d+ \(\d pods?\)$/
const ONE_LINE = /^sluice: [^\n]+\n$/

type Env = Readonly<Record<string, string>>

/** Of the cluster or a demo; each with its own mark, which all processes below it inherit. */
class Running implements AsyncDisposable {
  readonly mark = randomBytes(8).toString('hex')
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown[]>
  out = ''
  err = ''

  constructor(args: readonly string[], env: Env) {
    this.#child = spawn(process.execPath, [sluice, ...args], {
      env: { PATH: process.env.PATH, CLUSTER_TEST_MARK: this.mark, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
    })
    this.#closed = once(this.#child, 'close')
  }

  get lines(): readonly string[] {
    return this.out.trimEnd().split('\n')
  }

  /** @returns the address */
  async ready(): Promise<string> {
    await until('the cluster is ready', () => {
      assert.equal(this.#child.exitCode, null, this.err)
      return this.out.endsWith('\n')
    })
    return addressIn(this.out)
  }

  /** Of the n-th process of a pod, or of the Redis. */
  async processOf(name: string, life = 1): Promise<number> {
    const told = new RegExp(`^sluice: (?:${name}) is ready.* process (\\d+)$`, 'gm')
    const found = (): readonly string[] => [...this.err.matchAll(told)].map(([, pid = '']) => pid)
    await until(`${name} runs for the ${life}. time`, () => found().length >= life)
    const pid = Number(found()[life - 1])
    // 0 would be this process and all beside it
    assert.ok(pid > 0)
    return pid
  }

  signal(...names: readonly NodeJS.Signals[]): Promise<number | null> {
    for (const name of names) this.#child.kill(name)
    return this.exitCode()
  }

  async exitCode(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal('SIGKILL')
  }
}

let directory = ''
let temporary = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cluster-test-'))
  temporary = join(directory, 'tmp')
  await mkdir(temporary)
})
after(() => rm(directory, { recursive: true }))

const dataDir = (): string => join(directory, 'data')

const cluster = (args: readonly string[] = [], env: Env = {}): Running =>
  new Running(['cluster', ...args], {
    SLUICE_DATA_DIR: dataDir(),
    SLUICE_PORT: '0',
    SLUICE_OPS_PORT: '0',
    TMPDIR: temporary,
    ...env,
  })

const addressIn = (text: string): string => /smp:\/\/\S+/.exec(text)?.[0] ?? assert.fail(text)

const demo = async (address: string): Promise<void> => {
  await using talk = new Running(['demo', address], {})
  assert.equal(await talk.exitCode(), 0, talk.err)
  assert.match(talk.out, /^The server works\.$/m)
}

/** An ended one that nobody has waited for has neither. */
const belongsTo = async (pid: string, mark: string): Promise<boolean> => {
  const place = `/proc/${pid}`
  const environment = await readFile(`${place}/environ`, 'latin1').catch(() => '')
  // Redis writes its title over its environment
  const folder = await readlink(`${place}/cwd`).catch(() => '')
  return environment.includes(mark) || folder.startsWith(temporary)
}

/** Processes, as Linux shows them: sharing a port needs that too. */
const processesOf = async ({ mark }: Running): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const own = await Promise.all(pids.map((pid) => belongsTo(pid, mark)))
  return pids.filter((_, index) => own[index])
}

const nothingIsLeft = async (run: Running): Promise<void> => {
  await until('all its processes have ended', async () => (await processesOf(run)).length === 0)
  await until('its files are gone', async () => (await readdir(temporary)).length === 0)
}

describe('three pods on one port', () => {
  test('serve together, come back when killed, and stop cleanly', async () => {
    await using pods = cluster()
    const address = await pods.ready()
    assert.match(pods.out.trimEnd(), READY)
    assert.match(pods.out, / \(3 pods\)\n$/)
    assert.match(pods.err, /^sluice: made a new identity in /)
    // with a guard each; the command itself
    assert.equal((await processesOf(pods)).length, 2 * 4 + 1)
    await demo(address)

    process.kill(await pods.processOf('pod 2'), 'SIGKILL')
    await demo(address)
    await pods.processOf('pod 2', 2)
    await demo(address)

    assert.equal(await pods.signal('SIGTERM'), 0, pods.err)
    assert.equal(pods.lines.length, 1)
    const told = pods.err.split('\n').filter((line) => line.startsWith('sluice: pod 2 '))
    assert.match(told[1] ?? '', /^sluice: pod 2 was killed by SIGKILL, starting it again$/)
    const logged = pods.err.split('\n').filter((line) => line.startsWith('pod '))
    for (const line of logged) assert.doesNotThrow(() => JSON.parse(line.slice('pod 1 '.length)))
    const stopped = logged.filter((line) => line.includes('"stopped"')).map((line) => line[4])
    assert.deepEqual(stopped.toSorted(), ['1', '2', '3'])
    await nothingIsLeft(pods)
  })

  test('keep a conversation when each of them is killed', async () => {
    await using pods = cluster()
    const address = parseServerAddress(await pods.ready())
    await using alice = await openClient({ address })
    await using bob = await openClient({ address })
    const invitation = await createInvitation(alice)
    const [fromBob, toAlice] = await Promise.all([
      invitation.accepted(),
      acceptInvitation(bob, invitation.link),
    ])
    for (const name of ['pod 1', 'pod 2', 'pod 3'])
      process.kill(await pods.processOf(name), 'SIGKILL')
    for (const name of ['pod 1', 'pod 2', 'pod 3']) await pods.processOf(name, 2)
    await until('Bob has sent', async () => {
      await toAlice.send('still here')
      return true
    })
    assert.equal(await next(fromBob.messages), 'still here')
    assert.equal(await pods.signal('SIGINT'), 0, pods.err)
    await nothingIsLeft(pods)
  })

  test('share no port with another cluster', async () => {
    await using pods = cluster(['--pods', '1'])
    const { port } = parseServerAddress(await pods.ready())
    const other = cluster([], { SLUICE_PORT: `${port}` })
    assert.equal(await other.exitCode(), 1)
    assert.match(other.err, new RegExp(`^sluice: port ${port} is in use: [^\n]+\n$`))
  })
})

describe('the end of the command', () => {
  test('by SIGKILL leaves nothing', async () => {
    await using pods = cluster()
    await pods.ready()
    // hears nothing any more
    process.kill(await pods.processOf('pod 1'), 'SIGSTOP')
    await pods.signal('SIGKILL')
    await nothingIsLeft(pods)
  })

  test('by a second signal leaves nothing', async () => {
    await using pods = cluster()
    await pods.ready()
    // whichever the system delivers last
    assert.match(`${await pods.signal('SIGINT', 'SIGTERM')}`, /^(130|143)$/)
    await nothingIsLeft(pods)
  })

  test('does not wait for the start', async () => {
    await using pods = cluster()
    await pods.processOf('pod 1')
    assert.equal(await pods.signal('SIGTERM'), 0, pods.err)
    await nothingIsLeft(pods)
  })

  test('comes with that of its Redis', async () => {
    await using pods = cluster()
    await pods.ready()
    process.kill(await pods.processOf('redis-server|valkey-server'), 'SIGKILL')
    assert.equal(await pods.exitCode(), 1)
    assert.match(pods.err, /^sluice: the Redis of this cluster was killed by SIGKILL, [^\n]+\n$/m)
    await nothingIsLeft(pods)
  })

  test('comes with a pod that cannot be started again', async () => {
    const certificate = join(dataDir(), 'server.crt')
    await using pods = cluster()
    await pods.ready()
    await rename(certificate, `${certificate}.away`)
    process.kill(await pods.processOf('pod 3'), 'SIGKILL')
    assert.equal(await pods.exitCode(), 1)
    await rename(`${certificate}.away`, certificate)
    const last = pods.err.trimEnd().split('\n').at(-1) ?? ''
    assert.match(last, /^sluice: pod 3 ends as soon as it is started: \S+server\.crt is missing/)
    await nothingIsLeft(pods)
  })
})

test('pods with ports of their own keep them', async () => {
  await using pods = cluster(['--own-ports', '--pods', '2'])
  const first = await pods.ready()
  await until('there is a line for each', () => pods.lines.length === 3)
  const [ready = '', ...each] = pods.lines
  assert.match(ready, READY)
  const addresses = each.map(addressIn)
  assert.equal(addresses[0], first)
  assert.equal(new Set(addresses).size, 2)
  assert.deepEqual(
    each,
    addresses.map((address, index) => `Pod ${index + 1}: ${address}`),
  )

  process.kill(await pods.processOf('pod 2'), 'SIGKILL')
  await pods.processOf('pod 2', 2)
  for (const address of addresses) await demo(address)
  const [one, other] = addresses.map(parseServerAddress)
  assert.ok(one?.port && other?.port)
  await using alice = await openClient({ address: one })
  await using bob = await openClient({ address: other })
  // a queue made through one pod is used through the other
  const connect = (address: ServerAddress) => openClient({ address })
  const invitation = await createInvitation(alice, { openClient: connect })
  const link = invitation.link.replaceAll(`:${one.port}/`, `:${other.port}/`)
  const [fromBob, toAlice] = await Promise.all([
    invitation.accepted(),
    acceptInvitation(bob, link, { openClient: connect }),
  ])
  await Promise.all([toAlice.send('through the other'), next(fromBob.messages)])
  alice.close()
  bob.close()
  assert.equal(await pods.signal('SIGTERM'), 0, pods.err)
})

describe('a given Redis', () => {
  test('holds the queues, and stays', async () => {
    await using redis = await startServer(serverArgs)
    const env = { SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex') }
    await using pods = cluster(['--pods', '2', '--redis', redis.url], env)
    await demo(await pods.ready())
    assert.equal((await processesOf(pods)).length, 2 * 2 + 1)
    assert.equal(await pods.signal('SIGTERM'), 0, pods.err)
    assert.ok((await ask(redis, (client) => client.dbsize())) > 0)
  })

  test('that is not there is one line', async () => {
    const reserved = createServer().listen(0, '127.0.0.1')
    await once(reserved, 'listening')
    const address = reserved.address()
    const port = typeof address === 'object' ? address?.port : 0
    reserved.close()
    await once(reserved, 'close')
    const pods = cluster([], {
      SLUICE_REDIS_URL: `redis://127.0.0.1:${port}`,
      SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
    })
    assert.equal(await pods.exitCode(), 1)
    assert.equal(
      pods.err,
      `sluice: Redis at 127.0.0.1:${port} does not answer: connection refused\n`,
    )
  })

  test('that the relays refuse is the word of pod 1', async () => {
    await using redis = await startServer(async (place) => [
      ...serverArgs(place),
      ...['--maxmemory-policy', 'allkeys-lru'],
    ])
    const env = { SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex') }
    await using pods = cluster(['--redis', redis.url], env)
    assert.equal(await pods.exitCode(), 1)
    assert.match(pods.err, /^sluice: pod 1 did not start: Redis has maxmemory-policy allkeys-lru/m)
    assert.doesNotMatch(pods.err, /pod 2/)
    await nothingIsLeft(pods)
  })
})

describe('a machine', () => {
  const withPrograms = async (name: string, program?: string): Promise<string> => {
    const folder = join(directory, name)
    await mkdir(folder)
    const path = join(folder, 'redis-server')
    if (program !== undefined) {
      await writeFile(path, `#!/bin/sh\n${program}\n`)
      await chmod(path, 0o755)
    }
    return folder
  }

  test('without a Redis says what to install', async () => {
    const pods = cluster([], { PATH: await withPrograms('none') })
    assert.equal(await pods.exitCode(), 1)
    assert.match(pods.err, ONE_LINE)
    assert.match(pods.err, /no redis-server or valkey-server is on the PATH: install Redis 7 or/)
  })

  test('with an old one too', async () => {
    const PATH = await withPrograms('old', 'echo "Redis server v=6.2.0 sha=0"')
    const pods = cluster([], { PATH })
    assert.equal(await pods.exitCode(), 1)
    assert.match(pods.err, ONE_LINE)
    assert.match(pods.err, /old\/redis-server is Redis 6\.2\.0, which is too old: install/)
  })

  test('whose Redis does not start says why', async () => {
    const program = 'test "$1" = --version && echo "v=7.0.0" || { echo "no memory"; exit 3; }'
    const pods = cluster([], { PATH: await withPrograms('broken', program) })
    assert.equal(await pods.exitCode(), 1)
    assert.match(pods.err, ONE_LINE)
    assert.match(pods.err, /broken\/redis-server ended with exit code 3: no memory\n$/)
    await nothingIsLeft(pods)
  })
})

test('wrong usage is one line and exit code 2', async () => {
  const pods = cluster(['--pods', 'three'])
  assert.equal(await pods.exitCode(), 2)
  assert.match(pods.err, ONE_LINE)
  assert.equal(pods.out, '')
})
