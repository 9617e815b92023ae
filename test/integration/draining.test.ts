/** Connections that are asked to leave, on real sockets: everything they asked is answered first. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { until } from '../support/redis/until.ts'
import { randomText, SEND, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { DestinationListener, PFWD } from '../support/wire-destination.ts'
import { sayHello } from '../support/wire-hello.ts'
import { closed, type TlsConnection, TlsRelay } from '../support/wire-tls.ts'
import { WebSocketEnd } from '../support/wire-web-socket.ts'
import { within } from '../support/within.ts'

const idle = { drainSeconds: '30' }

/** What is heard until the connection ends, which it does in order and between two blocks. */
const heardUntilEnd = async ({ connection, ...client }: WireClient<TlsConnection>) => {
  const { socket } = connection
  let failure: unknown
  socket.on('error', (error) => {
    failure = error
  })
  await within('the relay ends the connection', closed(socket))
  assert.equal(failure, undefined, 'reset')
  assert.equal(socket.readableEnded, true)
  return client
}

describe('a connection that is asked to leave', { timeout: 60_000 }, () => {
  test('is answered what was received, and the rest is as if it had not been sent', async () => {
    await using relay = await TlsRelay.start({ ...idle, queueQuota: '1000' })
    const sender = await relay.connect()
    const q = await sender.creates()
    const bodies = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(3000)}`)
    for (const [i, body] of bodies.entries()) sender.says([unsigned, `${i}`, q.sid, SEND(body)])
    await sender.hears(['0', q.sid, 'OK'])
    await relay.itself.shed({ share: 1, overSeconds: 0 }).done
    await heardUntilEnd(sender)
    const answered = sender.takeAll()
    const expected = answered.map((_, i) => [`${i + 1}`, q.sid, 'OK'])
    assert.deepEqual(answered, expected)
    assert.ok(answered.length < bodies.length - 1, 'not everything was received')

    const recipient = await relay.connect()
    const [first = ''] = bodies
    recipient.says([q.key, 'sub', q.rid, 'SUB'])
    await recipient.hears(['sub', q.rid, 'SOK 0'], ['', q.rid, `MSG F ${first}`])
    for (const [i, body] of bodies.slice(0, answered.length + 1).entries()) {
      const next = i === answered.length ? 'OK' : `MSG F ${bodies[i + 1]}`
      await recipient.asks([q.key, 'ack', q.rid, q.ack(body)], next)
    }
    await recipient.hearsNothing()
    recipient.leaves()
    await relay.holds(0)
  })

  test('lets another one go on with its subscription', async () => {
    await using relay = await TlsRelay.start(idle)
    const first = await relay.connect()
    const q = await first.creates({ subscribe: true })
    await relay.itself.shed({ share: 1, overSeconds: 0 }).done
    await heardUntilEnd(first)
    const other = await relay.connect()
    await other.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    const second = await relay.connect()
    second.says([q.key, 'sub', q.rid, 'SUB'])
    await second.hearsAll(['sub', q.rid, 'SOK 0'], ['', q.rid, 'MSG F hello'])
    for (const client of [other, second]) client.leaves()
    await relay.holds(0)
  })

  test('over WebSocket is told goodbye after its answers', async () => {
    await using relay = await TlsRelay.start({ ...idle, wsPorts: '0' })
    const end = await WebSocketEnd.open(`ws://127.0.0.1:${relay.webPort('ws')}/`)
    await end.learnSession()
    const client = await sayHello(end, relay.directory)
    const q = await client.creates()
    for (let i = 0; i < 3; i += 1) client.says([unsigned, `${i}`, q.sid, SEND('hello')])
    await client.hears(['0', q.sid, 'OK'])
    const code = end.closeCode()
    await relay.itself.shed({ share: 1, overSeconds: 0 }).done
    assert.equal(await within('the goodbye', code), 1000)
    assert.ok(client.takeAll().every(([, , reply]) => reply === 'OK'))
  })

  test('waits for what another relay works on', async () => {
    await using relay = await TlsRelay.start({ ...idle, proxyAllowPrivate: 'on' })
    await using listener = await DestinationListener.start()
    const client = await relay.connect()
    const accepting = listener.accept()
    const sessionId = await listener.sessionOf(client)
    const destination = await accepting
    const corrId = randomText(24)
    client.says([unsigned, corrId, sessionId, PFWD('sealed')])
    const arrived = await destination.next()
    const drain = relay.itself.drain()
    assert.equal(relay.itself.state, 'draining')
    assert.equal(drain.connectionsLeft, 1)
    destination.answers(arrived, 'sealed answer')
    await client.hears([corrId, sessionId, 'PRES sealed answer'])
    await heardUntilEnd(client)
    assert.deepEqual(await drain.done, { closed: 1, cutOff: 0 })
  })

  test('is answered that the other relay did not, when there is no time left', async () => {
    await using relay = await TlsRelay.start({ drainSeconds: '2', proxyAllowPrivate: 'on' })
    await using listener = await DestinationListener.start()
    const client = await relay.connect()
    const accepting = listener.accept()
    const sessionId = await listener.sessionOf(client)
    const destination = await accepting
    const corrId = randomText(24)
    client.says([unsigned, corrId, sessionId, PFWD('sealed')])
    await destination.next()
    const drain = relay.itself.drain()
    await client.hears([corrId, sessionId, 'ERR PROXY BROKER TIMEOUT'])
    await heardUntilEnd(client)
    assert.deepEqual(await drain.done, { closed: 1, cutOff: 0 })
  })
})

describe('a relay that drains', { timeout: 60_000 }, () => {
  test('accepts nobody, closes everybody and is idle then', async () => {
    await using relay = await TlsRelay.start(idle)
    const { itself, port } = relay
    assert.deepEqual([itself.state, itself.connections], ['serving', 0])
    const clients = [await relay.connect(), await relay.connect()]
    await until('both are there', () => itself.connections === 2)
    // in the midst of its handshake
    const early = await relay.dialTls()
    await until('all three are there', () => itself.connections === 3)
    const drain = itself.drain()
    for (const client of clients) await heardUntilEnd(client)
    await within('its end', closed(early))
    assert.deepEqual(await drain.done, { closed: 3, cutOff: 0 })
    assert.deepEqual([itself.state, itself.connections], ['draining', 0])
    const late = connect({ port, host: '127.0.0.1' })
    const [error] = await once(late, 'error')
    assert.equal(error.code, 'ECONNREFUSED')
    await relay.close()
    assert.equal(itself.state, 'stopped')
  })

  test('still accepts during the delay', async () => {
    await using relay = await TlsRelay.start({ ...idle, drainDelaySeconds: '3600' })
    const before = await relay.connect()
    const drain = relay.itself.drain()
    const during = await relay.connect()
    for (const client of [before, during]) await client.asks([unsigned, 'p', '', 'PING'], 'PONG')
    drain.hasten()
    for (const client of [before, during]) await heardUntilEnd(client)
    assert.deepEqual(await drain.done, { closed: 2, cutOff: 0 })
  })

  test('does not wait for who reads nothing beyond its bound', async () => {
    await using relay = await TlsRelay.start({ drainSeconds: '1' })
    const client = await relay.connect()
    const { socket } = client.connection
    socket.pause()
    for (let count = 0; count < 3000; count += 1) client.says([unsigned, 'p', '', 'PING'])
    let before = 0
    await until('the relay does not read either', () => {
      const isStill = socket.writableLength === before
      before = socket.writableLength
      return isStill && before > 1_000_000
    })
    const drain = relay.itself.drain()
    assert.deepEqual(await within('the drain', drain.done), { closed: 1, cutOff: 0 })
    socket.destroy()
  })
})
