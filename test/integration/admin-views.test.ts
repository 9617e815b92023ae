/** What the admin API shows of a relay: figures, settings, and its log of what was done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { openClient } from '../../src/client/index.ts'
import { settingsSchema } from '../../src/config/settings.ts'
import { shownSettings } from '../../src/config/shown.ts'
import { packageVersion } from '../../src/package-version.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { startRelay } from '../../src/relay.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { Admin, adminToken, idText } from '../support/admin.ts'
import { until } from '../support/redis/until.ts'

const settings = { adminPort: '0', adminToken }

test('statistics are those of the relay and its store', async () => {
  await using relay = await startTestRelay(settings)
  const admin = new Admin(relay.adminPort)
  await using client = await openClient({ address: relay.address })
  const queue = await client.createQueue()
  await client.createQueue({ subscribe: false })
  await client.openSender(queue).send(utf8Bytes('hello'))
  const { status, body } = await admin.send('/v1/stats')
  assert.equal(status, 200)
  const { version, uptimeSeconds, pod, cluster } = body
  assert.equal(version, packageVersion())
  assert.ok(Number(uptimeSeconds) >= 0)
  const { connections, sessions, proxy } = Object(pod)
  assert.deepEqual([connections, sessions, proxy.commands.all.requests], [1, 1, 0])
  const held = { queues: 2, messages: 1, blockedToday: 0, blockQuota: 20 }
  assert.deepEqual(cluster, held)
  client.close()
  await until('the session is gone', async () => {
    const { sessions: left } = Object((await admin.send('/v1/stats')).body.pod)
    return left === 0
  })
})

test('a relay that forwards nothing says so', async () => {
  await using relay = await startTestRelay({ ...settings, proxy: 'off' })
  const { body } = await new Admin(relay.adminPort).send('/v1/stats')
  assert.equal(Object(body.pod).proxy, null)
})

test('the configuration is what the relay runs with, without its secrets', async () => {
  const secrets = { createPassword: 'swordfish', adminToken }
  await using relay = await startTestRelay({ ...settings, ...secrets, versions: '9-18' })
  const { status, body } = await new Admin(relay.adminPort).send('/v1/config')
  assert.equal(status, 200)
  assert.doesNotMatch(JSON.stringify(body), /swordfish|the-token/)
  const given = body.settings
  assert.ok(Array.isArray(given))
  const value = (variable: string): unknown => given.find((one) => one.variable === variable)
  const shown = (variable: string, text: string | null, isSecret = false) =>
    assert.deepEqual(value(variable), { variable, value: text, isSecret })
  shown('SLUICE_SMP_VERSIONS', '9-18')
  shown('SLUICE_NEW_QUEUES', 'on')
  shown('SLUICE_WS_PORT', null)
  shown('SLUICE_CREATE_PASSWORD', 'set', true)
  shown('SLUICE_REDIS_URL', null, true)
})

test('settings are shown as one writes them', () => {
  const given = {
    hosts: 'a.example,2001:db8::1',
    ports: '5223,443',
    proxyProtocolFrom: '10.0.0.0/8,2001:db8::/32,192.0.2.7/32',
    expireOnSend: 'off',
    blockQuota: 'off',
    versions: '7-7',
  }
  const parsed = settingsSchema.parse(given)
  const shown = new Map(shownSettings(parsed).map(({ variable, value }) => [variable, value]))
  assert.equal(shown.get('SLUICE_HOST'), given.hosts)
  assert.equal(shown.get('SLUICE_PORT'), given.ports)
  assert.equal(shown.get('SLUICE_PROXY_PROTOCOL_FROM'), given.proxyProtocolFrom)
  assert.equal(shown.get('SLUICE_EXPIRE_ON_SEND'), 'off')
  assert.equal(shown.get('SLUICE_BLOCK_QUOTA'), 'off')
  assert.equal(shown.get('SLUICE_SMP_VERSIONS'), '7-7')
  assert.equal(shown.get('SLUICE_QUEUE_QUOTA'), '128')
})

test('the log says what was done, and no id, token or address', async () => {
  let log = ''
  const write = (line: string) => {
    log += line
  }
  const { keyHash, chain, ...keys } = makeIdentity()
  await using relay = await startRelay({
    settings: settingsSchema.parse({ ...settings, ports: '0', bind: '127.0.0.1' }),
    identity: {
      fingerprint: keyHash,
      chainDer: chain,
      notAfter: new Date('2099-01-01'),
      ...keys,
    },
    log: pino({ level: 'trace', base: null }, { write }),
  })
  const admin = new Admin(relay.adminPort ?? 0)
  const [port = 0] = relay.ports
  await using client = await openClient({ address: { keyHash, hosts: ['127.0.0.1'], port } })
  const { senderId } = await client.createQueue()
  await admin.queue('status', senderId)
  await admin.queue('block', senderId, { reason: 'spam' })
  await admin.queue('unblock', senderId)
  await admin.queue('unblock', senderId)
  await admin.queue('delete', senderId)
  await admin.fetch('/v1/stats', { headers: { authorization: 'Bearer a-wrong-token' } })
  const lines = log.trim().split('\n')
  const actions = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'admin')
  assert.deepEqual(
    actions.map(({ operation, result, reason }) => [operation, result, reason]),
    [
      ['/v1/queues/block', 'done', 'spam'],
      ['/v1/queues/unblock', 'done', undefined],
      ['/v1/queues/unblock', 'not_blocked', undefined],
      ['/v1/queues/delete', 'done', undefined],
    ],
  )
  for (const secret of [idText(senderId), senderId, adminToken, 'a-wrong-token', '127.0.0.1'])
    assert.ok(!log.includes(secret), log)
})
