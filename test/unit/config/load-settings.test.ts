import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { type Settings, settingsTable } from '../../../src/config/settings.ts'

type Texts = Readonly<Record<string, string>>

const load = (env: Texts, files: Texts = {}) =>
  loadSettings({
    env,
    readFile: (path) => {
      const text = files[path]
      if (text !== undefined) return text
      throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
        errno: -2,
        code: 'ENOENT',
      })
    },
  })

const settingsOf = (env: Texts, files: Texts = {}): Settings => {
  const loaded = load(env, files)
  assert.ok('settings' in loaded, JSON.stringify(loaded))
  return loaded.settings
}

const problemsOf = (env: Texts, files: Texts = {}): readonly string[] => {
  const loaded = load(env, files)
  assert.ok('problems' in loaded, JSON.stringify(loaded))
  return loaded.problems
}

const withFile = (text: string, env: Texts = {}): [Texts, Texts] => [
  { SLUICE_CONFIG: 'relay.env', ...env },
  { 'relay.env': text },
]

describe('problems', () => {
  test('all are reported at once', () => {
    const problems = problemsOf(
      { SLUICE_CONFIG: 'relay.env', SLUICE_PORT: 'x', SLUICE_HOTS: 'a', SLUICE_LOG_LEVEL: 'loud' },
      { 'relay.env': 'SLUICE_DRAIN_SECONDS=-1\nnonsense\nSLUICE_CREATE_PASSWORD_FILE=/none' },
    )
    assert.deepEqual(problems, [
      `line 2 (in "relay.env") must be NAME=value; quote a value with #, ' or "`,
      'SLUICE_HOTS is not a setting: did you mean SLUICE_HOST?',
      'SLUICE_CREATE_PASSWORD_FILE "/none" (in "relay.env") cannot be read: no such file or directory',
      'SLUICE_PORT is "x": must be ports from 0 (any free port) to 65535, each once, comma separated',
      'SLUICE_DRAIN_SECONDS (in "relay.env") is "-1": must be a whole number from 0 to 3600 (seconds)',
      'SLUICE_LOG_LEVEL is "loud": must be one of trace, debug, info, warn, error, fatal, silent',
    ])
  })

  test('an unknown name is a problem, with the nearest known one where it is near', () => {
    assert.deepEqual(problemsOf({ SLUICE_PORTS: '1', SLUICE_COLOUR_OF_THE_GATE: 'red' }), [
      'SLUICE_PORTS is not a setting: did you mean SLUICE_PORT?',
      'SLUICE_COLOUR_OF_THE_GATE is not a setting: see sluice check --help',
    ])
    assert.deepEqual(problemsOf({ SLUICE_PORT_FILE: '/port' }), [
      'SLUICE_PORT_FILE is not a setting: see sluice check --help',
    ])
  })

  test('the web certificate and its key belong together', () => {
    const problem = 'SLUICE_WEB_CERT and SLUICE_WEB_KEY belong together: give both or none'
    assert.deepEqual(problemsOf({ SLUICE_WEB_CERT: '/c' }), [problem])
    assert.deepEqual(problemsOf({ SLUICE_WEB_KEY: '/k' }), [problem])
  })

  test('a port for clients is not the port for metrics too', () => {
    const problem = 'SLUICE_OPS_PORT 9090 is also another port: set it to another, or off'
    for (const variable of ['SLUICE_PORT', 'SLUICE_WS_PORT', 'SLUICE_WSS_PORT'])
      assert.deepEqual(problemsOf({ [variable]: '0,9090' }), [problem])
    const admin = { SLUICE_ADMIN_PORT: '9090', SLUICE_ADMIN_TOKEN: 'x'.repeat(32) }
    assert.deepEqual(problemsOf(admin), [problem])
    settingsOf({ SLUICE_PORT: '9090', SLUICE_OPS_PORT: 'off' })
    settingsOf({ SLUICE_PORT: '0', SLUICE_OPS_PORT: '0' })
  })

  test('what only a cluster has needs the rest of a cluster', () => {
    const key = 'a1'.repeat(32)
    assert.deepEqual(problemsOf({ SLUICE_REDIS_URL: 'redis://h' }), [
      'SLUICE_CLUSTER_KEY is needed with SLUICE_REDIS_URL, the same for all relays: `openssl rand -hex 32` makes one',
    ])
    assert.deepEqual(problemsOf({ SLUICE_CLUSTER_KEY: key, SLUICE_DURABILITY: 'fsync' }), [
      'SLUICE_CLUSTER_KEY is of no use without SLUICE_REDIS_URL: set that too',
      'SLUICE_DURABILITY fsync needs SLUICE_REDIS_URL',
    ])
  })

  test('replicas can be asked to confirm only where they have to', () => {
    const cluster = { SLUICE_REDIS_URL: 'redis://h', SLUICE_CLUSTER_KEY: 'a1'.repeat(32) }
    const two = { ...cluster, SLUICE_DURABILITY_REPLICAS: '2' }
    assert.deepEqual(problemsOf(two), [
      'SLUICE_DURABILITY_REPLICAS is of no use without SLUICE_DURABILITY replica',
    ])
    settingsOf({ ...two, SLUICE_DURABILITY: 'replica' })
  })

  test('an admin port needs a token, which a client of it has alone', () => {
    assert.deepEqual(problemsOf({ SLUICE_ADMIN_PORT: '5224' }), [
      'SLUICE_ADMIN_TOKEN is needed with SLUICE_ADMIN_PORT: `openssl rand -hex 32` makes one',
    ])
    settingsOf({ SLUICE_ADMIN_TOKEN: 'a1'.repeat(32), SLUICE_ADMIN_URL: 'http://h:5224' })
  })

  test('what goes through SOCKS needs a SOCKS server, and is never sent directly', () => {
    assert.deepEqual(problemsOf({ SLUICE_SOCKS_MODE: 'always', SLUICE_PROXY_HOST_MODE: 'onion' }), [
      'SLUICE_SOCKS_MODE always needs SLUICE_SOCKS_PROXY',
      'SLUICE_PROXY_HOST_MODE onion needs SLUICE_SOCKS_PROXY',
    ])
  })

  test('the address of Redis and the cluster key are never printed', () => {
    const secrets = { SLUICE_REDIS_URL: 'redis://u:secret@h/x', SLUICE_CLUSTER_KEY: 'secret' }
    for (const problem of problemsOf(secrets)) assert.doesNotMatch(problem, /secret/)
  })

  test('text from outside cannot break the line or the terminal', () => {
    const [problem = ''] = problemsOf({
      SLUICE_LOG_LEVEL: `a\nb\u001b[31m\u2028\u202e${'é'.repeat(99)}`,
    })
    assert.match(
      problem,
      /^SLUICE_LOG_LEVEL is "a\\nb\\u001b\[31m\\u\{2028\}\\u\{202e\}é{50}…": must be/,
    )
  })
})

describe('the file', () => {
  test('is read as dotenv does', () => {
    const text = [
      '\ufeff# a comment',
      '',
      'SLUICE_HOST = smp.example.org,abc.onion # two names',
      "export SLUICE_DATA_DIR='/srv/#1'\r",
      'SLUICE_CREATE_PASSWORD="#secret#"',
      'SLUICE_QUEUE_QUOTA=7',
    ].join('\n')
    const settings = settingsOf(...withFile(text))
    assert.deepEqual(settings.hosts, ['smp.example.org', 'abc.onion'])
    assert.equal(settings.dataDir, '/srv/#1')
    assert.equal(settings.createPassword, '#secret#')
    assert.equal(settings.queueQuota, 7)
    assert.equal(settings.drainSeconds, 30)
  })

  test('loses to the environment, setting by setting', () => {
    const text = 'SLUICE_QUEUE_QUOTA=7\nSLUICE_DRAIN_SECONDS=8\nSLUICE_CREATE_PASSWORD=file'
    const settings = settingsOf(
      {
        SLUICE_CONFIG: 'relay.env',
        SLUICE_QUEUE_QUOTA: '9',
        SLUICE_CREATE_PASSWORD_FILE: 'secret',
      },
      { 'relay.env': text, secret: 'environment' },
    )
    assert.equal(settings.queueQuota, 9)
    assert.equal(settings.drainSeconds, 8)
    assert.equal(settings.createPassword, 'environment')
  })

  test('that cannot be read is a problem', () => {
    assert.deepEqual(problemsOf({ SLUICE_CONFIG: '/none.env', SLUICE_PORT: '-' }), [
      'SLUICE_CONFIG "/none.env" cannot be read: no such file or directory',
      'SLUICE_PORT is "-": must be ports from 0 (any free port) to 65535, each once, comma separated',
    ])
  })

  test('holds only settings, each once and whole', () => {
    const problems = problemsOf(
      ...withFile(
        [
          'SLUICE_PORT=1',
          'SLUICE_PORT=2',
          'SLUICE_CONFIG=other.env',
          'PORT=5223',
          'SLUICE_HOST "a"',
          'SLUICE_CREATE_PASSWORD=cut#short',
          'SLUICE_DATA_DIR="unfinished',
          '__proto__=1',
        ].join('\n'),
      ),
    )
    const place = '(in "relay.env")'
    const form = `must be NAME=value; quote a value with #, ' or "`
    assert.deepEqual(problems, [
      `SLUICE_PORT ${place} is given twice`,
      `line 5 ${place} ${form}`,
      `line 6 ${place} ${form}`,
      `line 7 ${place} ${form}`,
      `SLUICE_CONFIG ${place} can only be given in the environment`,
      `PORT ${place} is not a setting: see sluice check --help`,
      `__proto__ ${place} is not a setting: see sluice check --help`,
    ])
  })
})

describe('a secret', () => {
  test('can be a file; one line break at its end is not part of it', () => {
    for (const text of ['hidden', 'hidden\n', 'hidden\r\n'])
      assert.equal(
        settingsOf({ SLUICE_CREATE_PASSWORD_FILE: 's' }, { s: text }).createPassword,
        'hidden',
      )
  })

  test('that is empty does not silently mean none', () => {
    const empty = /is empty: must be 1 to 255/
    assert.match(problemsOf({ SLUICE_CREATE_PASSWORD: '' })[0] ?? '', empty)
    assert.match(problemsOf({ SLUICE_CREATE_PASSWORD_FILE: 's' }, { s: '\n' })[0] ?? '', empty)
  })

  test('cannot be given twice in one place', () => {
    const both = { SLUICE_CREATE_PASSWORD: 'a', SLUICE_CREATE_PASSWORD_FILE: 's' }
    assert.deepEqual(problemsOf(both, { s: 'b' }), [
      'SLUICE_CREATE_PASSWORD and SLUICE_CREATE_PASSWORD_FILE are both given: remove one',
    ])
  })

  test('is in no problem, wherever it was given', () => {
    const secret = 'swordfish of the deep'
    const problems = [
      ...problemsOf({ SLUICE_CREATE_PASSWORD: secret }),
      ...problemsOf({ SLUICE_CREATE_PASSWORD_FILE: 's' }, { s: secret }),
      ...problemsOf({ SLUICE_CREATE_PASWORD: secret }),
      ...problemsOf(
        ...withFile(`SLUICE_CREATE_PASSWORD=${secret}\nSLUICE_CREATE_PASSWORD=${secret}`),
      ),
      ...problemsOf(...withFile(`SLUICE_CREATE_PASSWORD=#${secret}"\nCREATE_PASSWORD ${secret}`)),
    ]
    assert.equal(problems.length, 7)
    for (const problem of problems) assert.doesNotMatch(problem, /swordfish|deep/)
  })
})

describe('whatever is given', () => {
  const names = [...settingsTable.values()].flatMap(({ variable }) => [
    variable,
    `${variable}_FILE`,
  ])
  const name = fc.oneof(
    fc.constantFrom('SLUICE_CONFIG', '__proto__', ...names),
    fc.string().map((text) => `SLUICE_${text}`),
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('on', 'off', '0', '1', '6-18', 'a,b', '/dev/null'),
  )
  const entries = fc.array(fc.tuple(name, value)).map((all) => Object.fromEntries(all))
  const fileText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.tuple(name, value)).map((all) => all.map((pair) => pair.join('=')).join('\n')),
  )

  test('the answer is settings or problems of one line each, never an exception', () => {
    fc.assert(
      fc.property(entries, fileText, (env, text) => {
        const loaded = loadSettings({ env, readFile: () => text })
        if ('settings' in loaded) return
        assert.ok(loaded.problems.length > 0)
        for (const problem of loaded.problems) assert.match(problem, /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u)
      }),
    )
  })
})
