import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RequestTimeout } from '../../src/client/errors.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { notifierIdOf, recipientIdOf, senderIdOf } from '../../src/protocol/ids.ts'
import { END, errAuth, errInternal, OK, PONG } from '../../src/protocol/reply.ts'
import { expectClosed, failure } from './support/failure.ts'
import { collect, next } from './support/next.ts'
import { createQueue, expectEvent, openScripted, reconnect } from './support/scripted-client.ts'
import { until } from './support/until.ts'

const queueCredentials = (i: number) => ({
  recipientId: recipientIdOf(crypto.randomBytes(24).fill(i % 256, 0, 1)),
  senderId: senderIdOf(crypto.randomBytes(24)),
  key: crypto.generateKeyPair('Ed25519').privateKey,
  secret: crypto.randomBytes(32),
})

describe('a client that loses its connection', () => {
  it('connects again with growing delays', async () => {
    const scripted = await openScripted({ backoff: { jitter: 0 } })
    const server = await scripted.nextServer()
    scripted.refuse(12)
    server.end.close()
    const delays: number[] = []
    for (let attempt = 0; attempt <= 12; attempt++) {
      const { retryMs } = await expectEvent(scripted, 'disconnected')
      delays.push(retryMs)
      assert.equal(scripted.timers.next, retryMs)
      scripted.timers.advance(retryMs)
    }
    assert.deepEqual(delays.slice(0, 4), [2_000, 3_000, 4_500, 6_750])
    assert.equal(delays.at(-1), 180_000)
    assert.equal((await expectEvent(scripted, 'connected')).version, 18)
    scripted.client.close()
  })

  it('renews its subscriptions in full blocks', async () => {
    const scripted = await openScripted()
    const { client } = scripted
    const first = await scripted.nextServer()
    const queues = Array.from({ length: 200 }, (_, i) => client.openQueue(queueCredentials(i)))
    const notifier = client.openNotifier({
      notifierId: notifierIdOf(crypto.randomBytes(24)),
      key: crypto.generateKeyPair('Ed25519').privateKey,
      secret: crypto.randomBytes(32),
    })
    const subscribing = client.subscribe([...queues, notifier])
    for (const length of [65, 135]) {
      const requests = await first.receive()
      assert.equal(requests.length, length)
      for (const request of requests) first.answer(request, { tag: 'SOK' })
    }
    first.answer(await first.expect('NSUB'), { tag: 'SOK' })
    assert.deepEqual(await subscribing, [])

    const second = await reconnect(scripted, first)
    const renewed = [await second.receive(), await second.receive()]
    assert.deepEqual(
      renewed.map(({ length }) => length),
      [65, 135],
    )
    assert.deepEqual(
      renewed.flat().map(({ entityId }) => entityId),
      queues.map(({ recipientId }) => recipientId),
    )
    // commands wait until all is as before
    const ping = client.ping()
    for (const request of renewed.flat()) second.answer(request, { tag: 'SOK' })
    second.answer(await second.expect('NSUB'), { tag: 'SOK' })
    await expectEvent(scripted, 'connected')
    second.answer(await second.expect('PING'), PONG)
    await ping
    client.close()
  })

  it('gives up queues that the server refuses, and no others', async () => {
    const scripted = await openScripted({ backoff: { jitter: 0 } })
    const { client } = scripted
    const first = await scripted.nextServer()
    const lost = await createQueue(client, first)
    const kept = await createQueue(client, first)
    const messages = lost.queue.messages
    const second = await reconnect(scripted, first)
    const requests = await second.receive()
    assert.equal(requests.length, 2)
    for (const request of requests)
      second.answer(request, request.entityId === lost.entityId ? errAuth : { tag: 'SOK' })
    const { queue, reason } = await expectEvent(scripted, 'subscriptionEnded')
    assert.deepEqual([queue, reason], [lost.queue, 'refused'])
    await assert.rejects(next(messages), { name: 'SubscriptionEnded', reason: 'refused' })
    await expectEvent(scripted, 'connected')
    second.send({ entityId: kept.entityId, reply: kept.message(1) })
    assert.equal((await next(client.messages)).queue, kept.queue)
    client.close()
  })

  it('asks again for what the server cannot do at the moment', async () => {
    const scripted = await openScripted({ backoff: { jitter: 0 } })
    const first = await scripted.nextServer()
    const { entityId } = await createQueue(scripted.client, first)
    const second = await reconnect(scripted, first)
    second.answer(await second.expect('SUB'), errInternal)
    await expectEvent(scripted, 'connected')
    scripted.timers.advance(2_000)
    second.answer(await second.expect('SUB'), {
      tag: 'ERR',
      error: { code: 'STORE', text: 'away' },
    })
    await until(() => scripted.timers.next === 3_000)
    scripted.timers.advance(3_000)
    const request = await second.expect('SUB')
    assert.equal(request.entityId, entityId)
    second.answer(request, { tag: 'SOK' })
    scripted.client.close()
  })

  it('drops a connection on which it cannot renew', async () => {
    const scripted = await openScripted()
    const first = await scripted.nextServer()
    await createQueue(scripted.client, first)
    const second = await reconnect(scripted, first)
    await second.expect('SUB')
    scripted.timers.advance(30_000)
    const { error, retryMs } = await expectEvent(scripted, 'disconnected')
    assert.ok(error instanceof RequestTimeout)
    scripted.timers.advance(retryMs)
    const third = await scripted.nextServer()
    third.answer(await third.expect('SUB'), { tag: 'SOK' })
    await expectEvent(scripted, 'connected')
    scripted.client.close()
  })

  it('fails commands in flight and keeps those to come for a while', async () => {
    const scripted = await openScripted({ waitMs: 1_000 })
    const { client } = scripted
    const first = await scripted.nextServer()
    const flying = expectClosed(client.ping(), 'remote')
    await first.expect('PING')
    first.end.close()
    await flying
    await expectEvent(scripted, 'disconnected')
    const waiting = failure(client.ping())
    await Promise.resolve()
    scripted.timers.advance(1_000)
    assert.ok((await waiting) instanceof RequestTimeout)
    client.close()
    await expectClosed(client.ping(), 'local')
  })
})

describe('a client', () => {
  it('asks a silent server whether it lives', async () => {
    const scripted = await openScripted()
    const { timers } = scripted
    const first = await scripted.nextServer()
    timers.advance(1_200_000) // nothing subscribed: no PING
    await createQueue(scripted.client, first)
    timers.advance(600_000) // the answer to NEW came within this time
    timers.advance(600_000)
    first.answer(await first.expect('PING'), PONG)
    const connection = await scripted.client.connection()
    await until(() => connection.receivedBlocks === 2)
    timers.advance(600_000)
    timers.advance(600_000)
    await first.expect('PING')
    timers.advance(30_000)
    const { error, retryMs } = await expectEvent(scripted, 'disconnected')
    assert.match(error.message, /PING/)
    timers.advance(retryMs)
    const second = await scripted.nextServer()
    second.answer(await second.expect('SUB'), { tag: 'SOK' })
    await expectEvent(scripted, 'connected')
    scripted.client.close()
  })

  it('that is closed ends everything', async () => {
    const scripted = await openScripted()
    const { client, timers } = scripted
    const server = await scripted.nextServer()
    const { queue } = await createQueue(client, server)
    const pending = [collect(queue.messages), collect(client.messages), collect(scripted.events)]
    const ping = expectClosed(client.ping(), 'local')
    await server.expect('PING')
    client.close()
    await ping
    assert.deepEqual(await Promise.all(pending), [[], [], []])
    assert.deepEqual(await collect(client.events()), [])
    assert.equal(timers.count, 0)
    client.close()
  })

  it('that is closed while it waits does not connect again', async () => {
    const scripted = await openScripted()
    const { client, timers } = scripted
    const server = await scripted.nextServer()
    server.end.close()
    await expectEvent(scripted, 'disconnected')
    const waiting = expectClosed(client.ping(), 'local')
    await Promise.resolve()
    client.close()
    await waiting
    assert.equal(timers.count, 0)
  })

  it('hears of queues that others take or delete', async () => {
    const scripted = await openScripted()
    const server = await scripted.nextServer()
    const { queue, entityId } = await createQueue(scripted.client, server)
    server.send({ entityId, reply: END })
    const taken = await expectEvent(scripted, 'subscriptionEnded')
    assert.deepEqual([taken.queue, taken.reason], [queue, 'taken over'])
    await assert.rejects(next(queue.messages), { name: 'SubscriptionEnded' })
    const again = queue.subscribe()
    server.answer(await server.expect('SUB'), { tag: 'SOK' })
    await again
    server.send({ entityId, reply: { tag: 'DELD' } })
    const deleted = await expectEvent(scripted, 'subscriptionEnded')
    assert.equal(deleted.reason, 'deleted')
    server.send({ entityId: 'nobody', reply: OK })
    server.send({ reply: { tag: 'ERR', error: { code: 'BLOCK' } } })
    const { error } = await expectEvent(scripted, 'serverError')
    assert.deepEqual(error, { code: 'BLOCK' })
    scripted.client.close()
  })

  it('stops telling a listener that has left', async () => {
    const scripted = await openScripted()
    const server = await scripted.nextServer()
    const { entityId, queue } = await createQueue(scripted.client, server)
    server.send({ entityId, reply: END })
    for await (const { tag } of scripted.events) {
      assert.equal(tag, 'subscriptionEnded')
      break
    }
    assert.deepEqual(await collect(scripted.events), [])
    await assert.rejects(next(queue.messages), { name: 'SubscriptionEnded' })
    scripted.client.close()
  })

  it('does not renew what it could not subscribe', async () => {
    const scripted = await openScripted()
    const { client } = scripted
    const first = await scripted.nextServer()
    const queue = client.openQueue(queueCredentials(1))
    const subscribing = expectClosed(queue.subscribe(), 'remote')
    await first.expect('SUB')
    const second = await reconnect(scripted, first)
    await subscribing
    await expectEvent(scripted, 'connected')
    const pinged = client.ping()
    second.answer(await second.expect('PING'), PONG)
    await pinged
    const connection = await client.connection()
    connection.close()
    await expectClosed(client.subscribe([queue]), 'local')
    client.close()
  })
})
