import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openEnvelope, readEnvelope, sealEnvelope } from '../../src/client/envelope.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { ProtocolError, utf8Bytes } from '../../src/protocol/bytes.ts'
import { decodeSpki, isAuthKey, isDhKey } from '../../src/protocol/keys.ts'
import {
  expectBytes,
  fromHex,
  loadVectors,
  type VectorBytes,
  type VectorKey,
  vectorBytes,
} from '../support/vectors.ts'
import { keyPairOf } from './support/keys.ts'

interface Vectors {
  readonly keys: Readonly<Record<'e2eRcv' | 'e2eSnd' | 'sndEd25519' | 'sndX25519', VectorKey>>
  readonly secret: string
  readonly envelopes: readonly {
    readonly name: string
    readonly clientVersion: number
    readonly headerKey: 'e2eSnd' | null
    readonly nonce: string
    readonly privateHeader: string
    readonly body: VectorBytes
    readonly clientMessage: VectorBytes
    readonly length: number
    readonly envelope: VectorBytes
  }[]
}

const vectors = loadVectors<Vectors>('e2e')
const secret = fromHex(vectors.secret)

const dhKeyOf = (key: VectorKey) => {
  const decoded = decodeSpki(fromHex(key.spki))
  assert.ok(isDhKey(decoded))
  return decoded
}

/** The sender key in a confirmation's private header. */
const senderKeyOf = (clientMessage: VectorBytes) => {
  if (typeof clientMessage !== 'string' || !clientMessage.startsWith('4b')) return undefined
  const bytes = fromHex(clientMessage)
  const key = decodeSpki(bytes.subarray(2, 2 + (bytes[1] ?? 0)))
  assert.ok(isAuthKey(key))
  return key
}

describe('envelopes', () => {
  it('have the secret of both keys', () => {
    const { e2eRcv, e2eSnd } = vectors.keys
    const { privateKey } = keyPairOf(e2eSnd, 'X25519')
    expectBytes(nativeCrypto.x25519(privateKey, dhKeyOf(e2eRcv).raw), vectors.secret)
  })

  for (const vector of vectors.envelopes)
    for (const crypto of [nativeCrypto, nobleCrypto])
      it(`are those of the reference: ${vector.name} (${crypto.name})`, () => {
        const senderKey = senderKeyOf(vector.clientMessage)
        const dhKey = vector.headerKey ? dhKeyOf(vectors.keys[vector.headerKey]) : undefined
        const body = vectorBytes(vector.body)
        const sealed = sealEnvelope(crypto, secret, {
          body,
          ...(senderKey && { senderKey }),
          ...(dhKey && { dhKey }),
          nonce: fromHex(vector.nonce),
          clientVersion: vector.clientVersion,
        })
        assert.equal(sealed.length, vector.length)
        expectBytes(sealed, vector.envelope)
        const envelope = readEnvelope(sealed)
        assert.equal(envelope.clientVersion, vector.clientVersion)
        assert.deepEqual(envelope.dhKey, dhKey)
        assert.deepEqual(openEnvelope(crypto, secret, envelope), {
          ...(senderKey && { senderKey }),
          body,
        })
      })

  it('are as large as a body may be', () => {
    const largest = { body: new Uint8Array(15_997) }
    assert.equal(sealEnvelope(nativeCrypto, secret, largest).length, 16_043)
    assert.throws(
      () => sealEnvelope(nativeCrypto, secret, { body: new Uint8Array(15_998) }),
      RangeError,
    )
  })

  it('open with no other secret and not when damaged', () => {
    const sealed = sealEnvelope(nativeCrypto, secret, { body: utf8Bytes('text') })
    const other = nativeCrypto.randomBytes(32)
    assert.throws(() => openEnvelope(nativeCrypto, other, readEnvelope(sealed)), ProtocolError)
    const damaged = sealed.slice()
    damaged[16_000] = (damaged[16_000] ?? 0) ^ 1
    assert.throws(() => openEnvelope(nativeCrypto, secret, readEnvelope(damaged)), ProtocolError)
  })

  it('cut anywhere are errors of the protocol', () => {
    const { dhKey } = readEnvelope(
      sealEnvelope(nativeCrypto, secret, {
        dhKey: dhKeyOf(vectors.keys.e2eSnd),
        body: utf8Bytes('text'),
      }),
    )
    assert.ok(dhKey)
    const sealed = sealEnvelope(nativeCrypto, secret, { dhKey, body: utf8Bytes('text') })
    for (let length = 0; length < 120; length++)
      assert.throws(
        () => openEnvelope(nativeCrypto, secret, readEnvelope(sealed.subarray(0, length))),
        ProtocolError,
      )
  })

  it('of versions to come are refused', () => {
    for (const clientVersion of [0, 5])
      assert.throws(
        () =>
          readEnvelope(sealEnvelope(nativeCrypto, secret, { body: utf8Bytes(''), clientVersion })),
        ProtocolError,
      )
  })
})
