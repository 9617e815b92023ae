import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ENCRYPTED_MESSAGE_BYTES,
  openMessage,
  openNotification,
  PADDED_MESSAGE_BYTES,
  type RecipientMessage,
  sealMessage,
  sealNotification,
} from '../../../src/crypto/message-box.ts'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import { noBytes, ProtocolError, utf8Bytes } from '../../../src/protocol/bytes.ts'
import { pad } from '../../../src/protocol/padding.ts'
import {
  expectBytes,
  fromHex,
  loadVectors,
  type VectorBytes,
  vectorBytes,
} from '../../support/vectors.ts'

const vectors = loadVectors<{
  recipientSecret: string
  notifierSecret: string
  msgId: string
  timestamp: number
  messages: readonly {
    what: string
    notification?: boolean
    body?: VectorBytes
    encrypted: VectorBytes
    decoded: { kind: 'message' | 'quota' }
  }[]
  nmsg: readonly { msgId: string; timestamp: number; nonce: string; encrypted: string }[]
  nmsgDecode: readonly { what: string; nonce: string; encrypted: string; ok: boolean }[]
}>('messages')

const key = { secret: fromHex(vectors.recipientSecret), messageId: fromHex(vectors.msgId) }
const notifierSecret = fromHex(vectors.notifierSecret)
const { timestamp } = vectors

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`message box with ${crypto.name}`, () => {
    for (const { what, notification, body, encrypted, decoded } of vectors.messages)
      it(`as the reference: ${what}`, () => {
        const message: RecipientMessage =
          decoded.kind === 'quota'
            ? { tag: 'quota', timestamp }
            : {
                tag: 'message',
                timestamp,
                notification: notification ?? assert.fail(),
                body: vectorBytes(body ?? assert.fail()),
              }
        const sealed = sealMessage(crypto, key, message)
        expectBytes(sealed, encrypted)
        assert.equal(sealed.length, ENCRYPTED_MESSAGE_BYTES)
        assert.deepEqual(openMessage(crypto, key, sealed), message)
      })

    it('refuses a body that does not fit', () => {
      const body = new Uint8Array(PADDED_MESSAGE_BYTES - 12)
      const message = { tag: 'message', timestamp, notification: false, body } as const
      assert.equal(sealMessage(crypto, key, message).length, ENCRYPTED_MESSAGE_BYTES)
      const longer = { ...message, body: new Uint8Array(body.length + 1) }
      assert.throws(() => sealMessage(crypto, key, longer), RangeError)
    })

    const sealPlain = (plain: Uint8Array) =>
      crypto.box(key.secret, key.messageId, pad(plain, PADDED_MESSAGE_BYTES))

    it('skips what later versions may put between flag and body', () => {
      const plain = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, ...utf8Bytes('Tnew body of words'))
      assert.deepEqual(openMessage(crypto, key, sealPlain(plain)), {
        tag: 'message',
        timestamp: 9,
        notification: true,
        body: utf8Bytes('body of words'),
      })
    })

    it('refuses boxes that do not open and plaintexts of no known form', () => {
      const message = { tag: 'message', timestamp, notification: true, body: noBytes } as const
      const sealed = sealMessage(crypto, key, message)
      const otherId = { ...key, messageId: new Uint8Array(24) }
      assert.throws(() => openMessage(crypto, otherId, sealed), ProtocolError)
      assert.throws(() => openMessage(crypto, key, noBytes), ProtocolError)
      const noPadding = crypto.box(key.secret, key.messageId, Uint8Array.of(1))
      assert.throws(() => openMessage(crypto, key, noPadding), ProtocolError)
      for (const plain of ['', 'QUOTA', 'QUOTA 1234567', '12345678', '12345678T', '12345678X body'])
        assert.throws(() => openMessage(crypto, key, sealPlain(utf8Bytes(plain))), ProtocolError)
    })

    it('makes and opens notifications as the reference', () => {
      for (const vector of vectors.nmsg) {
        const box = { secret: notifierSecret, nonce: fromHex(vector.nonce) }
        const meta = { messageId: fromHex(vector.msgId), timestamp: vector.timestamp }
        const sealed = sealNotification(crypto, box, meta)
        expectBytes(sealed, vector.encrypted)
        assert.equal(sealed.length, 144)
        assert.deepEqual(openNotification(crypto, box, sealed), meta)
      }
    })

    for (const { what, nonce, encrypted, ok } of vectors.nmsgDecode)
      it(`notification: ${what}`, () => {
        const box = { secret: notifierSecret, nonce: fromHex(nonce) }
        const open = () => openNotification(crypto, box, fromHex(encrypted))
        if (ok) assert.deepEqual(open(), { messageId: key.messageId, timestamp })
        else assert.throws(open, ProtocolError)
      })

    it('refuses notifications under another secret', () => {
      const box = { secret: notifierSecret, nonce: new Uint8Array(24) }
      const sealed = sealNotification(crypto, box, { messageId: noBytes, timestamp: 1 })
      const other = { ...box, secret: key.secret }
      assert.throws(() => openNotification(crypto, other, sealed), ProtocolError)
    })
  })
