import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SmpEvent } from '../../src/client/event-buffer.ts'
import { DELD, END, OK, PONG, refusal } from '../../src/protocol/reply.ts'
import { connect } from './support/connected.ts'
import { next } from './support/next.ts'

const idOf = (i: number): string => String(i).padStart(24)

describe('events', () => {
  it('come in the order of the wire', async () => {
    const { connection, server } = await connect()
    server.send({ entityId: idOf(1), reply: END }, { entityId: idOf(2), reply: DELD })
    server.send({ reply: refusal({ code: 'BLOCK' }) })
    const events = [await next(connection.events), await next(connection.events)]
    assert.deepEqual(events, [
      { entityId: idOf(1), reply: END },
      { entityId: idOf(2), reply: DELD },
    ])
    assert.deepEqual((await next(connection.events)).reply, refusal({ code: 'BLOCK' }))
  })

  it('may be taken as they come, before the answers behind them', async () => {
    const events: SmpEvent[] = []
    const { connection, server } = await connect({ onEvent: (event) => events.push(event) })
    const answer = connection.request({ tag: 'PING' })
    const ping = await server.expect('PING')
    server.send({ entityId: idOf(1), reply: END })
    server.answer(ping, PONG)
    await answer
    assert.deepEqual(events, [{ entityId: idOf(1), reply: END }])
  })

  it('that nobody takes stop the reading', async () => {
    const { connection, server } = await connect({ eventBuffer: 4 })
    for (let i = 0; i < 10; i++) server.send({ entityId: idOf(i), reply: END })
    const taken: string[] = []
    for (let i = 0; i < 10; i++) {
      taken.push((await next(connection.events)).entityId)
      // at most the buffer was read ahead of what was taken
      assert.ok(connection.receivedBlocks <= taken.length + 4)
    }
    assert.deepEqual(
      taken,
      Array.from({ length: 10 }, (_, i) => idOf(i)),
    )
  })

  it('do not keep an answer from a consumer that awaits one', async () => {
    const { connection, server } = await connect({ eventBuffer: 2 })
    for (let i = 0; i < 10; i++) server.send({ entityId: idOf(i), reply: END })
    const { entityId } = await next(connection.events)
    const answer = connection.request({ tag: 'GET' }, { entityId })
    server.answer(await server.expect('GET'), OK)
    assert.deepEqual(await answer, OK)
    for (let i = 1; i < 10; i++) assert.equal((await next(connection.events)).entityId, idOf(i))
  })

  it('without end close the connection', async () => {
    const { connection, server } = await connect({ eventBuffer: 2 })
    const answer = connection.request({ tag: 'PING' })
    await server.expect('PING')
    for (let i = 0; i <= 32; i++) server.send({ entityId: idOf(i), reply: END })
    await assert.rejects(answer, { name: 'ConnectionClosed', reason: 'overflow' })
    assert.equal((await connection.closed).reason, 'overflow')
  })
})
