/** Private message routing between real relays over real TLS (protocol.md, 9 and 14.3). */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connectSmp } from '../../src/client/connect.ts'
import type { SmpConnection } from '../../src/client/connection.ts'
import { SmpRefusal } from '../../src/client/errors.ts'
import { openProxySession, type ProxySession } from '../../src/client/proxy-session.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import type { ServerAddress } from '../../src/protocol/address.ts'
import { noBytes } from '../../src/protocol/bytes.ts'
import type { SenderId } from '../../src/protocol/ids.ts'
import type { AuthKey } from '../../src/protocol/keys.ts'
import { OK, refusal } from '../../src/protocol/reply.ts'
import { failure } from '../client/support/failure.ts'
import { startTestRelay, type TestRelay } from '../client/support/relay.ts'

const open = { proxyAllowPrivate: 'on' }

const subscribedQueue = async (connection: SmpConnection, mode: 'messaging' | 'contact') => {
  const key = crypto.generateKeyPair('Ed25519')
  const dh = crypto.generateKeyPair('X25519')
  const { senderId, recipientId } = await connection.request(
    {
      tag: 'NEW',
      authKey: key.publicKey,
      dhKey: dh.publicKey,
      subscribe: true,
      request: { mode },
    },
    { key: key.privateKey },
  )
  return { senderId, recipientId, key }
}

const message = (byte: number, length: number) => ({
  tag: 'SEND' as const,
  notification: false,
  body: new Uint8Array(length).fill(byte),
})

const sends = async (
  session: ProxySession,
  senderId: SenderId,
  length: number,
  signer?: KeyPair,
): Promise<void> => {
  const options = { entityId: senderId, ...(signer && { key: signer.privateKey }) }
  assert.deepEqual(await session.request(message(1, length), options), OK)
}

describe('commands through another relay', () => {
  let relays: readonly TestRelay[] = []
  before(async () => {
    relays = [await startTestRelay(open), await startTestRelay(open)]
  })
  after(async () => {
    for (const relay of relays) await relay[Symbol.asyncDispose]()
  })
  const addressOf = (at: number): ServerAddress => relays[at]?.address ?? assert.fail()

  const pairs = [
    ['of another identity', 0, 1],
    ['the other way', 1, 0],
    ['that is itself', 0, 0],
  ] as const
  for (const [what, proxy, destination] of pairs)
    for (const algorithm of ['Ed25519', 'Ed448', 'X25519'] as const)
      test(`to a relay ${what}, senders with ${algorithm}`, async () => {
        await using recipient = await connectSmp({ address: addressOf(destination) })
        await using sender = await connectSmp({ address: addressOf(proxy) })
        const { senderId } = await subscribedQueue(recipient, 'messaging')
        const session = await openProxySession(sender, addressOf(destination))
        assert.equal(session.version, 17)
        await sends(session, senderId, 100)
        const pair: KeyPair = crypto.generateKeyPair(algorithm)
        const senderKey = pair.publicKey as AuthKey
        const options = { entityId: senderId, key: pair.privateKey }
        assert.deepEqual(await session.request({ tag: 'SKEY', senderKey }, options), OK)
        await sends(session, senderId, 16_048, pair)
        const large = await session.exchange(message(1, 16_049), options).catch((error) => error)
        // with Ed448 one byte more does not fit the forwarded block at all
        if (algorithm === 'Ed448') assert.ok(large instanceof Error)
        else assert.deepEqual(large, refusal({ code: 'LARGE_MSG' }))
        const unsigned = await session.exchange(message(1, 2), { entityId: senderId })
        assert.deepEqual(unsigned, refusal({ code: 'AUTH' }))
      })

  test('twice gives the same session, to all clients', async () => {
    const ids = new Set<string>()
    for (let clients = 0; clients < 3; clients++) {
      await using sender = await connectSmp({ address: addressOf(0) })
      const { keyHash, hosts, port } = addressOf(1)
      const server = { keyHash, hosts, port: String(port) }
      const [one, other] = await Promise.all([
        sender.request({ tag: 'PRXY', server }),
        sender.request({ tag: 'PRXY', server }),
      ])
      assert.deepEqual(one, other)
      assert.deepEqual(one.versions, { min: 8, max: 17 })
      ids.add(Buffer.from(one.sessionId).toString('hex'))
    }
    assert.equal(ids.size, 1)
  })

  test('to a session that nobody has', async () => {
    await using sender = await connectSmp({ address: addressOf(0) })
    const command = {
      tag: 'PFWD',
      version: 17,
      key: crypto.generateKeyPair('X25519').publicKey,
      transmission: noBytes,
    } as const
    const error = await failure(sender.request(command, { entityId: 'x'.repeat(32) }))
    assert.ok(error instanceof SmpRefusal)
    assert.deepEqual(error.error, { code: 'PROXY', proxy: { code: 'NO_SESSION' } })
  })

  test('10,000 full messages over one connection between the relays', async () => {
    const relay = await startTestRelay({ ...open, queueQuota: '1000000' })
    await using _ = relay
    await using recipient = await connectSmp({ address: relay.address })
    const queues = await Promise.all(
      Array.from({ length: 20 }, () => subscribedQueue(recipient, 'messaging')),
    )
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => connectSmp({ address: addressOf(0), sendSessionKey: false })),
    )
    const sessions = await Promise.all(
      clients.map((client) => openProxySession(client, relay.address)),
    )
    let left = 10_000
    const work = sessions.flatMap((session) =>
      Array.from({ length: 16 }, async (_one, at) => {
        while (left-- > 0) {
          const { senderId = assert.fail() } = queues[(at + left) % queues.length] ?? {}
          await sends(session, senderId, 16_000)
        }
      }),
    )
    await Promise.all(work)
    let stored = 0
    for (const { recipientId, key } of queues) {
      const info = await recipient.request(
        { tag: 'QUE' },
        { entityId: recipientId, key: key.privateKey },
      )
      stored += JSON.parse(info.json).qiSize
    }
    assert.equal(stored, 10_000)
    for (const client of clients) client.close()
  })
})
