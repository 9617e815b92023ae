/**
 * Refusals take the same work whether or not the queue exists: one verification with the kind of
 * credential that was given (protocol.md 5.5, and row 18 of 14.1 without a stopwatch).
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
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
      return nativeCrypto.x25519(privateKey, publicKey)
    },
  }

  take(): readonly string[] {
    const work = this.#work
    this.#work = []
    return work
  }
}

const keys = { Ed25519: signingKey(), Ed448: bigSigningKey(), X25519: dhKey() }
const works = { Ed25519: 'verify Ed25519', Ed448: 'verify Ed448', X25519: 'agree X25519' }

describe('ERR AUTH', () => {
  for (const kind of ['Ed25519', 'Ed448', 'X25519'] as const)
    test(`after ${works[kind]}, once`, async () => {
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
        assert.deepEqual(crypto.take(), [works[kind]], `${command.slice(0, 4)}`)
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
