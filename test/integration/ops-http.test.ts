import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { opsPlace, portFailure } from '../../src/cli/listen-failure.ts'
import { Ops } from '../../src/ops/ops.ts'
import { packageVersion } from '../../src/package-version.ts'
import { Admin, adminToken } from '../support/admin.ts'
import { OpsRelay, pageAt } from '../support/ops-relay.ts'
import { within } from '../support/within.ts'

/** What comes back until the other end closes. */
const say = async (port: number, text: string): Promise<string> => {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part
  })
  // a reset is an end too
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write(text)
  await within('the connection is closed', closed)
  return answer
}

describe('the operations port of a relay', () => {
  let relay: OpsRelay
  before(async () => {
    relay = await OpsRelay.start()
  })
  after(() => relay[Symbol.asyncDispose]())

  for (const path of ['/livez', '/readyz', '/startupz'])
    test(`says at ${path} that all is well`, async () => {
      const { status, headers, body } = await relay.get(path)
      assert.deepEqual([status, body], [200, '{"status":"ok"}\n'])
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(headers.get('cache-control'), 'no-store')
    })

  test('says its version', async () => {
    const { status, body } = await relay.get('/version')
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), {
      version: packageVersion(),
      node: process.version,
      smpVersions: '6-18',
    })
  })

  test('answers HEAD without a body', async () => {
    const response = await fetch(`http://127.0.0.1:${relay.ops.port}/livez`, { method: 'HEAD' })
    assert.deepEqual([response.status, await response.text()], [200, ''])
  })

  test('has no other paths, and repeats none', async () => {
    for (const path of ['/', '/metrics/', '/..%2fetc', '/livez/x', '/%zz', '/<script>', '//']) {
      const { status, body } = await relay.get(path)
      assert.ok(status === 404 || status === 400, `${path} ${status}`)
      assert.match(body, /^(Not found|Bad request)\n$/)
    }
  })

  test('a query is of no consequence', async () => {
    assert.equal((await relay.get('/livez?verbose')).status, 200)
  })

  test('refuses other methods, and does not read what they bring', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const withBody = method !== 'OPTIONS'
      const response = await fetch(`http://127.0.0.1:${relay.ops.port}/readyz`, {
        method,
        ...(withBody && { body: '{', headers: { 'content-type': 'application/json' } }),
      })
      assert.equal(response.status, 405, method)
      assert.equal(response.headers.get('allow'), 'GET, HEAD')
      assert.equal(await response.text(), 'Method not allowed\n')
    }
  })

  test('ends what is no HTTP, heads that are too long, and bodies that never come', async () => {
    const { port } = relay.ops
    const long = `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`
    assert.match(await say(port, long), /^HTTP\/1\.1 431 /)
    assert.match(await say(port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'), /400/)
    assert.match(await say(port, 'FLY /livez HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 400 /)
    const bodiless = 'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n'
    assert.match(await say(port, bodiless), /^HTTP\/1\.1 405 /)
    assert.equal((await relay.get('/livez')).status, 200)
  })
})

test('a relay that drains, whoever told it to, is alive and not ready', async () => {
  await using relay = await OpsRelay.start({ adminPort: '0', adminToken })
  assert.equal((await relay.get('/readyz')).status, 200)
  await new Admin(relay.relay.adminPort).post('/v1/drain', {})
  const { status, body } = await relay.get('/readyz')
  assert.equal(status, 503)
  assert.deepEqual(JSON.parse(body), {
    status: 'not ready',
    problems: { draining: 'the relay is stopping' },
  })
  assert.match((await relay.get('/metrics')).body, /^sluice_draining 1$/m)
  assert.equal((await relay.get('/livez')).status, 200)
  assert.equal((await relay.get('/startupz')).status, 200)
})

test('before a relay is there, probes are answered', async () => {
  await using ops = await Ops.open({ port: 0, bind: '127.0.0.1' })
  assert.equal((await pageAt(ops.port, '/livez')).status, 200)
  for (const path of ['/startupz', '/readyz']) {
    const { status, body } = await pageAt(ops.port, path)
    assert.equal(status, 503)
    assert.deepEqual(Object.keys(JSON.parse(body).problems), ['identity', 'store', 'listeners'])
  }
})

test('a port that is taken is one clear line', async () => {
  await using first = await Ops.open({ port: 0, bind: '127.0.0.1' })
  const settings = { bind: '127.0.0.1' }
  const error = await Ops.open({ port: first.port, bind: settings.bind }).catch((one) => one)
  assert.equal(
    portFailure(error, opsPlace(settings))?.toString(),
    `Failure: port ${first.port} is in use: stop what uses it, or set SLUICE_OPS_PORT to another`,
  )
})
