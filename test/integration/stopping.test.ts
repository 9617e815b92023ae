/** Signals to the real program. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { connectSmp } from '../../src/client/index.ts'
import { RunningRelay } from '../support/running.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-stopping-'))
after(() => rmSync(directory, { recursive: true }))
const env = { SLUICE_DATA_DIR: join(directory, 'data') }

describe('a relay with connections', { timeout: 120_000 }, () => {
  test('ends by itself, with exit code 0', async () => {
    await using relay = new RunningRelay(env)
    const address = await relay.address()
    const connections = await Promise.all([1, 2, 3].map(() => connectSmp({ address })))
    for (const connection of connections) await connection.request({ tag: 'PING' })
    relay.signal('SIGTERM')
    for (const connection of connections) await within('its end', connection.closed)
    assert.equal(await within('the end', relay.exitCode()), 0)
    const { signal, connections: count, seconds } = await relay.says('stopping')
    assert.deepEqual([signal, count, seconds], ['SIGTERM', 3, 30])
    assert.deepEqual(relay.messages.slice(-2), ['stopping', 'stopped'])
  })

  test('hurries at the second signal, which is still a clean end', async () => {
    await using relay = new RunningRelay({ ...env, SLUICE_DRAIN_DELAY_SECONDS: '3600' })
    const address = await relay.address()
    const connection = await connectSmp({ address })
    relay.signal('SIGTERM')
    await relay.says('stopping')
    // accepts meanwhile
    await (await connectSmp({ address })).request({ tag: 'PING' })
    await connection.request({ tag: 'PING' })
    relay.signal('SIGINT')
    await relay.says('hurrying')
    await within('its end', connection.closed)
    assert.equal(await within('the end', relay.exitCode()), 0)
  })

  test('ends at once at the third one, with the exit code of a shell', async () => {
    await using relay = new RunningRelay({ ...env, SLUICE_DRAIN_DELAY_SECONDS: '3600' })
    const address = await relay.address()
    await using network = await TcpProxy.start(address.port ?? 0)
    const connection = await connectSmp({ address: { ...address, port: network.port } })
    await connection.request({ tag: 'PING' })
    // so that its end is waited for
    network.drop()
    relay.signal('SIGTERM')
    await relay.says('stopping')
    relay.signal('SIGINT')
    await relay.says('hurrying')
    relay.signal('SIGTERM')
    assert.equal(await within('the end', relay.exitCode()), 143)
    assert.ok(!relay.messages.includes('stopped'))
    connection.close()
  })
})
