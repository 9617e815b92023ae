import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { type SettingName, type Settings, settingsTable } from '../../../src/config/settings.ts'
import { adminCases } from './admin-cases.ts'
import { informationCases } from './information-cases.ts'
import { limitCases, limitDefaults } from './limit-cases.ts'
import type { Case } from './settings-case.ts'
import { tracingCases } from './tracing-cases.ts'

const readFile = (path: string): string => assert.fail(`reads ${path}`)

const KEY = 'a1'.repeat(32)
const keyBytes = new Uint8Array(32).fill(0xa1)

const number = (name: SettingName, variable: string, min: number, max: number): Case => ({
  name,
  variable,
  accepts: { [min]: min, [max]: max, '007': 7 },
  refuses: [`${min - 1}`, `${max + 1}`, '7.5', '7s', ' 7', '0x7', '1e2', '٧', '9'.repeat(400)],
})

const onOff = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: { on: true, off: false },
  refuses: ['true', 'false', 'ON', '1', '0', 'on '],
})

const hostRules = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: {
    'example.org': ['example.org'],
    'a.example.org, 192.0.2.0/24,2001:db8::/32,192.0.2.7': [
      ...['a.example.org', '192.0.2.0/24', '2001:db8::/32', '192.0.2.7'],
    ],
  },
  refuses: ['*.example.org', '192.0.2.0/33', 'a b', 'a,', 'https://a.org', 'a.org:5223', '[::1]'],
})

const ports = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: { 5223: [5223], '5223, 443': [5223, 443], 65535: [65535], '0,0': [0, 0] },
  refuses: ['65536', '-1', '5223,', '5223,5223', '5223;443', 'smp', 'tcp://10.0.0.1:5223'],
})

const file = (name: SettingName, variable: string, beside: Case['beside']): Case => ({
  name,
  variable,
  accepts: { '/var/lib/sluice': '/var/lib/sluice', 'a b': 'a b' },
  refuses: ['a\0b'],
  ...(beside && { beside }),
})

const cases: readonly Case[] = [
  {
    name: 'hosts',
    variable: 'SLUICE_HOST',
    accepts: {
      localhost: ['localhost'],
      'smp.example.org, abc2.onion': ['smp.example.org', 'abc2.onion'],
      '203.0.113.7,2001:db8::1': ['203.0.113.7', '2001:db8::1'],
      [`${'a'.repeat(255)}`]: ['a'.repeat(255)],
    },
    refuses: ['a,', ',', 'a,a', 'a b', 'a:1', '[::1]', '1.2.3.400', 'ABC.onion', 'a'.repeat(256)],
  },
  {
    name: 'bind',
    variable: 'SLUICE_BIND',
    accepts: { '0.0.0.0': '0.0.0.0', '::': '::', 'fe80::1%eth0': 'fe80::1%eth0', host: 'host' },
    refuses: ['0.0.0.0:5223', '[::]', 'a b', '1.2.3.256', '*:1'],
  },
  ports('ports', 'SLUICE_PORT'),
  ports('wsPorts', 'SLUICE_WS_PORT'),
  ports('wssPorts', 'SLUICE_WSS_PORT'),
  {
    name: 'wsOrigins',
    variable: 'SLUICE_WS_ORIGINS',
    accepts: {
      'https://a.example': ['https://a.example'],
      'http://localhost:8080, https://[::1]:1': ['http://localhost:8080', 'https://[::1]:1'],
    },
    refuses: ['a.example', 'https://a.example/', 'https://A.example', '*', 'null', 'ftp://a', ','],
  },
  file('webCert', 'SLUICE_WEB_CERT', { SLUICE_WEB_KEY: '/web' }),
  file('webKey', 'SLUICE_WEB_KEY', { SLUICE_WEB_CERT: '/web' }),
  {
    name: 'proxyProtocolFrom',
    variable: 'SLUICE_PROXY_PROTOCOL_FROM',
    accepts: {
      '10.0.0.0/8, 192.0.2.7': [
        { address: '10.0.0.0', family: 'ipv4', prefix: 8 },
        { address: '192.0.2.7', family: 'ipv4', prefix: 32 },
      ],
      '::/0,2001:db8::1': [
        { address: '::', family: 'ipv6', prefix: 0 },
        { address: '2001:db8::1', family: 'ipv6', prefix: 128 },
      ],
    },
    refuses: ['10.0.0.0/33', '::/129', '10.0.0/8', 'lb.example', '10.0.0.1/', '10.0.0.1/08', ','],
  },
  ...informationCases,
  {
    name: 'opsPort',
    variable: 'SLUICE_OPS_PORT',
    accepts: { off: undefined, 0: 0, 9090: 9090, 65535: 65_535 },
    refuses: ['65536', '-1', '9090,9091', 'on', 'OFF', 'none', '127.0.0.1:9090'],
  },
  {
    name: 'opsBind',
    variable: 'SLUICE_OPS_BIND',
    accepts: { '127.0.0.1': '127.0.0.1', '::1': '::1', host: 'host' },
    refuses: ['127.0.0.1:9090', '[::1]', 'a b', '*:9090'],
  },
  ...tracingCases,
  {
    name: 'dataDir',
    variable: 'SLUICE_DATA_DIR',
    accepts: { '/var/lib/sluice': '/var/lib/sluice', 'a b': 'a b' },
    refuses: ['a\0b'],
  },
  onOff('reusePort', 'SLUICE_REUSE_PORT'),
  {
    name: 'redisUrl',
    variable: 'SLUICE_REDIS_URL',
    accepts: {
      'redis://redis': 'redis://redis',
      'rediss://user:pass%40word@redis:6380/3?prefix=a:':
        'rediss://user:pass%40word@redis:6380/3?prefix=a:',
      'redis+cluster://a:1,b:2': 'redis+cluster://a:1,b:2',
      'rediss+sentinel://:p@a,[::1]:26380/primary/2':
        'rediss+sentinel://:p@a,[::1]:26380/primary/2',
    },
    refuses: [
      ...['redis', 'http://redis', 'redis://', 'redis://a,b', 'redis://a:0', 'redis://a/x'],
      ...['redis+cluster://a/1', 'redis+sentinel://a', 'redis://us@er:p@a', 'redis://a:99999'],
    ],
    beside: { SLUICE_CLUSTER_KEY: KEY },
  },
  {
    name: 'redisCa',
    variable: 'SLUICE_REDIS_CA',
    accepts: { '/ca.pem': '/ca.pem' },
    refuses: ['a\0b'],
  },
  {
    name: 'redisSentinelPassword',
    variable: 'SLUICE_REDIS_SENTINEL_PASSWORD',
    accepts: { 'p@ss: word': 'p@ss: word' },
    refuses: [],
  },
  {
    name: 'redisEviction',
    variable: 'SLUICE_REDIS_EVICTION',
    accepts: { refused: 'refused', allowed: 'allowed' },
    refuses: ['on', 'Allowed'],
  },
  {
    name: 'clusterKeys',
    variable: 'SLUICE_CLUSTER_KEY',
    accepts: {
      [KEY]: [keyBytes],
      [`${'B2'.repeat(32)}, ${KEY}`]: [new Uint8Array(32).fill(0xb2), keyBytes],
    },
    refuses: ['a1', `${KEY}00`, 'g'.repeat(64), `${KEY},`, `${KEY};${KEY}`],
    beside: { SLUICE_REDIS_URL: 'redis://redis' },
  },
  {
    name: 'durability',
    variable: 'SLUICE_DURABILITY',
    accepts: { memory: 'memory', replica: 'replica', fsync: 'fsync' },
    refuses: ['disk', 'Memory', '1'],
    beside: { SLUICE_REDIS_URL: 'redis://redis', SLUICE_CLUSTER_KEY: KEY },
  },
  {
    name: 'durabilityReplicas',
    variable: 'SLUICE_DURABILITY_REPLICAS',
    accepts: { 1: 1, 2: 2, 16: 16 },
    refuses: ['0', '17', '1.5', 'all'],
    beside: {
      ...{ SLUICE_REDIS_URL: 'redis://redis', SLUICE_CLUSTER_KEY: KEY },
      SLUICE_DURABILITY: 'replica',
    },
  },
  {
    name: 'partitions',
    variable: 'SLUICE_PARTITIONS',
    accepts: { 1: 1, 256: 256, 4096: 4096 },
    refuses: ['0', '3', '255', '8192', '2.0', '-2'],
  },
  {
    name: 'cachedQueues',
    variable: 'SLUICE_CACHED_QUEUES',
    accepts: { 100: 100, 1000000: 1_000_000 },
    refuses: ['0', '99', '100000001', '1k'],
  },
  onOff('newQueues', 'SLUICE_NEW_QUEUES'),
  {
    name: 'createPassword',
    variable: 'SLUICE_CREATE_PASSWORD',
    accepts: { 'pässword!': 'pässword!', ['x'.repeat(255)]: 'x'.repeat(255) },
    refuses: ['a b', 'a@b', 'a:b', 'a/b', 'a\tb', '密碼', 'x'.repeat(256)],
  },
  onOff('services', 'SLUICE_SERVICES'),
  onOff('proxy', 'SLUICE_PROXY'),
  onOff('proxyAllowPrivate', 'SLUICE_PROXY_ALLOW_PRIVATE'),
  hostRules('proxyAllow', 'SLUICE_PROXY_ALLOW'),
  hostRules('proxyDeny', 'SLUICE_PROXY_DENY'),
  {
    name: 'proxyHostMode',
    variable: 'SLUICE_PROXY_HOST_MODE',
    accepts: { public: 'public', onion: 'onion' },
    refuses: ['on', 'Public'],
    beside: { SLUICE_SOCKS_PROXY: 'tor' },
  },
  onOff('proxyHostRequired', 'SLUICE_PROXY_HOST_REQUIRED'),
  {
    name: 'proxyOwnDomains',
    variable: 'SLUICE_PROXY_OWN_DOMAINS',
    accepts: { 'example.org, b.org': ['example.org', 'b.org'] },
    refuses: ['192.0.2.1', '*.example.org', 'a.org;b.org', 'a.org,'],
  },
  {
    name: 'proxyDns',
    variable: 'SLUICE_PROXY_DNS',
    accepts: {
      '9.9.9.9': ['9.9.9.9'],
      '127.0.0.1:5353, 2620:fe::fe, [2620:fe::9]:53': [
        ...['127.0.0.1:5353', '2620:fe::fe', '[2620:fe::9]:53'],
      ],
    },
    refuses: ['dns.example.org', '1.2.3', '9.9.9.9:0', '9.9.9.9:65536', '[9.9.9.9]:53', '9.9.9.9,'],
  },
  {
    name: 'socksProxy',
    variable: 'SLUICE_SOCKS_PROXY',
    accepts: {
      'tor:9150': { host: 'tor', port: 9150 },
      '10.0.0.1': { host: '10.0.0.1', port: 9050 },
      ':1080': { host: '127.0.0.1', port: 1080 },
      '[::1]:1080': { host: '::1', port: 1080 },
      'user:p:w@tor': { host: 'tor', port: 9050, user: 'user', password: 'p:w' },
      'user:@tor:1': { host: 'tor', port: 1, user: 'user', password: '' },
    },
    refuses: ['tor:0', 'tor:65536', 'tor:x', '::1', '[tor]', 'socks5://tor', 'user@tor', 'a b:1'],
  },
  {
    name: 'socksMode',
    variable: 'SLUICE_SOCKS_MODE',
    accepts: { onion: 'onion', always: 'always' },
    refuses: ['never', 'on'],
    beside: { SLUICE_SOCKS_PROXY: 'tor' },
  },
  number('proxyConnectSeconds', 'SLUICE_PROXY_CONNECT_SECONDS', 1, 600),
  number('proxyResponseSeconds', 'SLUICE_PROXY_RESPONSE_SECONDS', 1, 600),
  number('proxyRetrySeconds', 'SLUICE_PROXY_RETRY_SECONDS', 0, 3600),
  number('proxyIdleSeconds', 'SLUICE_PROXY_IDLE_SECONDS', 1, 604_800),
  number('proxyClientConcurrency', 'SLUICE_PROXY_CLIENT_CONCURRENCY', 1, 10_000),
  number('proxyConcurrency', 'SLUICE_PROXY_CONCURRENCY', 1, 1_000_000),
  ...limitCases(number),
  ...adminCases,
  {
    name: 'versions',
    variable: 'SLUICE_SMP_VERSIONS',
    accepts: { '6-18': { min: 6, max: 18 }, 9: { min: 9, max: 9 }, '8-8': { min: 8, max: 8 } },
    refuses: ['5-18', '6-19', '18-6', '6-', '-18', '6 - 18', 'all', '6-7-8'],
  },
  number('queueQuota', 'SLUICE_QUEUE_QUOTA', 1, 1_000_000),
  number('messageTtlSeconds', 'SLUICE_MESSAGE_TTL_SECONDS', 1, 315_360_000),
  number('expiryIntervalSeconds', 'SLUICE_EXPIRY_INTERVAL_SECONDS', 1, 604_800),
  onOff('expireOnSend', 'SLUICE_EXPIRE_ON_SEND'),
  number('notificationTtlSeconds', 'SLUICE_NOTIFICATION_TTL_SECONDS', 1, 315_360_000),
  number('notificationIntervalMs', 'SLUICE_NOTIFICATION_INTERVAL_MS', 1, 60_000),
  number('inactiveTtlSeconds', 'SLUICE_INACTIVE_TTL_SECONDS', 0, 315_360_000),
  number('inactiveIntervalSeconds', 'SLUICE_INACTIVE_INTERVAL_SECONDS', 1, 604_800),
  number('handshakeTimeoutSeconds', 'SLUICE_HANDSHAKE_TIMEOUT_SECONDS', 1, 600),
  number('drainDelaySeconds', 'SLUICE_DRAIN_DELAY_SECONDS', 0, 3600),
  number('drainSeconds', 'SLUICE_DRAIN_SECONDS', 0, 3600),
  onOff('rebalance', 'SLUICE_REBALANCE'),
  {
    name: 'logLevel',
    variable: 'SLUICE_LOG_LEVEL',
    accepts: { trace: 'trace', info: 'info', silent: 'silent' },
    refuses: ['verbose', 'INFO', '30'],
  },
]

const defaults: Settings = {
  hosts: ['localhost'],
  ports: [5223],
  opsPort: 9090,
  traceRatio: 0.01,
  dataDir: './data',
  reusePort: false,
  redisEviction: 'refused',
  durability: 'memory',
  durabilityReplicas: 1,
  partitions: 256,
  cachedQueues: 100_000,
  newQueues: true,
  services: true,
  proxy: true,
  proxyAllowPrivate: false,
  proxyHostMode: 'public',
  proxyHostRequired: false,
  socksMode: 'onion',
  proxyConnectSeconds: 45,
  proxyResponseSeconds: 30,
  proxyRetrySeconds: 30,
  proxyIdleSeconds: 3600,
  proxyClientConcurrency: 32,
  proxyConcurrency: 2048,
  ...limitDefaults,
  adminBind: '127.0.0.1',
  blockQuota: 20,
  versions: { min: 6, max: 18 },
  queueQuota: 128,
  messageTtlSeconds: 21 * 86_400,
  expiryIntervalSeconds: 7200,
  expireOnSend: true,
  notificationTtlSeconds: 86_400,
  notificationIntervalMs: 100,
  inactiveTtlSeconds: 21_600,
  inactiveIntervalSeconds: 3600,
  handshakeTimeoutSeconds: 60,
  drainDelaySeconds: 0,
  drainSeconds: 30,
  rebalance: false,
  logLevel: 'info',
}

test('without any configuration the defaults hold', () => {
  assert.deepEqual(loadSettings({ env: { PATH: '/bin', HOME: '/root' }, readFile }), {
    settings: defaults,
  })
})

test('every setting is in the cases below', () => {
  assert.deepEqual(
    cases.map(({ name, variable }) => [name, variable]),
    [...settingsTable].map(([name, { variable }]) => [name, variable]),
  )
})

/** Those that are not kept as text. */
const parsedBeside: ReadonlyMap<SettingName, unknown> = new Map<SettingName, unknown>([
  ['clusterKeys', [keyBytes]],
  ['socksProxy', { host: 'tor', port: 9050 }],
])

/** The settings that these variables are. */
const besides = (beside: Readonly<Record<string, string>>): Partial<Settings> => {
  const entries = [...settingsTable].flatMap(([name, { variable }]) => {
    const text = beside[variable]
    return text === undefined ? [] : [[name, parsedBeside.get(name) ?? text] as const]
  })
  return Object.fromEntries(entries)
}

for (const { name, variable, accepts, refuses, beside = {} } of cases) {
  test(`${variable} takes what is within its limits`, () => {
    for (const [text, value] of Object.entries(accepts))
      assert.deepEqual(loadSettings({ env: { ...beside, [variable]: text }, readFile }), {
        settings: { ...defaults, ...besides(beside), [name]: value },
      })
  })

  test(`${variable} refuses everything else in one line that says what is allowed`, () => {
    const setting = settingsTable.get(name)
    assert.ok(setting)
    for (const text of ['', ...refuses]) {
      const loaded = loadSettings({ env: { ...beside, [variable]: text }, readFile })
      assert.ok('problems' in loaded, `${variable}=${text} is accepted`)
      assert.equal(loaded.problems.length, 1)
      const [problem = ''] = loaded.problems
      assert.ok(problem.startsWith(`${variable} `), problem)
      assert.ok(problem.includes(`must be ${setting.allowed.replaceAll('`', '')}`), problem)
      assert.ok(setting.unit === undefined || problem.endsWith(` (${setting.unit})`), problem)
    }
  })
}
