/** A server that breaks the protocol harms the connection at most: every request still ends. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SmpConnection } from '../../src/client/connection.ts'
import { RequestTimeout, UnexpectedReply } from '../../src/client/errors.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, concatBytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import { pad } from '../../src/protocol/padding.ts'
import { OK, PONG } from '../../src/protocol/reply.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { connect } from './support/connected.ts'
import { expectClosed, failure } from './support/failure.ts'
import { ManualTimers } from './support/manual-timers.ts'
import type { ScriptedServer } from './support/scripted-server.ts'

const entityId = 'q'.repeat(24)
const versions = [6, 7, 10, 11, 16, 18]

const transmission = (parts: {
  readonly sessionId?: Bytes
  readonly correlationId: Bytes
  readonly entityId?: string
  readonly reply: string
}): Bytes => {
  const writer = new Writer().u8(0)
  if (parts.sessionId) writer.short(parts.sessionId)
  writer.short(parts.correlationId).shortText(parts.entityId ?? '')
  return writer.raw(utf8Bytes(parts.reply)).bytes()
}

const blockOf = (server: ScriptedServer, ...transmissions: readonly Bytes[]): Bytes => {
  const content = new Writer().u8(transmissions.length)
  for (const bytes of transmissions) content.large(bytes)
  return pad(content.bytes(), server.paddedBytes)
}

const answered = async (connection: SmpConnection, server: ScriptedServer): Promise<void> => {
  const answer = connection.request({ tag: 'PING' })
  server.answer(await server.expect('PING'), PONG)
  assert.deepEqual(await answer, PONG)
}

const garbage: readonly (readonly [string, (server: ScriptedServer) => Bytes])[] = [
  ['a length beyond the end', ({ paddedBytes }) => new Uint8Array(paddedBytes).fill(0xff)],
  ['no transmissions', ({ paddedBytes }) => pad(Uint8Array.of(0), paddedBytes)],
  ['an empty content', ({ paddedBytes }) => pad(new Uint8Array(0), paddedBytes)],
  ['a transmission cut short', ({ paddedBytes }) => pad(Uint8Array.of(1, 0, 9, 1), paddedBytes)],
  ['bytes left over', ({ paddedBytes }) => pad(Uint8Array.of(1, 0, 1, 0, 7), paddedBytes)],
  ['fields cut short', (server) => blockOf(server, Uint8Array.of(0, 24, 1, 2))],
]

for (const version of versions)
  describe(`a hostile server at v${version}`, () => {
    const at = (options = {}) => connect({ versions: { min: 6, max: version }, ...options })

    for (const [name, makeBlock] of garbage)
      it(`is left when it sends ${name}`, async () => {
        const { connection, server } = await at()
        const waiting = expectClosed(connection.request({ tag: 'PING' }), 'protocol')
        await server.expect('PING')
        server.sendPadded(makeBlock(server))
        await waiting
        assert.equal((await connection.closed).reason, 'protocol')
      })

    it('is left when it closes in the middle', async () => {
      const { connection, server } = await at()
      const waiting = expectClosed(connection.request({ tag: 'PING' }), 'remote')
      await server.expect('PING')
      server.end.close()
      await waiting
    })

    it('cannot answer what was not asked', async () => {
      const { connection, server } = await at()
      for (const length of [1, 23, 24, 25, 255])
        server.send({ correlationId: crypto.randomBytes(length), entityId, reply: OK })
      await answered(connection, server)
    })

    it('does not keep a request whose answer has the wrong correlation id', async () => {
      const timers = new ManualTimers()
      const { connection, server } = await at({ timers })
      const waiting = failure(connection.request({ tag: 'GET' }, { entityId }))
      const { correlationId } = await server.expect('GET')
      const other = correlationId.map((byte) => byte ^ 1)
      server.send({ correlationId: other, entityId, reply: OK })
      await answered(connection, server)
      timers.advance(30_000)
      assert.ok((await waiting) instanceof RequestTimeout)
    })

    it('cannot answer for another queue', async () => {
      const { connection, server } = await at()
      for (const other of ['', 'r'.repeat(24), entityId.slice(1)]) {
        const waiting = failure(connection.request({ tag: 'GET' }, { entityId }))
        const { correlationId } = await server.expect('GET')
        server.send({ correlationId, entityId: other, reply: OK })
        assert.ok((await waiting) instanceof UnexpectedReply)
      }
      await answered(connection, server)
    })

    it('fails the one request whose answer does not parse', async () => {
      const { connection, server } = await at()
      const { sessionId } = server
      const prefix = version === 6 ? { sessionId } : {}
      for (const reply of ['', 'WHAT', 'OK ', 'MSG', 'IDS \x01', 'ERR', 'ERR CMD', 'SOK 2']) {
        const waiting = failure(connection.request({ tag: 'GET' }, { entityId }))
        const { correlationId } = await server.expect('GET')
        const bytes = transmission({ ...prefix, correlationId, entityId, reply })
        server.sendPadded(blockOf(server, bytes))
        assert.ok((await waiting) instanceof UnexpectedReply)
      }
      await answered(connection, server)
    })

    it('sends events of unknown forms for nothing', async () => {
      const { connection, server } = await at()
      const prefix = version === 6 ? { sessionId: server.sessionId } : {}
      const bytes = transmission({ ...prefix, correlationId: new Uint8Array(0), reply: 'NEWS' })
      server.sendPadded(blockOf(server, bytes))
      await answered(connection, server)
    })

    if (version === 6)
      it('is left when it names another session', async () => {
        const { connection, server } = await at()
        const sessionId = crypto.randomBytes(32)
        const correlationId = crypto.randomBytes(24)
        const bytes = transmission({ sessionId, correlationId, reply: 'PONG' })
        server.sendPadded(blockOf(server, bytes))
        assert.equal((await connection.closed).reason, 'protocol')
      })

    if (version >= 11)
      it('is left when a block is damaged, plain, repeated or left out', async () => {
        const changes: readonly ((block: Bytes) => readonly Bytes[])[] = [
          (block) => [block.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))],
          () => [pad(Uint8Array.of(1, 0, 1, 0), BLOCK_BYTES)],
          (block) => [block, block],
          () => [concatBytes(crypto.randomBytes(BLOCK_BYTES))],
        ]
        for (const change of changes) {
          const { connection, server } = await at()
          const { end } = server
          const send = end.send
          end.send = (block) => {
            for (const changed of change(block)) send(changed)
          }
          server.send({ entityId, reply: OK })
          assert.equal((await connection.closed).reason, 'protocol')
        }
      })
  })
