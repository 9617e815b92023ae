/** One connection carries the commands of all clients of another relay: they wait only for their like. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { latin1Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { type Line, randomText, SEND, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { type Envelope, envelopeOf } from '../support/wire-forward.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

/** Sends each in a block of its own; what comes back is told by the inner correlation ids. */
class Forwarding {
  readonly #relay: WireClient
  readonly #envelopes = new Map<string, Envelope>()

  constructor(relay: WireClient) {
    this.#relay = relay
  }

  says(...lines: readonly Line[]): void {
    for (const line of lines) {
      const corrId = randomText(24)
      const envelope = envelopeOf(this.#relay.session, { corrId }, line)
      this.#envelopes.set(corrId, envelope)
      this.#relay.says([unsigned, corrId, '', `RFWD ${latin1Text(envelope.content)}`])
    }
  }

  async next(): Promise<string> {
    const [corrId, , reply] = await this.#relay.next()
    const envelope = this.#envelopes.get(corrId) ?? assert.fail('an answer to nothing')
    if (!reply.startsWith('RRES ')) return reply
    const [heard] = envelope.read(latin1Bytes(reply.slice(5)))
    return `${heard?.[0]} ${heard?.[2]}`
  }
}

const scene = async () => {
  const held = new HeldStore()
  const server = new WireRelay({ held })
  const recipient = await server.connect()
  const relay = await server.connect({ proxyServer: true })
  const [a, b] = [await recipient.creates(), await recipient.creates()]
  return {
    ...{ held, server, recipient, relay, a, b, forwarding: new Forwarding(relay) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const sends = (corrId: string, sid: string): Line => [unsigned, corrId, sid, SEND(corrId)]

describe('forwarded commands', () => {
  for (const [what, call] of [
    ['of one queue are stored in their order, others overtake them', 'appendMessage'],
    ['do not wait for the look-up of another queue', 'loadQueues'],
  ] as const)
    test(what, async () => {
      await using all = await scene()
      const { held, forwarding, recipient, a, b } = all
      const gate = held.hold(call)
      forwarding.says(sends('a1', a.sid), sends('a2', a.sid), sends('b1', b.sid))
      await gate.holds(2)
      gate.releaseLast()
      assert.equal(await forwarding.next(), 'b1 OK')
      gate.release()
      assert.deepEqual([await forwarding.next(), await forwarding.next()], ['a1 OK', 'a2 OK'])
      await recipient.table(
        [a.key, 'g', a.rid, 'GET', 'MSG F a1'],
        [a.key, 'k', a.rid, a.ack('a1'), 'OK'],
        [a.key, 'h', a.rid, 'GET', 'MSG F a2'],
      )
    })

  test('are bounded: then no more are read', async () => {
    await using all = await scene()
    const { held, forwarding, relay, a, b } = all
    const gate = held.hold('appendMessage')
    const lines = Array.from({ length: 200 }, (_, at) => sends(`a${at}`, a.sid))
    forwarding.says(...lines, sends('b', b.sid))
    await gate.holds(1)
    assert.ok(relay.connection.unread >= 70)
    gate.release()
    const answers: string[] = []
    for (let count = 0; count <= lines.length; count++) answers.push(await forwarding.next())
    assert.ok(answers.includes('b OK'))
    assert.equal(answers.filter((answer) => answer.endsWith(' OK')).length, 129)
  })

  test('that the store cannot serve have no answer, and the connection stays', async () => {
    await using all = await scene()
    const { held, forwarding, server, relay, a, b } = all
    held.hold('appendMessage').fail(new StoreUnavailable('away'))
    forwarding.says(sends('a1', a.sid))
    await relay.hearsNothing()
    held.mend('appendMessage')
    assert.equal(relay.connection.fate, 'open')
    forwarding.says(sends('b1', b.sid), sends('a2', a.sid))
    assert.deepEqual([await forwarding.next(), await forwarding.next()], ['b1 OK', 'a2 OK'])
    assert.deepEqual(server.faults.splice(0), ['SEND', 'RFWD'])
  })

  test('that meet a fault of the relay are told so', async () => {
    await using all = await scene()
    const { held, forwarding, server, a } = all
    held.break('appendMessage')
    forwarding.says(sends('a1', a.sid))
    assert.equal(await forwarding.next(), 'a1 ERR INTERNAL')
    assert.deepEqual(server.faults.splice(0), ['SEND'])
  })
})
