/**
 * Refusals take the same work whether or not the queue exists: one verification with the kind of
 * credential that was given (protocol.md 5.5, and row 18 of 14.1 without a stopwatch).
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AUTHENTICATOR_BYTES } from '../../src/crypto/authenticator.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { CryptoProvider, KeyPair } from '../../src/crypto/provider.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import { turn } from '../support/clock.ts'
import {
  bigSigningKey,
  dhKey,
  KEY,
  LKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
} from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'

class CountingCrypto {
  #work: string[] = []

  readonly provider: CryptoProvider = {
    ...nativeCrypto,
    verify: (key, message, signature) => {
      this.#work.push(`verify ${key.algorithm}`)
      return nativeCrypto.verify(key, message, signature)
    },
    x25519: (privateKey, publicKey) => {
      this.#work.push('agree X25519')
      const secret = nativeCrypto.x25519(privateKey, publicKey)
      if (secret !== undefined) this.secrets.push(secret)
      return secret
    },
    openBox: (secret, nonce, boxed) => {
      if (boxed.length === AUTHENTICATOR_BYTES) this.#work.push('open')
      return nativeCrypto.openBox(secret, nonce, boxed)
    },
  }

  /** Secrets that were agreed on, as they are by now. */
  readonly secrets: Bytes[] = []

  take(): readonly string[] {
    const work = this.#work
    this.#work = []
    return work
  }
}

const keys = { Ed25519: signingKey(), Ed448: bigSigningKey(), X25519: dhKey() }
const works = {
  Ed25519: ['verify Ed25519'],
  Ed448: ['verify Ed448'],
  X25519: ['agree X25519', 'open'],
}

describe('ERR AUTH', () => {
  for (const kind of ['Ed25519', 'Ed448', 'X25519'] as const)
    test(`after ${works[kind].join(', ')}, once`, async () => {
      const crypto = new CountingCrypto()
      await using relay = new WireRelay({ crypto: crypto.provider })
      const client = await relay.connect()
      const open = await client.creates({
        request: { mode: 'messaging' },
        notifierKey: signingKey(),
      })
      const secured = []
      for (const key of Object.values(keys)) {
        const q = await client.creates({ key })
        await client.asks([key, 'key', q.rid, KEY(key)], 'OK')
        secured.push(q)
      }
      // another key of the kind, so that it is right for none of the queues
      const signer = { Ed25519: signingKey, Ed448: bigSigningKey, X25519: dhKey }[kind]()
      const expectWork = async (entityId: string, command: string): Promise<void> => {
        crypto.take()
        await client.asks([signer, 'abcd', entityId, command], 'ERR AUTH')
        assert.deepEqual(crypto.take(), works[kind], `${command.slice(0, 4)}`)
      }
      for (const command of ['SUB', 'GET', 'DEL', 'ACK \0', SEND('x'), SKEY(signer), LKEY(signer)])
        await expectWork(unknownId(), command)
      for (const { rid, sid } of secured) {
        await expectWork(rid, 'SUB')
        await expectWork(sid, SEND('x'))
      }
      await expectWork(open.sid, SEND('signed, though nobody secured the queue'))
      await expectWork(open.notifier?.nid ?? '', 'NSUB')
      // an id of another party is unknown
      await expectWork(open.sid, 'SUB')
      await expectWork(open.rid, SEND('x'))
    })
})

describe('an authenticator', () => {
  /** A queue whose both keys make authenticators, with a message delivered. */
  const scene = async (relay: WireRelay) => {
    const [recipient, sender] = [await relay.connect(), await relay.connect()]
    const [recipientKey, senderKey] = [dhKey(), dhKey()]
    const queue = await recipient.creates({ key: recipientKey, subscribe: true })
    await recipient.asks([recipientKey, 'key', queue.rid, KEY(senderKey)], 'OK')
    return { recipient, sender, recipientKey, senderKey, queue }
  }

  test('makes a queue’s secret once for its SENDs and ACKs, others at each use', async () => {
    const crypto = new CountingCrypto()
    await using relay = new WireRelay({ crypto: crypto.provider })
    const { recipient, sender, recipientKey, senderKey, queue } = await scene(relay)
    const deliver = async (): Promise<readonly string[]> => {
      crypto.take()
      await sender.asks([senderKey, 'send', queue.sid, SEND('x')], 'OK')
      await recipient.hears(['', queue.rid, 'MSG F x'])
      await recipient.asks([recipientKey, 'ack', queue.rid, queue.ack('x')], 'OK')
      return crypto.take()
    }
    assert.deepEqual(await deliver(), [...works.X25519, ...works.X25519])
    assert.deepEqual(await deliver(), ['open', 'open'])
    await recipient.asks([recipientKey, 'sub', queue.rid, 'SUB'], 'SOK 0')
    assert.deepEqual(crypto.take(), works.X25519)
  })

  test('is refused with the same work at every attempt, also where the right one was seen', async () => {
    const crypto = new CountingCrypto()
    await using relay = new WireRelay({ crypto: crypto.provider })
    const { recipient, sender, recipientKey, senderKey, queue } = await scene(relay)
    await sender.asks([senderKey, 'send', queue.sid, SEND('x')], 'OK')
    await recipient.hears(['', queue.rid, 'MSG F x'])
    const missing = unknownId()
    const stranger = dhKey()
    const expectRefusals = async (signer: KeyPair, entityId: string): Promise<void> => {
      crypto.take()
      for (let attempt = 0; attempt < 3; attempt++)
        await sender.asks([signer, 'abcd', entityId, SEND('x')], 'ERR AUTH')
      assert.deepEqual(crypto.take().toSorted(), Array(3).fill(works.X25519).flat().toSorted())
    }
    for (const id of [queue.sid, missing]) await expectRefusals(stranger, id)
    await recipient.asks([recipientKey, 'off', queue.rid, 'OFF'], 'OK')
    for (const signer of [stranger, senderKey]) await expectRefusals(signer, queue.sid)
    await recipient.asks([recipientKey, 'del', queue.rid, 'DEL'], 'OK')
    for (const signer of [stranger, senderKey]) await expectRefusals(signer, queue.sid)
  })

  test('leaves no secret behind when its connection ends', async () => {
    const crypto = new CountingCrypto()
    await using relay = new WireRelay({ crypto: crypto.provider })
    const { sender, senderKey, queue } = await scene(relay)
    crypto.secrets.length = 0
    await sender.asks([senderKey, 'send', queue.sid, SEND('x')], 'OK')
    const [secret] = crypto.secrets
    assert.ok(secret)
    assert.ok(secret.some((byte) => byte !== 0))
    sender.leaves()
    for (let turns = 0; turns < 20 && secret.some((byte) => byte !== 0); turns++) await turn()
    assert.deepEqual([...secret], Array(32).fill(0))
  })
})
