/** `sluice drain` and `shed` against a running relay. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCli } from '../../src/cli/run-cli.ts'
import { connectSmp } from '../../src/client/index.ts'
import { failure } from '../client/support/failure.ts'
import { startTestRelay, type TestRelay } from '../client/support/relay.ts'
import { Admin, adminToken } from '../support/admin.ts'
import { until } from '../support/redis/until.ts'
import { FakeIo } from '../unit/cli/fake-io.ts'

const given = { adminPort: '0', adminToken, drainSeconds: '30' }

const cliOf = ({ adminPort }: TestRelay) => {
  const env = {
    SLUICE_ADMIN_URL: `http://127.0.0.1:${adminPort}/`,
    SLUICE_ADMIN_TOKEN: adminToken,
  }
  return async (...args: readonly string[]) => {
    const io = new FakeIo(env)
    const code = await runCli(args, io)
    return { code, out: io.out, err: io.err }
  }
}

const connectTo = async (relay: TestRelay, count: number) => {
  const parts = new AsyncDisposableStack()
  const { address } = relay
  for (let index = 0; index < count; index += 1) parts.use(await connectSmp({ address }))
  return parts
}

const sessionsOf = async (relay: TestRelay): Promise<number> => {
  const { body } = await new Admin(relay.adminPort).send('/v1/stats')
  return Object(body.pod).sessions
}

test('a share of the connections leaves, and the relay goes on', async () => {
  await using relay = await startTestRelay(given)
  await using _clients = await connectTo(relay, 10)
  const sluice = cliOf(relay)
  const { code, out } = await sluice('shed', '30%', '--over', '0')
  assert.deepEqual([code, out], [0, '3 connections leave within 0 seconds\n'])
  await until('three have left', async () => (await sessionsOf(relay)) === 7)
  const slow = JSON.parse((await sluice('shed', '100', '--over', '86400', '--json')).out)
  assert.equal(slow.connections, 7)
  const stopped = await sluice('shed', '0')
  assert.equal(stopped.out, 'No more connections are asked to leave\n')
  await using _another = await connectSmp({ address: relay.address })
  assert.ok((await sessionsOf(relay)) >= 7)
})

test('a drain lets all connections go, tells of itself, and accepts nobody', async () => {
  await using relay = await startTestRelay(given)
  await using _clients = await connectTo(relay, 5)
  const sluice = cliOf(relay)
  const { code, out } = await sluice('drain', '--wait', '--hasten', '--json')
  assert.equal(code, 0)
  assert.deepEqual([JSON.parse(out).state, JSON.parse(out).connectionsLeft], ['draining', 0])
  assert.ok((await failure(connectSmp({ address: relay.address }))) instanceof Error)
  assert.match((await sluice('drain')).out, /^State +draining\nConnections +0 left\nBound /)
  assert.match((await sluice('stats')).out, /^State +draining$/m)
  const refused = await sluice('shed', '10')
  assert.deepEqual([refused.code, refused.err], [1, 'sluice: the relay is draining\n'])
})

test('what is no share or time is refused, by the command and by the relay', async () => {
  await using relay = await startTestRelay(given)
  await using _client = await connectSmp({ address: relay.address })
  const sluice = cliOf(relay)
  for (const wrong of ['', '101', '1.5', 'all', '-1'])
    assert.equal((await sluice('shed', '--', wrong)).code, 2, wrong)
  for (const args of [[], ['1', '2'], ['1', '--over', 'soon'], ['1', '--over', '86401']])
    assert.equal((await sluice('shed', ...args)).code, 2)
  const admin = new Admin(relay.adminPort)
  for (const body of [{}, { share: 2, overSeconds: 1 }, { share: 0.1, overSeconds: -1 }])
    assert.equal((await admin.post('/v1/shed', body)).status, 400)
  assert.equal((await admin.post('/v1/drain', { now: true })).status, 400)
  assert.equal(await sessionsOf(relay), 1)
})
