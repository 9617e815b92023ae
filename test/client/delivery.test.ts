import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { QueueMessage } from '../../src/client/message.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { utf8Text } from '../../src/protocol/bytes.ts'
import { messageIdOf, notifierIdOf } from '../../src/protocol/ids.ts'
import { OK, refusal } from '../../src/protocol/reply.ts'
import { expectClosed, expectRefusal, failure } from './support/failure.ts'
import { next } from './support/next.ts'
import { createQueue, expectEvent, openScripted, reconnect } from './support/scripted-client.ts'
import type { ScriptedServer, Sent } from './support/scripted-server.ts'

const textOf = (message: QueueMessage): string => utf8Text(message.body)
const noMessage = refusal({ code: 'NO_MSG' })

const open = async () => {
  const scripted = await openScripted()
  const server = await scripted.nextServer()
  const made = await createQueue(scripted.client, server)
  return { scripted, server, client: scripted.client, ...made }
}

/** Answers the renewal of the only queue, with a message behind it if one is given. */
const renew = async (server: ScriptedServer, message?: Sent) => {
  const { correlationId, entityId } = await server.expect('SUB')
  const answer = { correlationId, entityId, reply: { tag: 'SOK' } } as const
  server.send(answer, ...(message ? [message] : []))
}

describe('messages', () => {
  it('come one after the other, the next one with the answer to ACK', async () => {
    const { server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: message(1) })
    const first = await next(queue.messages)
    assert.equal(textOf(first), 'message 1')
    assert.equal(first.timestamp, 1_700_000_001)
    assert.equal(first.notification, false)
    const acked = first.ack()
    const ack = await server.expect('ACK')
    assert.equal(ack.command.messageId, first.id)
    server.answer(ack, message(2))
    await acked
    const second = await next(queue.messages)
    assert.equal(textOf(second), 'message 2')
    const last = second.ack()
    server.answer(await server.expect('ACK'), OK)
    await last
    client.close()
  })

  it('of queues that are not read one by one come together', async () => {
    const { client, server, ...one } = await open()
    const two = await createQueue(client, server)
    server.send({ entityId: one.entityId, reply: one.message(1) })
    server.send({ entityId: two.entityId, reply: two.message(2) })
    const taken = [await next(client.messages), await next(client.messages)]
    assert.deepEqual(
      taken.map(({ queue }) => queue),
      [one.queue, two.queue],
    )
    client.close()
  })

  it('that wait in the common list move to the queue that is read on its own', async () => {
    const { client, server, ...one } = await open()
    const two = await createQueue(client, server)
    server.send({ entityId: one.entityId, reply: one.message(1) })
    server.send({ entityId: two.entityId, reply: two.message(2) })
    const pinged = client.ping()
    server.answer(await server.expect('PING'), { tag: 'PONG' })
    await pinged
    assert.equal(textOf(await next(one.queue.messages)), 'message 1')
    assert.equal(textOf(await next(client.messages)), 'message 2')
    client.close()
  })

  it('delivered again after a reconnection are not seen twice', async () => {
    const { scripted, server, queue, entityId, message } = await open()
    server.send({ entityId, reply: message(1) })
    const first = await next(queue.messages)
    const second = await reconnect(scripted, server)
    await renew(second, { entityId, reply: message(1) })
    await expectEvent(scripted, 'connected')
    const acked = first.ack()
    second.answer(await second.expect('ACK'), message(2))
    await acked
    assert.equal(textOf(await next(queue.messages)), 'message 2')
    scripted.client.close()
  })

  it('acknowledged while the connection breaks are acknowledged on the next', async () => {
    const { scripted, server, queue, entityId, message } = await open()
    server.send({ entityId, reply: message(1) })
    const first = await next(queue.messages)
    const acked = first.ack()
    await server.expect('ACK')
    const second = await reconnect(scripted, server)
    await renew(second, { entityId, reply: message(1) })
    const again = await second.expect('ACK')
    assert.equal(again.command.messageId, first.id)
    second.answer(again, OK)
    await acked
    scripted.client.close()
  })

  it('whose ACK was executed but not answered are done', async () => {
    const { scripted, server, queue, entityId, message } = await open()
    server.send({ entityId, reply: message(1) })
    const acked = (await next(queue.messages)).ack()
    await server.expect('ACK')
    const second = await reconnect(scripted, server)
    await renew(second, { entityId, reply: message(2) })
    second.answer(await second.expect('ACK'), noMessage)
    await acked
    assert.equal(textOf(await next(queue.messages)), 'message 2')
    scripted.client.close()
  })

  it('that come back after their ACK are acknowledged again, unseen', async () => {
    const { server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: message(1) })
    const acked = (await next(queue.messages)).ack()
    server.answer(await server.expect('ACK'), OK)
    await acked
    server.send({ entityId, reply: message(1) })
    const again = await server.expect('ACK')
    server.answer(again, message(2))
    assert.equal(textOf(await next(queue.messages)), 'message 2')
    client.close()
  })

  it('of a deleted queue are refused, of one deleted from here no matter', async () => {
    const { server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: message(1) })
    const first = await next(queue.messages)
    const refused = expectRefusal(first.ack(), 'AUTH')
    server.answer(await server.expect('ACK'), refusal({ code: 'AUTH' }))
    await refused
    const deleted = queue.delete()
    server.answer(await server.expect('DEL'), OK)
    await deleted
    await first.ack()
    await assert.rejects(next(queue.messages), /it ended/)
    client.close()
  })

  it('cannot be acknowledged once the client is closed', async () => {
    const { server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: message(1) })
    const first = await next(queue.messages)
    client.close()
    await expectClosed(first.ack(), 'local')
  })
})

describe('what is no message for the program', () => {
  it('a marker of a full queue is an event', async () => {
    const { scripted, server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: message(1, { tag: 'quota' }) })
    const event = await expectEvent(scripted, 'overQuota')
    assert.deepEqual([event.queue, event.timestamp], [queue, 1_700_000_001])
    server.answer(await server.expect('ACK'), message(2))
    assert.equal(textOf(await next(queue.messages)), 'message 2')
    client.close()
  })

  it('a message that does not open is an event', async () => {
    const { scripted, server, queue, entityId, message, client } = await open()
    server.send({ entityId, reply: { ...message(1), body: crypto.randomBytes(16_122) } })
    assert.equal((await expectEvent(scripted, 'unreadable')).queue, queue)
    server.answer(await server.expect('ACK'), OK)
    client.close()
  })

  it('the news that the queue is blocked is an event', async () => {
    const { scripted, server, queue, entityId, client } = await open()
    const error = { code: 'BLOCKED', blocking: { reason: 'spam' } } as const
    server.send({ entityId, reply: refusal(error) })
    assert.deepEqual(await expectEvent(scripted, 'blocked'), { tag: 'blocked', queue, error })
    client.close()
  })

  it('a notification that does not open is an event', async () => {
    const { scripted, server, client } = await open()
    const notifierId = notifierIdOf(crypto.randomBytes(24))
    const { privateKey: key } = crypto.generateKeyPair('Ed25519')
    const notifier = client.openNotifier({ notifierId, key, secret: crypto.randomBytes(32) })
    const subscribing = notifier.subscribe()
    server.answer(await server.expect('NSUB'), { tag: 'SOK' })
    await subscribing
    const [nonce, meta] = [crypto.randomBytes(24), crypto.randomBytes(144)]
    server.send({ entityId: notifierId, reply: { tag: 'NMSG', nonce, meta } })
    assert.equal((await expectEvent(scripted, 'unreadable')).queue, notifier)
    client.close()
  })
})

describe('GET', () => {
  it('skips markers and acknowledges them', async () => {
    const { server, queue, message, client } = await open()
    const got = queue.get()
    server.answer(await server.expect('GET'), message(1, { tag: 'quota' }))
    const ack = await server.expect('ACK')
    assert.equal(ack.command.messageId, messageIdOf(new Uint8Array(24).fill(1)))
    server.answer(ack, OK)
    server.answer(await server.expect('GET'), message(2))
    const second = await got
    assert.ok(second)
    assert.equal(textOf(second), 'message 2')
    client.close()
  })
})

describe('subscribing', () => {
  it('that the server refuses is not renewed', async () => {
    const { scripted, server, queue, client } = await open()
    const again = client.openQueue(queue.credentials)
    const refused = expectRefusal(again.subscribe(), 'AUTH')
    server.answer(await server.expect('SUB'), refusal({ code: 'AUTH' }))
    await refused
    const second = await reconnect(scripted, server)
    await expectEvent(scripted, 'connected')
    const pinged = client.ping()
    second.answer(await second.expect('PING'), { tag: 'PONG' })
    await pinged
    client.close()
  })

  it('to a queue of another client is an error of the program', async () => {
    const { queue, client } = await open()
    const other = await openScripted()
    assert.ok((await failure(other.client.subscribe([queue]))) instanceof TypeError)
    client.close()
    other.client.close()
  })

  it('takes a message in the answer, as old servers send it', async () => {
    const { server, queue, message, client } = await open()
    const subscribing = queue.subscribe()
    server.answer(await server.expect('SUB'), message(1))
    await subscribing
    assert.equal(textOf(await next(queue.messages)), 'message 1')
    client.close()
  })
})
