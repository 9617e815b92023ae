/** A thousand handshakes that do not go on, and clients that want to be served meanwhile. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { concatBytes } from '../../src/protocol/bytes.ts'
import { connectFrom, converse, counting, dialFrom } from '../support/wire-limits.ts'
import { closed, TlsRelay } from '../support/wire-tls.ts'

const COUNT = 1000
const GOOD = 20

const halfTlsHello = concatBytes(
  Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
  crypto.randomBytes(100),
)

/** The ways to be slow. The socket may be closed at any time. */
const slow: readonly ((relay: TlsRelay, socket: Socket) => void)[] = [
  () => undefined,
  (_, socket) => socket.write(Uint8Array.of(0x16)),
  (_, socket) => socket.write(halfTlsHello),
  // a TLS handshake, and no hello
  (relay, socket) => void relay.dialTls({ socket }).catch(() => undefined),
]

const attack = (relay: TlsRelay, addresses: readonly string[]): Promise<readonly Socket[]> =>
  Promise.all(
    Array.from({ length: COUNT }, async (_, index) => {
      const localAddress = addresses[index % addresses.length] ?? ''
      const socket = await dialFrom(relay, { localAddress })
      slow[Math.floor(index / addresses.length) % slow.length]?.(relay, socket)
      return socket
    }),
  )

describe('slow handshakes', { timeout: 240_000 }, () => {
  for (const [what, addresses] of [
    ['one address', ['127.0.0.2']],
    ['several addresses', ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']],
  ] as const)
    for (const [places, given] of [
      ['places for all', {}],
      ['few places', { limitHandshakes: '200' }],
    ] as const)
      test(`of ${what}, with ${places}, stop nobody else`, async () => {
        await using relay = await TlsRelay.start({ ...given, handshakeTimeoutSeconds: '600' })
        const attacking = attack(relay, addresses)
        const meanwhile = []
        for (let i = 0; i < GOOD; i++) {
          const client = await connectFrom(relay, { localAddress: '127.0.0.9' })
          meanwhile.push(client)
          await converse(client)
        }
        const sockets = await attacking
        const later = await Promise.all(
          Array.from({ length: GOOD }, () => connectFrom(relay, { localAddress: '127.0.0.9' })),
        )
        for (const client of [...meanwhile, ...later]) {
          await converse(client)
          client.leaves()
        }
        for (const socket of sockets) socket.destroy()
        await relay.holds(0)
      })

  test('of one address have a share only, and those who are dropped see a plain end', async () => {
    await using relay = await TlsRelay.start({
      limitHandshakesPerAddress: '10',
      handshakeTimeoutSeconds: '600',
    })
    const from = { localAddress: '127.0.0.2' }
    const sockets = await Promise.all(Array.from({ length: 30 }, () => dialFrom(relay, from)))
    const received = sockets.map(counting)
    const ends: Socket[] = []
    for (const socket of sockets) void closed(socket).then(() => ends.push(socket))
    // 10 of them stay
    await relay.holds(10)
    assert.equal(ends.length, 20)
    assert.ok(received.every((count) => count() === 0))
    await converse(await connectFrom(relay, { localAddress: '127.0.0.3' }))
    for (const socket of sockets) socket.destroy()
  })
})
