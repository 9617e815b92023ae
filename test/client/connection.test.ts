import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RequestTimeout, SmpRefusal, UnexpectedReply } from '../../src/client/errors.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyAlgorithm } from '../../src/crypto/provider.ts'
import { messageIdOf } from '../../src/protocol/ids.ts'
import { END, errAuth, OK, PONG, type Reply } from '../../src/protocol/reply.ts'
import { maxBodyBytes } from '../../src/protocol/version.ts'
import { connect } from './support/connected.ts'
import { expectClosed, expectRefusal, failure } from './support/failure.ts'
import { ManualTimers } from './support/manual-timers.ts'
import { collect, next } from './support/next.ts'

const entityId = 'q'.repeat(24)
const messageOf = (text: string): Reply<'MSG'> => ({
  tag: 'MSG',
  messageId: messageIdOf(new Uint8Array(24)),
  body: new TextEncoder().encode(text),
})

describe('requests', () => {
  for (let version = 6; version <= 18; version++)
    it(`are answered at v${version}, with the largest body`, async () => {
      const { connection, server } = await connect({ versions: { min: 6, max: version } })
      assert.equal(connection.version, version)
      assert.equal(connection.session.isEncrypted, version >= 11)
      const { privateKey: key, publicKey } = crypto.generateKeyPair('Ed448')
      const body = crypto.randomBytes(maxBodyBytes(version))
      const sent = connection.request({ tag: 'SEND', notification: true, body }, { entityId, key })
      const request = await server.expect('SEND')
      assert.deepEqual(request.command, { tag: 'SEND', notification: true, body })
      assert.equal(request.entityId, entityId)
      assert.ok(request.isAuthorizedBy(publicKey))
      server.answer(request, OK)
      assert.deepEqual(await sent, OK)
      connection.close()
    })

  const algorithms: readonly KeyAlgorithm[] = ['Ed25519', 'Ed448', 'X25519']
  for (const algorithm of algorithms)
    it(`are authorised with ${algorithm} keys`, async () => {
      const { connection, server } = await connect()
      const { privateKey: key, publicKey } = crypto.generateKeyPair(algorithm)
      // twice: the secret of an X25519 key is remembered
      for (const _ of [1, 2]) {
        const answer = connection.request({ tag: 'SUB' }, { entityId, key })
        const request = await server.expect('SUB')
        assert.ok(request.isAuthorizedBy(publicKey))
        assert.ok(!request.isAuthorizedBy(crypto.generateKeyPair(algorithm).publicKey))
        server.answer(request, { tag: 'SOK' })
        assert.deepEqual(await answer, { tag: 'SOK' })
      }
    })

  it('cannot use X25519 keys without a session key', async () => {
    const { connection } = await connect({ versions: { min: 6, max: 6 } }, { min: 6, max: 6 })
    const { privateKey: key } = crypto.generateKeyPair('X25519')
    const answer = connection.request({ tag: 'SUB' }, { entityId, key })
    await assert.rejects(answer, { name: 'UnsupportedOperation' })
  })

  it('are told apart by correlation id', async () => {
    const { connection, server } = await connect()
    const ping = connection.request({ tag: 'PING' })
    const get = connection.request({ tag: 'GET' }, { entityId })
    const [first, second] = [await server.expect('PING'), await server.expect('GET')]
    server.answer(second, OK)
    server.answer(first, PONG)
    assert.deepEqual([await ping, await get], [PONG, OK])
  })

  it('fail with what the server refuses them for', async () => {
    const { connection, server } = await connect()
    const send = { tag: 'SEND', notification: false, body: new Uint8Array(1) } as const
    const refused = expectRefusal(connection.request(send, { entityId }), 'AUTH')
    server.answer(await server.expect('SEND'), errAuth)
    await refused
    const exchanged = connection.exchange(send, { entityId })
    server.answer(await server.expect('SEND'), errAuth)
    assert.deepEqual(await exchanged, errAuth)
  })

  it('fail when the answer is of another type', async () => {
    const { connection, server } = await connect()
    const answer = failure(connection.request({ tag: 'PING' }))
    const request = await server.expect('PING')
    server.send({ correlationId: request.correlationId, entityId, reply: OK })
    const mismatch = await answer
    assert.ok(mismatch instanceof UnexpectedReply)
    const get = failure(connection.request({ tag: 'GET' }, { entityId }))
    server.answer(await server.expect('GET'), END)
    const error = await get
    assert.ok(error instanceof UnexpectedReply)
    assert.deepEqual(error.reply, END)
  })

  it('time out one by one; a late answer is an event', async () => {
    const timers = new ManualTimers()
    const { connection, server } = await connect({ timers, responseMs: 1_000 })
    const slow = failure(connection.request({ tag: 'GET' }, { entityId }))
    const patient = connection.request({ tag: 'PING' }, { timeoutMs: 5_000 })
    const [get, ping] = [await server.expect('GET'), await server.expect('PING')]
    timers.advance(1_000)
    assert.ok((await slow) instanceof RequestTimeout)
    server.answer(get, messageOf('late'))
    server.answer(get, messageOf('twice'))
    server.answer(ping, PONG)
    assert.deepEqual(await patient, PONG)
    const { reply, isLate } = await next(connection.events)
    assert.deepEqual([reply, isLate], [messageOf('late'), true])
    connection.close()
    assert.deepEqual(await collect(connection.events), [])
    assert.equal(timers.count, 0)
  })

  it('fail when they do not fit into a block', async () => {
    const { connection } = await connect()
    const body = new Uint8Array(16_384)
    await assert.rejects(
      connection.request({ tag: 'SEND', notification: false, body }, { entityId }),
      RangeError,
    )
  })

  it('may not share a correlation id', async () => {
    const { connection, server } = await connect()
    const correlationId = crypto.randomBytes(24)
    const first = connection.request({ tag: 'PING' }, { correlationId })
    await assert.rejects(connection.request({ tag: 'PING' }, { correlationId }), TypeError)
    const request = await server.expect('PING')
    assert.deepEqual(request.correlationId, correlationId)
    server.answer(request, PONG)
    await first
  })
})

describe('batches', () => {
  it('are packed as the reference does, the last block full', async () => {
    const { connection, server } = await connect()
    const { privateKey: key } = crypto.generateKeyPair('Ed25519')
    const requests = Array.from({ length: 300 }, (_, i) => ({
      command: { tag: 'SUB' } as const,
      entityId: String(i).padStart(24),
      key,
    }))
    const results = connection.requestBatch(requests)
    const blocks = [await server.receive(), await server.receive(), await server.receive()]
    assert.deepEqual(
      blocks.map(({ length }) => length),
      [30, 135, 135],
    )
    const received = blocks.flat()
    assert.deepEqual(
      received.map((request) => request.entityId),
      requests.map((request) => request.entityId),
    )
    for (const request of received.toReversed())
      server.answer(request, request.entityId.endsWith('7') ? errAuth : { tag: 'SOK' })
    for (const [i, result] of (await results).entries())
      if (i % 10 === 7) assert.ok('error' in result && result.error instanceof SmpRefusal)
      else assert.deepEqual(result, { reply: { tag: 'SOK' } })
  })

  it('may be empty', async () => {
    const { connection } = await connect()
    assert.deepEqual(await connection.requestBatch([]), [])
  })

  it('that cannot be sent leave nothing waiting', async () => {
    const timers = new ManualTimers()
    const { connection } = await connect({ timers })
    const correlationId = crypto.randomBytes(24)
    const ping = { command: { tag: 'PING' }, correlationId } as const
    await assert.rejects(connection.requestBatch([ping, ping]), TypeError)
    assert.equal(timers.count, 0)
  })
})

describe('the end of a connection', () => {
  it('fails what is in flight and what comes after', async () => {
    const timers = new ManualTimers()
    const { connection, server } = await connect({ timers })
    const flying = expectClosed(connection.request({ tag: 'PING' }), 'remote')
    const batch = connection.requestBatch([{ command: { tag: 'PING' } }])
    server.end.close()
    await flying
    const [result] = await batch
    assert.ok(result && 'error' in result)
    await expectClosed(connection.request({ tag: 'PING' }), 'remote')
    await expectClosed(connection.requestBatch([{ command: { tag: 'PING' } }]), 'remote')
    await expectClosed(collect(connection.events), 'remote')
    assert.equal((await connection.closed).reason, 'remote')
    assert.equal(timers.count, 0)
  })

  it('tells a broken transport from a closed one', async () => {
    const { connection, server } = await connect()
    server.end.fail(new Error('wires cut'))
    const { reason, cause } = await connection.closed
    assert.equal(reason, 'network')
    assert.match(String(cause), /wires cut/)
  })

  it('is what close and await using make', async () => {
    const { connection } = await connect()
    {
      await using _ = connection
    }
    assert.equal((await connection.closed).reason, 'local')
    connection.close()
    assert.deepEqual(await collect(connection.events), [])
  })
})
