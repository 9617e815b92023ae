/** Commands on their way through, and what may go wrong there (protocol.md, 9.3 to 9.5). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { latin1Text, noBytes, utf8Bytes } from '../../src/protocol/bytes.ts'
import { pad } from '../../src/protocol/padding.ts'
import { errAuth, OK, PONG, refusal } from '../../src/protocol/reply.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { turn } from '../support/clock.ts'
import { randomText, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { type Destination, DestinationListener, PFWD } from '../support/wire-destination.ts'
import { type TlsConnection, TlsRelay } from '../support/wire-tls.ts'

const open = { proxyAllowPrivate: 'on' }
const TIMEOUT = 'ERR PROXY BROKER TIMEOUT'
const NO_SESSION = 'ERR PROXY NO_SESSION'

const scene = async (given: Readonly<Record<string, string>> = {}, now?: () => number) => {
  const relay = await TlsRelay.start({ ...open, ...given }, now && { now })
  const listener = await DestinationListener.start()
  const client = await relay.connect()
  const accepting = listener.accept()
  const sessionId = await listener.sessionOf(client)
  return {
    ...{ relay, listener, client, sessionId, destination: await accepting },
    async [Symbol.asyncDispose]() {
      await relay.close()
      await listener[Symbol.asyncDispose]()
    },
  }
}

type Scene = Awaited<ReturnType<typeof scene>>

/** Sends PFWD, lets the destination answer it as it likes, and expects what the client hears. */
const exchange = async (
  { client, sessionId, destination }: Scene,
  answer: (arrived: Awaited<ReturnType<Destination['next']>>) => void,
  reply: string,
): Promise<void> => {
  const corrId = randomText(24)
  client.says([unsigned, corrId, sessionId, PFWD('sealed')])
  answer(await destination.next())
  await client.hears([corrId, sessionId, reply])
}

describe('a command', () => {
  test('is passed on as it is, and its answer too', async () => {
    await using all = await scene()
    const { client, sessionId, destination } = all
    assert.equal(destination.server.hello.proxyServer, true)
    assert.equal(destination.server.version, 18)
    for (const [corrId, sealed, version] of [
      [randomText(24), randomText(16_242), 17],
      [randomText(24), '', 8],
      ['', randomText(10), 65_535],
      [randomText(25), randomText(16_242), 6],
    ] as const) {
      client.says([unsigned, corrId, sessionId, PFWD(sealed, version)])
      const arrived = await destination.next()
      assert.deepEqual([arrived.clientCorrId, arrived.version], [corrId, version])
      assert.equal(latin1Text(arrived.transmission), sealed)
      assert.equal(arrived.request.correlationId.length, 24)
      const response = randomText(16_242)
      destination.answers(arrived, response)
      await client.hears([corrId, sessionId, `PRES ${response}`])
    }
  })

  test('is answered when its destination does, and not in order', async () => {
    await using all = await scene()
    const { client, sessionId, destination } = all
    const corrIds = Array.from({ length: 20 }, () => randomText(24))
    for (const corrId of corrIds) client.says([unsigned, corrId, sessionId, PFWD(corrId)])
    const arrived = []
    for (const _ of corrIds) arrived.push(await destination.next())
    for (const one of arrived.reverse()) destination.answers(one, one.clientCorrId)
    for (const corrId of corrIds.reverse())
      await client.hears([corrId, sessionId, `PRES ${corrId}`])
  })

  test('that names no session, or is too large to be passed on', async () => {
    await using all = await scene()
    const { client, sessionId } = all
    await client.table(
      [unsigned, 'a', randomText(32), PFWD('x'), NO_SESSION],
      [unsigned, 'b', 'x', PFWD('x'), NO_SESSION],
      [unsigned, 'c', '', PFWD('x'), 'ERR CMD NO_ENTITY'],
      [crypto.randomBytes(64), 'd', sessionId, PFWD('x'), 'ERR CMD HAS_AUTH'],
      [unsigned, 'e', sessionId, 'PFWD', 'ERR CMD SYNTAX'],
      [unsigned, 'f', sessionId, PFWD(randomText(16_270)), 'ERR PROXY BROKER TRANSPORT LARGE_MSG'],
    )
  })
})

describe('an answer of the destination', () => {
  test('that is none to a forwarded command', async () => {
    await using all = await scene()
    const { server } = all.destination
    const protocol = 'ERR PROXY PROTOCOL'
    await exchange(all, ({ request }) => server.answer(request, errAuth), `${protocol} AUTH`)
    const crypto = refusal({ code: 'CRYPTO' })
    await exchange(all, ({ request }) => server.answer(request, crypto), `${protocol} CRYPTO`)
    const blocked = refusal({ code: 'BLOCKED', blocking: { reason: 'spam' } })
    await exchange(
      all,
      ({ request }) => server.answer(request, blocked),
      `${protocol} BLOCKED reason=spam`,
    )
    const unexpected = 'ERR PROXY BROKER UNEXPECTED'
    await exchange(all, ({ request }) => server.answer(request, OK), `${unexpected} \x02OK`)
    await exchange(all, ({ request }) => server.answer(request, PONG), `${unexpected} \x04PONG`)
  })

  test('that cannot be read', async () => {
    await using all = await scene()
    const { server } = all.destination
    const says = (correlationId: Uint8Array, text: string): void => {
      const transmission = new Writer().u8(0).short(correlationId).u8(0).text(text).bytes()
      server.sendPadded(pad(new Writer().u8(1).large(transmission).bytes(), 16_384))
    }
    const response = 'ERR PROXY BROKER RESPONSE'
    const answered = (text: string, reply: string): Promise<void> =>
      exchange(all, ({ request }) => says(request.correlationId, text), reply)
    await answered('NEVER', `${response} \x0bCMD UNKNOWN`)
    await answered('RRES', `${response} \x0aCMD SYNTAX`)
    await answered('ERR WHAT', `${response} \x0aCMD SYNTAX`)
    await answered(`RRES ${randomText(16_283)}`, 'ERR CRYPTO')
    await answered('RRES ', 'ERR CRYPTO')
    await exchange(
      all,
      ({ request: { correlationId } }) =>
        server.send({ correlationId, entityId: 'x', reply: { tag: 'RRES', response: noBytes } }),
      `${response} \x0cCMD HAS_AUTH`,
    )
  })

  test('that opens and is not what it should be', async () => {
    await using all = await scene()
    const { server } = all.destination
    const sealed = (plain: Uint8Array): Promise<void> =>
      exchange(
        all,
        ({ request, key }) => {
          const nonce = request.correlationId.toReversed()
          server.answer(request, { tag: 'RRES', response: crypto.box(key.secret, nonce, plain) })
        },
        'ERR PROXY BROKER RESPONSE \x05BLOCK',
      )
    await sealed(noBytes)
    await sealed(Uint8Array.of(24, 1))
    await sealed(utf8Bytes('\x05othersresponse'))
  })

  test('that nobody waits for is nobody’s', async () => {
    await using all = await scene()
    const { destination } = all
    const { server } = destination
    for (let count = 0; count < 2000; count++)
      server.send(
        { correlationId: crypto.randomBytes(24), reply: OK },
        { reply: { tag: 'END' }, entityId: randomText(24) },
      )
    await exchange(all, (arrived) => destination.answers(arrived, 'fine'), 'PRES fine')
  })
})

describe('a destination', () => {
  test('that breaks the protocol or closes loses its session', async () => {
    await using all = await scene()
    const { listener, client } = all
    const ends: ((destination: Destination) => void)[] = [
      ({ server }) => server.sendPadded(new Uint8Array(16_384)),
      ({ server }) => server.sendPadded(crypto.randomBytes(16_384)),
      ({ server }) => server.end.close(),
      ({ server }) => server.end.fail(new Error('reset')),
    ]
    let { destination, sessionId } = all
    for (const end of ends) {
      client.says([unsigned, 'a', sessionId, PFWD('x')], [unsigned, 'b', sessionId, PFWD('y')])
      await destination.next()
      end(destination)
      await client.hears(['a', sessionId, TIMEOUT], ['b', sessionId, TIMEOUT])
      await client.asks([unsigned, 'c', sessionId, PFWD('x')], NO_SESSION)
      const before = sessionId
      const accepting = listener.accept()
      sessionId = await listener.sessionOf(client)
      destination = await accepting
      assert.notEqual(sessionId, before)
    }
  })

  test('that does not answer: TIMEOUT; the session ends when nothing at all is heard', async () => {
    await using all = await scene({ proxyResponseSeconds: '1' })
    const { client, destination, sessionId } = all
    client.says([unsigned, 'a', sessionId, PFWD('x')])
    await destination.next()
    destination.server.send({ reply: { tag: 'END' }, entityId: 'x' })
    await client.hears(['a', sessionId, TIMEOUT])
    await exchange(all, (arrived) => destination.answers(arrived, 'late'), 'PRES late')
    await exchange(all, () => undefined, TIMEOUT)
    await client.asks([unsigned, 'b', sessionId, PFWD('x')], NO_SESSION)
  })

  test('that nobody uses is left', async () => {
    let now = Date.now()
    await using all = await scene({ proxyIdleSeconds: '1' }, () => now)
    const { client, sessionId, destination } = all
    await exchange(all, (arrived) => destination.answers(arrived, 'x'), 'PRES x')
    now += 1001
    assert.ok((await destination.server.end.received.next()).done)
    await client.asks([unsigned, 'b', sessionId, PFWD('x')], NO_SESSION)
  })

  test('is left when the relay stops, and who waits is told', async () => {
    await using all = await scene()
    const { client, destination, sessionId, relay } = all
    client.says([unsigned, 'a', sessionId, PFWD('x')])
    await destination.next()
    await relay.close()
    assert.ok((await destination.server.end.received.next()).done)
  })
})

describe('a client that floods', () => {
  const flood = (client: WireClient<TlsConnection>, sessionId: string, count: number): void => {
    for (let at = 0; at < count; at++)
      client.says([unsigned, `${at}`, sessionId, PFWD(randomText(16_000))])
  }

  test('is not read beyond its share, and others are served', async () => {
    await using all = await scene({ proxyClientConcurrency: '32' })
    const { client, destination, sessionId, relay, listener } = all
    flood(client, sessionId, 200)
    const arrived = []
    for (let count = 0; count < 32; count++) arrived.push(await destination.next())
    const other = await relay.connect()
    assert.equal(await listener.sessionOf(other), sessionId)
    // had the flood gone on, its next command would be here before this one
    other.says([unsigned, 'other', sessionId, PFWD('x')])
    const next = await destination.next()
    assert.equal(next.clientCorrId, 'other')
    destination.answers(next, 'served')
    await other.hears(['other', sessionId, 'PRES served'])
    for (let turns = 0; turns < 100; turns++) await turn()
    for (const one of arrived) destination.answers(one, 'x')
    for (let count = 32; count < 200; count++) destination.answers(await destination.next(), 'x')
    for (let count = 0; count < 200; count++) assert.equal((await client.next())[2], 'PRES x')
  })

  test('is told so when nothing ends, and its other commands are served', async () => {
    await using all = await scene({ proxyClientConcurrency: '2' })
    const { client, destination, sessionId } = all
    flood(client, sessionId, 5)
    client.says([unsigned, 'ping', '', 'PING'])
    const arrived = [await destination.next(), await destination.next()]
    for (const at of [2, 3, 4]) await client.hears([`${at}`, sessionId, TIMEOUT])
    await client.hears(['ping', '', 'PONG'])
    for (const one of arrived) destination.answers(one, 'x')
    await client.hears(['0', sessionId, 'PRES x'], ['1', sessionId, 'PRES x'])
    await exchange(all, (one) => destination.answers(one, 'y'), 'PRES y')
  })

  test('cannot take all places at once: a destination has a quarter of them', async () => {
    await using all = await scene({ proxyConcurrency: '8', proxyClientConcurrency: '100' })
    const { client, destination, sessionId } = all
    flood(client, sessionId, 5)
    const arrived = [await destination.next(), await destination.next()]
    for (const at of [2, 3, 4]) await client.hears([`${at}`, sessionId, TIMEOUT])
    for (const one of arrived) destination.answers(one, 'x')
    await client.hears(['0', sessionId, 'PRES x'], ['1', sessionId, 'PRES x'])
  })
})
