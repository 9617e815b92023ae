import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

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

describe('a program run in place of the launcher', () => {
  /** A process that runs `script` through the launcher, after the script has said that it is ready. */
  const launch = async (script: string) => {
    const outer = `
      const { runInstead } = await import(${JSON.stringify(launchUrl)})
      process.exitCode = await runInstead(process.execPath, ['-e', process.env.SCRIPT, 'an argument'])`
    const child = spawn(process.execPath, ['--input-type=module', '-e', outer], {
      env: { SCRIPT: `${script}; console.log(JSON.stringify(process.argv.slice(1)))` },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const [ready] = await once(child.stdout, 'data')
    return { child, exited, ready: String(ready) }
  }

  test('gets the arguments and gives its exit code', async () => {
    const { exited, ready } = await launch('process.exitCode = 7')
    assert.equal(ready, '["an argument"]\n')
    assert.deepEqual(await exited, [7, null])
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    test(`gets ${signal}`, async () => {
      const { child, exited } = await launch(
        `process.on('${signal}', () => process.exit(8)); setInterval(() => {}, 1000)`,
      )
      child.kill(signal)
      assert.deepEqual(await exited, [8, null])
    })

  test('that is killed gives the exit code of a shell', async () => {
    const { exited } = await launch("setImmediate(() => process.kill(process.pid, 'SIGKILL'))")
    assert.deepEqual(await exited, [137, null])
  })
})
