import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AdminListenError } from '../../../src/admin/admin-api.ts'
import { planRedis, withRedis } from '../../../src/cli/cluster/plan.ts'
import {
  type PortPlan,
  planPorts,
  podEnvironment,
  portProblem,
  portsOf,
  withFoundPort,
} from '../../../src/cli/cluster/ports.ts'
import { EARLY_MS, type Life, Restarts } from '../../../src/cli/cluster/restarts.ts'
import { listenFailure } from '../../../src/cli/listen-failure.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import type { Settings } from '../../../src/config/settings.ts'
import {
  isTooOld,
  versionOfInfo,
  versionOfProgram,
  versionText,
} from '../../../src/store/redis/redis-version.ts'
import { FakeIo } from './fake-io.ts'

const key = 'ab'.repeat(32)
const other = 'redis://other.example:1'

describe('the Redis of a cluster', () => {
  const plan = (env: Record<string, string>, option?: string, file = '') =>
    planRedis({ env, readFile: () => file }, option, () => key)

  test('is its own where none is given, with a key for this run', () => {
    const { ownsRedis, env } = plan({ SLUICE_HOST: 'a.example' })
    assert.equal(ownsRedis, true)
    assert.equal(env.SLUICE_CLUSTER_KEY, key)
    assert.equal(env.SLUICE_HOST, 'a.example')
    assert.ok('settings' in loadSettings({ env, readFile: () => '' }))
    assert.equal(withRedis(env, other).SLUICE_REDIS_URL, other)
  })

  test('of its own has the key that is given', () => {
    const given = 'cd'.repeat(32)
    assert.equal(plan({ SLUICE_CLUSTER_KEY: given }).env.SLUICE_CLUSTER_KEY, given)
    const byFile = plan({ SLUICE_CLUSTER_KEY_FILE: '/key' })
    assert.equal(byFile.ownsRedis, true)
    assert.equal(byFile.env.SLUICE_CLUSTER_KEY, undefined)
  })

  test('is the one of the settings, wherever they are', () => {
    const file = `SLUICE_REDIS_URL=${other}`
    for (const { ownsRedis, env } of [
      plan({ SLUICE_REDIS_URL: other }),
      plan({ SLUICE_REDIS_URL_FILE: '/url' }),
      plan({ SLUICE_CONFIG: '/config' }, undefined, file),
    ]) {
      assert.equal(ownsRedis, false)
      assert.equal(env.SLUICE_CLUSTER_KEY, undefined)
    }
  })

  test('on the command line comes before the settings', () => {
    const { ownsRedis, env } = plan({ SLUICE_REDIS_URL_FILE: '/url' }, other)
    assert.equal(ownsRedis, false)
    assert.equal(env.SLUICE_REDIS_URL, other)
    assert.equal(env.SLUICE_REDIS_URL_FILE, undefined)
  })

  test('leaves a file of settings that cannot be read to those who read settings', () => {
    const readFile = () => {
      throw new Error('no such file')
    }
    assert.equal(
      planRedis({ env: { SLUICE_CONFIG: '/x' }, readFile }, undefined, () => key).ownsRedis,
      true,
    )
  })
})

const settingsOf = (env: Record<string, string>): Settings => {
  const loaded = loadSettings({ env, readFile: () => '' })
  assert.ok('settings' in loaded, JSON.stringify(loaded))
  return loaded.settings
}

const allPorts = {
  SLUICE_PORT: '5223',
  SLUICE_WS_PORT: '5300',
  SLUICE_WSS_PORT: '5400',
  SLUICE_OPS_PORT: '5600',
  SLUICE_ADMIN_PORT: '5500',
  SLUICE_ADMIN_TOKEN: 'a'.repeat(16),
}

const portNames = [
  ...['SLUICE_PORT', 'SLUICE_WS_PORT', 'SLUICE_WSS_PORT'],
  ...['SLUICE_OPS_PORT', 'SLUICE_ADMIN_PORT'],
]

describe('the ports of a cluster', () => {
  const plan = (env: Record<string, string>, ownPorts: boolean): PortPlan =>
    planPorts(settingsOf({ SLUICE_OPS_PORT: 'off', ...env }), { pods: 3, ownPorts })
  const shared = plan({ ...allPorts, SLUICE_PORT: '5223,443' }, false)
  const own = plan(allPorts, true)
  const given = (of: PortPlan, pod: number) => {
    const env = podEnvironment({ A: 'a' }, of, pod)
    return [...portNames, 'SLUICE_REUSE_PORT', 'A'].map((name) => env[name])
  }
  const numbers = (of: PortPlan) => portsOf(of).map(({ port }) => port)

  test('are the same for all pods, but those where a pod answers for itself', () => {
    for (const pod of [1, 2, 3]) {
      const own = [`${5599 + pod}`, `${5499 + pod}`]
      assert.deepEqual(given(shared, pod), ['5223,443', '5300', '5400', ...own, 'on', 'a'])
    }
    const counting = [5600, 5601, 5602, 5500, 5501, 5502]
    assert.deepEqual(numbers(shared), [5223, 443, 5300, 5400, ...counting])
  })

  test('or count up from the first', () => {
    for (const pod of [1, 2, 3]) {
      const expected = [5222, 5299, 5399, 5599, 5499].map((port) => `${port + pod}`)
      assert.deepEqual(given(own, pod), [...expected, 'off', 'a'])
    }
    assert.deepEqual(
      numbers(own),
      [5223, 5300, 5400, 5600, 5500].flatMap((port) => [port, port + 1, port + 2]),
    )
  })

  test('that are not given are not given to pods', () => {
    const env = podEnvironment({}, plan({ SLUICE_PORT: '1' }, true), 2)
    assert.deepEqual(
      portNames.map((name) => env[name]),
      ['2', undefined, undefined, undefined, undefined],
    )
  })

  test('that are free ones are kept when they are known', () => {
    for (const ownPorts of [true, false]) {
      const free = plan({ SLUICE_PORT: '0' }, ownPorts)
      assert.deepEqual(numbers(free), [])
      const env = podEnvironment({}, free, 2)
      assert.equal(env.SLUICE_PORT, '0')
      assert.equal(withFoundPort(env, 40_000).SLUICE_PORT, '40000')
    }
    const env = podEnvironment({}, own, 2)
    assert.equal(withFoundPort(env, 40_000), env)
  })

  test('may be impossible', () => {
    assert.equal(portProblem(shared), undefined)
    assert.equal(portProblem(own), undefined)
    const problem = (env: Record<string, string>, ownPorts: boolean) =>
      portProblem(plan({ ...allPorts, ...env }, ownPorts)) ?? ''
    assert.match(problem({ SLUICE_PORT: '443,0' }, false), /^SLUICE_PORT has 0 among/)
    assert.match(problem({ SLUICE_PORT: '1,2' }, true), /^SLUICE_PORT must be one port with/)
    assert.match(problem({ SLUICE_WSS_PORT: '1,2' }, true), /^SLUICE_WSS_PORT must be one port/)
    assert.equal(problem({ SLUICE_PORT: '65533' }, true), '')
    assert.equal(
      problem({ SLUICE_PORT: '65534' }, true),
      'SLUICE_PORT 65534 leaves no port for pod 3: set it lower',
    )
    assert.match(problem({ SLUICE_ADMIN_PORT: '65535' }, false), /^SLUICE_ADMIN_PORT 65535 leaves/)
    assert.equal(
      problem({ SLUICE_ADMIN_PORT: '5224' }, true),
      'SLUICE_PORT of pod 2 and SLUICE_ADMIN_PORT of pod 1 are both 5224: the pods count up, so set them further apart',
    )
    assert.equal(problem({ SLUICE_ADMIN_PORT: '5224' }, false), '')
  })

  test('that cannot be listened on come with advice about their own setting', () => {
    const error = (code: string) =>
      Object.assign(new Error('raw'), { code, syscall: 'listen', port: 1 })
    const places = { adminBind: '192.0.2.1' }
    assert.match(
      String(listenFailure(error('ENOTSUP'), places)),
      /port 1 cannot be shared .* --own-ports$/,
    )
    const admin = (code: string) =>
      String(listenFailure(new AdminListenError('', { cause: error(code) }), places))
    assert.match(admin('EADDRINUSE'), /port 1 is in use: .* SLUICE_ADMIN_PORT to another$/)
    assert.match(admin('EADDRNOTAVAIL'), /SLUICE_ADMIN_BIND "192.0.2.1" is not an address/)
  })
})

describe('a pod that ended', () => {
  const crash: Life = { wasReady: true, ms: EARLY_MS - 1, signal: undefined }
  const fate = (...lives: readonly Life[]): readonly boolean[] => {
    const restarts = new Restarts()
    return lives.map((life) => restarts.isAllowedAfter(life))
  }

  test('is started again, but not when it ends early three times in a row', () => {
    assert.deepEqual(fate(crash, crash, crash), [true, true, false])
  })

  test('has ended early if it never was ready, however long that took', () => {
    const slow = { ...crash, wasReady: false, ms: 10 * EARLY_MS }
    assert.deepEqual(fate(slow, slow, slow), [true, true, false])
    const killed: Life = { ...slow, signal: 'SIGKILL' }
    assert.deepEqual(fate(killed, killed, killed), [true, true, false])
  })

  test('is forgiven after a life of some length', () => {
    const old = { ...crash, ms: EARLY_MS }
    assert.deepEqual(fate(crash, crash, old, crash, crash), [true, true, true, true, true])
  })

  test('may be killed as often as one likes', () => {
    const killed: Life = { ...crash, signal: 'SIGKILL' }
    assert.ok(fate(killed, killed, killed, killed).every((isAllowed) => isAllowed))
    assert.deepEqual(fate(crash, crash, { ...crash, signal: 'SIGSEGV' }), [true, true, false])
  })
})

test('versions of Redis and Valkey', () => {
  const cases: readonly (readonly [text: string, version: string, tooOld: boolean])[] = [
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc', 'Redis 7.0.15', false],
    ['Redis server v=6.2.14 sha=00000000:0', 'Redis 6.2.14', true],
    ['Redis server v=10.0.0 sha=00000000:0', 'Redis 10.0.0', false],
    ['Valkey server v=8.1.0 sha=00000000:1', 'Valkey 8.1.0', false],
    ['Valkey server v=7.2.5 sha=00000000:1', 'Valkey 7.2.5', true],
    ['something else', 'Redis unknown', true],
  ]
  for (const [text, version, tooOld] of cases) {
    assert.equal(versionText(versionOfProgram(text)), version)
    assert.equal(isTooOld(versionOfProgram(text)), tooOld)
  }
  const valkey = '# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\n'
  assert.equal(versionText(versionOfInfo(valkey)), 'Valkey 8.0.1')
  assert.equal(versionText(versionOfInfo('# Server\r\nredis_version:7.4.2\r\n')), 'Redis 7.4.2')
  assert.equal(isTooOld(versionOfInfo('')), true)
})

describe('sluice cluster, refused', () => {
  const run = async (args: readonly string[], env: Record<string, string> = {}) => {
    const io = new FakeIo(env)
    const code = await runCli(['cluster', ...args], io)
    assert.equal(io.out, '')
    assert.match(io.err, /^sluice: [^\n]+\n$/)
    return { code, problem: io.err.slice('sluice: '.length).trimEnd() }
  }
  const cases: readonly (readonly [args: readonly string[], problem: RegExp])[] = [
    [['--pods', '0'], /^--pods "0" must be a whole number from 1 to 100 \(pods\); see/],
    [['--pods', 'many'], /^--pods "many" must be/],
    [['--redis', 'http://h'], /^--redis must be redis:\/\/.*; see 'sluice cluster --help'$/],
    [['--ownports'], /^Unknown option '--ownports'; see/],
    [['3'], /^Unexpected argument '3'; see/],
  ]
  for (const [args, problem] of cases)
    test(args.join(' '), async () => {
      const refused = await run(args)
      assert.equal(refused.code, 2)
      assert.match(refused.problem, problem)
    })

  test('does not show a password', async () => {
    assert.doesNotMatch((await run(['--redis', 'redis://u:swordfish@'])).problem, /swordfish/)
  })

  test('a given Redis without a key', async () => {
    const { code, problem } = await run(['--redis', other])
    assert.equal(code, 1)
    assert.match(problem, /^SLUICE_CLUSTER_KEY is needed .*`openssl rand -hex 32` makes one$/)
    assert.deepEqual(await run([], { SLUICE_REDIS_URL: other }), { code, problem })
  })

  test('what a Redis of its own cannot do', async () => {
    const { code, problem } = await run([], { SLUICE_DURABILITY: 'fsync' })
    assert.equal(code, 1)
    assert.match(problem, /^SLUICE_DURABILITY fsync needs a Redis that keeps what it has/)
  })

  test('ports that it cannot have', async () => {
    const { code, problem } = await run(['--own-ports'], { SLUICE_PORT: '443,5223' })
    assert.equal(code, 1)
    assert.match(problem, /^SLUICE_PORT must be one port/)
  })
})
