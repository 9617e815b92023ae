import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { parseIni } from '../../../src/migrate/ini.ts'
import { settingsFile, storeProblem, translateIni } from '../../../src/migrate/ini-settings.ts'

/** As `smp-server init` writes it, comments cut. */
const ini = `
[INFORMATION]
# AGPLv3 license requires that you make any source code modifications
source_code: https://github.com/simplex-chat/simplexmq
# usage_conditions: https://example.org/conditions
operator: Example & Sons, "The" Operators
operator_country: GB
hosting: Host #1
admin_email: admin@example.org

[STORE_LOG]
enable: on
store_queues: memory
store_messages: memory
restore_messages: on
expire_messages_days: 14
expire_messages_on_start: on
expire_messages_on_send: off
expire_ntfs_hours: 24
log_stats: on

[AUTH]
new_queues: on
create_password: secret-secret=
control_port_admin_password: other-secret
daily_block_queue_quota: 30

[TRANSPORT]
host: smp.example.org,abcdefghij.onion
port: 5223,443
log_tls_errors: off
websockets: off
control_port: 5224

[PROXY]
# host_mode: public
own_server_domains: example.org,example.net smp.example.com
socks_proxy: user:pass@localhost:9050
client_concurrency: 32

[INACTIVE_CLIENTS]
disconnect: on
ttl: 21600
check_interval: 3600

[WEB]
static_path: /var/opt/simplex/www
https: 443
cert: /etc/opt/simplex/web.crt
key: /etc/opt/simplex/web.key
`

const translated = (text: string) => translateIni(parseIni(text).values)
const valuesOf = (text: string) =>
  Object.fromEntries(translated(text).settings.map(({ variable, value }) => [variable, value]))

test('the settings of an ini in our words', () => {
  assert.deepEqual(valuesOf(ini), {
    SLUICE_INFO_SOURCE_CODE: 'https://github.com/simplex-chat/simplexmq',
    SLUICE_INFO_OPERATOR: 'Example & Sons, "The" Operators',
    SLUICE_INFO_OPERATOR_COUNTRY: 'GB',
    SLUICE_INFO_HOSTING: 'Host #1',
    SLUICE_INFO_ADMIN_EMAIL: 'admin@example.org',
    SLUICE_MESSAGE_TTL_SECONDS: '1209600',
    SLUICE_EXPIRE_ON_SEND: 'off',
    SLUICE_NOTIFICATION_TTL_SECONDS: '86400',
    SLUICE_NEW_QUEUES: 'on',
    SLUICE_CREATE_PASSWORD: 'secret-secret=',
    SLUICE_BLOCK_QUOTA: '30',
    SLUICE_HOST: 'smp.example.org,abcdefghij.onion',
    SLUICE_PORT: '5223,443',
    SLUICE_PROXY_OWN_DOMAINS: 'example.org,example.net,smp.example.com',
    SLUICE_SOCKS_PROXY: 'user:pass@localhost:9050',
    SLUICE_PROXY_CLIENT_CONCURRENCY: '32',
    SLUICE_INACTIVE_TTL_SECONDS: '21600',
    SLUICE_INACTIVE_INTERVAL_SECONDS: '3600',
    SLUICE_WEB_CERT: '/etc/opt/simplex/web.crt',
    SLUICE_WEB_KEY: '/etc/opt/simplex/web.key',
  })
})

test('what has no equivalent is named, without its value', () => {
  const { without } = translated(ini)
  assert.deepEqual(
    without.map((line) => line.replace(/:.*/, '')),
    [
      'STORE_LOG.log_stats',
      'AUTH.control_port_admin_password',
      'TRANSPORT.control_port',
      'WEB.static_path',
    ],
  )
  assert.doesNotMatch(without.join('\n'), /secret/)
  assert.match(translated('[NEW]\nthing: 5').without[0] ?? '', /^NEW\.thing: it is not known$/)
})

test('the file is one that a relay starts with', () => {
  const text = settingsFile(translated(ini), { withSecrets: true })
  const loaded = loadSettings({ env: { SLUICE_CONFIG: 'file' }, readFile: () => text })
  assert.ok('settings' in loaded, JSON.stringify(loaded))
  const { settings } = loaded
  assert.equal(settings.createPassword, 'secret-secret=')
  assert.equal(settings.infoOperator, 'Example & Sons, "The" Operators')
  assert.equal(settings.infoHosting, 'Host #1')
  assert.deepEqual(settings.ports, [5223, 443])
  assert.equal(settings.expireOnSend, false)
})

test('secrets are left out unless they are asked for', () => {
  const text = settingsFile(translated(ini), { withSecrets: false })
  assert.doesNotMatch(text, /secret-secret|user:pass/)
  assert.match(text, /^# SLUICE_CREATE_PASSWORD= is set in smp-server\.ini/m)
})

describe('what a missing or other value means to the reference', () => {
  const cases: readonly (readonly [ini: string, settings: object])[] = [
    ['', { SLUICE_INACTIVE_TTL_SECONDS: '0' }],
    [
      '[AUTH]\ndaily_block_queue_quota: -1',
      { SLUICE_BLOCK_QUOTA: 'off', SLUICE_INACTIVE_TTL_SECONDS: '0' },
    ],
    ['[INACTIVE_CLIENTS]\ndisconnect: off\nttl: 5', { SLUICE_INACTIVE_TTL_SECONDS: '0' }],
    ['[INACTIVE_CLIENTS]\ndisconnect = on\nttl = 5', { SLUICE_INACTIVE_TTL_SECONDS: '5' }],
    [
      '[INACTIVE_CLIENTS]\ndisconnect: on\n[TRANSPORT]\nport: 5223\n[WEB]\nhttps: 443',
      { SLUICE_PORT: '5223', SLUICE_WSS_PORT: '443' },
    ],
  ]
  for (const [text, settings] of cases)
    test(text.replaceAll('\n', ' ') || 'nothing', () => assert.deepEqual(valuesOf(text), settings))
})

test('a server that keeps its state elsewhere is not imported from files', () => {
  const problem = (text: string) => storeProblem(parseIni(`[STORE_LOG]\n${text}`).values)
  assert.match(problem('store_queues: database') ?? '', /smp-server database export/)
  assert.match(problem('store_messages: journal') ?? '', /smp-server journal export/)
  assert.match(problem('enable: off') ?? '', /nothing to import/)
  assert.equal(problem('enable: on\nstore_messages: memory'), undefined)
})

test('lines that are no ini', () => {
  assert.deepEqual(parseIni('[A]\nb: c\nwhat\n; d\n=\n').unreadable, [3, 5])
})
