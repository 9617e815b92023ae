import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { until } from '../../support/redis/until.ts'
import { within } from '../../support/within.ts'

interface Launcher {
  readonly OLDEST_NODE: number
  planLaunch(place: {
    readonly version: string
    readonly root: string
    readonly platform: string
    readonly exists: (path: string) => boolean
  }): { readonly main: string; readonly node?: string } | { readonly problem: string }
}

const root = new URL('../../../', import.meta.url)
const launchUrl = new URL('bin/launch.js', root).href
// plain JavaScript without declarations: it has to run on every Node
const { OLDEST_NODE, planLaunch }: Launcher = await import(launchUrl)

const checkout = ['/pkg/src/cli/main.ts', '/pkg/node_modules/node/bin/node']
const installed = ['/pkg/dist/cli/main.js']

const plan = (version: string, files: readonly string[], platform = 'linux') =>
  planLaunch({ version, root: '/pkg', platform, exists: (path) => files.includes(path) })

describe('the launcher', () => {
  test('asks for the Node that package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
    assert.equal(engines.node, `>=${OLDEST_NODE}`)
  })

  test('runs the sources of a checkout, and what was built of an installed package', () => {
    for (const version of ['24.0.0', '24.21.0', '26.1.0', '100.0.0']) {
      assert.deepEqual(plan(version, [...checkout, ...installed]), { main: '/pkg/src/cli/main.ts' })
      assert.deepEqual(plan(version, installed), { main: '/pkg/dist/cli/main.js' })
    }
  })

  test("runs the checkout's own Node where the system's is too old", () => {
    for (const version of ['18.20.4', '20.20.2', '22.21.0', '23.9.0'])
      assert.deepEqual(plan(version, checkout), {
        main: '/pkg/src/cli/main.ts',
        node: '/pkg/node_modules/node/bin/node',
      })
    const windows = ['/pkg/src/cli/main.ts', '/pkg/node_modules/node/bin/node.exe']
    assert.deepEqual(plan('20.20.2', windows, 'win32'), {
      main: '/pkg/src/cli/main.ts',
      node: '/pkg/node_modules/node/bin/node.exe',
    })
  })

  test('says in one line what to do where there is no Node that is new enough', () => {
    assert.deepEqual(plan('20.20.2', ['/pkg/src/cli/main.ts']), {
      problem:
        'needs Node 24 or newer and this is 20.20.2: run npm ci in /pkg, which brings one, or install it from https://nodejs.org',
    })
    assert.deepEqual(plan('20.20.2', installed), {
      problem: 'needs Node 24 or newer and this is 20.20.2: install it from https://nodejs.org',
    })
  })
})

/** None takes a second on a quiet machine. */
const LIMIT_MS = 60_000

/**
 * The launcher and the program that it runs, as a process group: whatever becomes of the two, nothing
 * is left that would keep the streams of this process open.
 */
class Launched implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>
  #out = ''
  #err = ''

  /** Runs `script` through the launcher, which is set up by `before`. */
  constructor(script: string, before = '') {
    const outer = `
      ${before}
      const { runInstead } = await import(${JSON.stringify(launchUrl)})
      process.exitCode = await runInstead(process.execPath, ['-e', process.env.SCRIPT, 'an argument'])`
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', outer], {
      env: { SCRIPT: `${script}; console.log(JSON.stringify(process.argv.slice(1)))` },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
    })
    this.#closed = once(this.#child, 'close').then(([code, signal]) => [code, signal])
  }

  /** What the program says when it is there; whoever dies before that has said why. */
  async said(): Promise<string> {
    const hasEnded = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    await until('the program is there', () => this.#out.includes('\n') || hasEnded())
    assert.equal(this.#err, '')
    return this.#out
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Of the launcher, when the program has ended too. */
  ended(): Promise<readonly [code: number | null, signal: NodeJS.Signals | null]> {
    return within('the end of the launcher and of its program', this.#closed)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // all of them have ended
    }
    await this.#closed
  }
}

describe('a program run in place of the launcher', { timeout: LIMIT_MS }, () => {
  test('gets the arguments and gives its exit code', async () => {
    await using launched = new Launched('process.exitCode = 7')
    assert.equal(await launched.said(), '["an argument"]\n')
    assert.deepEqual(await launched.ended(), [7, null])
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`gets ${signal}`, async () => {
      await using launched = new Launched(
        `process.on('${signal}', () => process.exit(8)); setInterval(() => {}, 1000)`,
      )
      await launched.said()
      launched.signal(signal)
      assert.deepEqual(await launched.ended(), [8, null])
    })

    // or the launcher would die of it and leave the program behind
    test(`does not run before ${signal} would be passed on to it`, async () => {
      await using launched = new Launched(
        '',
        `process.on('newListener', (name) => {
          const isRunning = process.getActiveResourcesInfo().includes('ProcessWrap')
          if (name === '${signal}') console.log(isRunning ? 'it runs' : 'not yet')
        })`,
      )
      assert.deepEqual(await launched.ended(), [0, null])
      assert.equal(await launched.said(), 'not yet\n["an argument"]\n')
    })
  }

  test('that is killed gives the exit code of a shell', async () => {
    await using launched = new Launched("setImmediate(() => process.kill(process.pid, 'SIGKILL'))")
    assert.deepEqual(await launched.ended(), [137, null])
  })
})
