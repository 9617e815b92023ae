/** What the admin API refuses, and that it says nothing to those without its token. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { startTestRelay, type TestRelay } from '../client/support/relay.ts'
import { Admin, adminToken } from '../support/admin.ts'
import { within } from '../support/within.ts'

let relay: TestRelay
let admin: Admin
before(async () => {
  relay = await startTestRelay({ adminPort: '0', adminToken, handshakeTimeoutSeconds: '1' })
  admin = new Admin(relay.adminPort)
})
after(() => relay[Symbol.asyncDispose]())

/** All that comes back for these bytes, until the relay closes. */
const raw = async (text: string): Promise<string> => {
  const socket = connect(relay.adminPort, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    received += part
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(text)
  await within('the end of a connection', closed)
  return received
}

const head = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`

const unauthorized = { code: 'unauthorized', message: 'not authorized' }

describe('without the token', () => {
  const json = { 'content-type': 'application/json' }
  const requests: readonly (readonly [string, string, RequestInit])[] = [
    ['a path that is there', '/v1/stats', {}],
    ['a path that is not', '/v1/nothing', {}],
    ['the root', '/', {}],
    ['a path that cannot be read', '/v1/%zz', {}],
    ['a method that is not there', '/v1/stats', { method: 'DELETE' }],
    ['a preflight request', '/v1/stats', { method: 'OPTIONS', headers: { origin: 'https://a.b' } }],
    ['bad JSON', '/v1/queues/status', { method: 'POST', body: '{', headers: json }],
    ['a body that is too large', '/v1/queues/status', { method: 'POST', body: 'x'.repeat(9999) }],
    ['another scheme', '/v1/stats', { headers: { authorization: `Basic ${adminToken}` } }],
    ['the token in the path', `/v1/stats?token=${adminToken}`, {}],
    ['the token alone', '/v1/stats', { headers: { authorization: adminToken } }],
  ]
  for (const [name, path, init] of requests)
    test(`${name} is answered as everything is`, async () => {
      const { status, body, headers } = await admin.fetch(path, init)
      assert.deepEqual({ status, body }, { status: 401, body: unauthorized })
      assert.equal(headers.get('www-authenticate'), 'Bearer')
    })

  test('a body that never comes is not waited for', async () => {
    const answer = await raw(
      head([
        'POST /v1/queues/delete HTTP/1.1',
        'host: a',
        'content-type: application/json',
        'content-length: 100',
      ]),
    )
    assert.match(answer, /^HTTP\/1\.1 401 /)
  })
})

test('a wrong token is refused, and from its address only so many are looked at', async () => {
  await using other = await startTestRelay({ adminPort: '0', adminToken })
  const guessed = new Admin(other.adminPort)
  const guess = (token: string) =>
    guessed.fetch('/v1/stats', { headers: { authorization: `Bearer ${token}` } })
  const codes = new Set<unknown>()
  const wrong = [adminToken.slice(1), `${adminToken}x`, adminToken.toUpperCase(), 'é']
  for (let count = 0; count < 100; count++) {
    const token = encodeURIComponent(wrong[count % wrong.length] ?? '')
    codes.add((await guess(token)).body.code)
    if (codes.has('too_many_failures')) break
  }
  assert.deepEqual(codes, new Set(['unauthorized', 'too_many_failures']))
})

describe('with the token', () => {
  const status = '/v1/queues/status'

  test('what is not there is said not to be there', async () => {
    for (const path of ['/', '/v1', '/v1/', '/v1/queues', '/v2/stats', '/v1/stats/', '/V1/stats']) {
      const answer = await admin.send(path)
      assert.deepEqual([path, answer.status, answer.body.code], [path, 404, 'no_such_path'])
    }
  })

  test('a wrong method is answered with the right one', async () => {
    for (const [method, path, right] of [
      ['GET', status, 'POST'],
      ['PUT', status, 'POST'],
      ['DELETE', status, 'POST'],
      ['OPTIONS', status, 'POST'],
      ['POST', '/v1/stats', 'GET'],
    ] as const) {
      const answer = await admin.send(path, { method })
      assert.deepEqual([answer.status, answer.body.code], [405, 'wrong_method'])
      assert.equal(answer.headers.get('allow'), right)
    }
  })

  test('only JSON is read', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const headers = { 'content-type': type }
      const answer = await admin.send(status, { method: 'POST', body: '{"id":"AAAA"}', headers })
      assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_type'])
    }
  })

  test('a body that cannot be read is refused', async () => {
    for (const body of ['', '{', '{"id":"AAAA"', '{"__proto__":1}', '\0', '{"id":"AAAA"}{}']) {
      const answer = await admin.post(status, body)
      assert.deepEqual([body, answer.status, answer.body.code], [body, 400, 'bad_request'])
    }
    const answer = await admin.post(status, JSON.stringify({ id: 'A'.repeat(5000) }))
    assert.deepEqual([answer.status, answer.body.code], [413, 'too_large'])
  })

  test('a body that says something else is refused, and ids are not repeated', async () => {
    const secret = 'swordfish+'
    const bodies: readonly unknown[] = [
      ...[null, 1, [], 'AAAA', {}, { id: 1 }, { id: '' }, { id: secret }, { id: 'A' }],
      ...[{ id: 'AAAA', more: 1 }, { id: 'AAAA', server: 'a' }, { id: 'A'.repeat(400) }],
      ...[
        { id: 'AAAA', server: { fingerprint: '*' } },
        { id: 'AAAA', server: { hosts: [1] } },
      ],
    ]
    for (const body of bodies) {
      const answer = await admin.post(status, JSON.stringify(body))
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid'], JSON.stringify(body))
      assert.doesNotMatch(JSON.stringify(answer.body), /swordfish/)
    }
    const blocks: readonly object[] = [
      ...[{}, { reason: 'other' }, { reason: 'spam', notice: 1 }],
      ...[
        { reason: 'spam', notice: { ttl: 0 } },
        { reason: 'spam', notice: { ttl: 1.5 } },
      ],
      { reason: 'spam', notice: { days: 1 } },
    ]
    for (const block of blocks) {
      const answer = await admin.post('/v1/queues/block', { id: 'AAAA', ...block })
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid'], JSON.stringify(block))
    }
  })

  test('a slow body ends with the time for a request', async () => {
    const answer = await raw(
      `${head([
        `POST ${status} HTTP/1.1`,
        'host: a',
        `authorization: Bearer ${adminToken}`,
        'content-type: application/json',
        'content-length: 100',
      ])}{"id":`,
    )
    assert.match(answer, /^HTTP\/1\.1 408 .*"code":"timeout"/s)
  })

  test('what is no HTTP is told so, and closed', async () => {
    assert.match(await raw('\x16\x03\x01\0\0'), /^HTTP\/1\.1 400 .*"code":"bad_request"/s)
    const long = `GET /v1/stats HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(10_000)}\r\n\r\n`
    assert.match(await raw(long), /^HTTP\/1\.1 400 /)
  })
})
