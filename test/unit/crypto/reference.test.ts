/** Both providers give the values recorded from simplexmq. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import type { KeyAlgorithm, PrivateKey, SignAlgorithm } from '../../../src/crypto/provider.ts'
import { utf8Bytes } from '../../../src/protocol/bytes.ts'
import { decodeSpki, encodeSpki } from '../../../src/protocol/keys.ts'
import { pad, unpad } from '../../../src/protocol/padding.ts'
import {
  expectBytes,
  fromHex,
  hex,
  loadVectors,
  type VectorBytes,
  type VectorKey,
  vectorBytes,
} from '../../support/vectors.ts'

interface BoxVector {
  readonly secret?: string
  readonly key?: string
  readonly nonce: string
  readonly message?: string
  readonly fill?: string
  readonly count?: number
  readonly paddedLength?: number
  readonly encrypted?: string | null
  readonly length?: number
  readonly sha256?: string
  readonly first64?: string
  readonly last64?: string
}

interface Vectors {
  readonly keys: Readonly<Record<string, VectorKey<KeyAlgorithm>>>
  readonly dh: readonly { private: string; public: string; secret: string }[]
  readonly cbEncrypt: readonly BoxVector[]
  readonly cbEncryptNoPad: readonly BoxVector[]
  readonly sbEncrypt: readonly BoxVector[]
  readonly sbEncryptNoPad: readonly BoxVector[]
  readonly decrypt: readonly {
    what: string
    key: string
    nonce: string
    encrypted: string
    noPad: string | null
    unpadded: string | null
  }[]
  readonly hkdf: readonly {
    salt: string
    ikm: string
    info: string
    length: number
    output: string
  }[]
  readonly signatures: readonly { key: string; message: string; signature: string }[]
  readonly signedObjects: readonly { leaf: string; signedData: string; signature: string }[]
  readonly digests: readonly {
    message: string
    sha256: string
    sha512: string
    sha3_256: string
    sha3_384: string
  }[]
}

const vectors = loadVectors<Vectors>('crypto')

const key = (name: string): VectorKey<KeyAlgorithm> => {
  const found = vectors.keys[name]
  assert.ok(found, name)
  return found
}

const privateKey = <A extends KeyAlgorithm>(name: string, ...algorithms: A[]): PrivateKey<A> => {
  const { alg, private: seed } = key(name)
  assert.ok(algorithms.some((one) => one === alg))
  return { algorithm: alg as A, raw: fromHex(seed) }
}

const messageOf = ({ message, fill = '', count = 0 }: BoxVector) =>
  vectorBytes(message ?? { fill, count })

const hashedBox = ({
  length = 0,
  sha256 = '',
  first64 = '',
  last64 = '',
}: BoxVector): VectorBytes => ({
  length,
  sha256,
  first64,
  last64,
})

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`${crypto.name} and the reference`, () => {
    it('makes the public keys of raw private keys', () => {
      for (const [name, { alg, public: raw, spki }] of Object.entries(vectors.keys)) {
        const { publicKey } = crypto.keyPairOf(privateKey(name, alg))
        assert.equal(hex(publicKey.raw), raw)
        assert.equal(hex(encodeSpki(publicKey)), spki)
      }
    })

    it('agrees on X25519 secrets', () => {
      for (const dh of vectors.dh) {
        const secret = crypto.x25519(
          privateKey(dh.private, 'X25519'),
          fromHex(key(dh.public).public),
        )
        expectBytes(secret, dh.secret)
      }
    })

    it('makes and opens boxes', () => {
      const padded = [...vectors.cbEncrypt, ...vectors.sbEncrypt]
      const unpadded = [...vectors.cbEncryptNoPad, ...vectors.sbEncryptNoPad]
      let checked = 0
      for (const vector of [...padded, ...unpadded]) {
        const secret = fromHex(vector.secret ?? vector.key ?? '')
        const nonce = fromHex(vector.nonce)
        const { paddedLength, encrypted = hashedBox(vector) } = vector
        const message = messageOf(vector)
        if (encrypted === null) {
          assert.throws(() => pad(message, paddedLength ?? 0), RangeError)
          continue
        }
        const plain = paddedLength === undefined ? message : pad(message, paddedLength)
        const boxed = crypto.box(secret, nonce, plain)
        expectBytes(boxed, encrypted)
        assert.deepEqual(crypto.openBox(secret, nonce, boxed), plain)
        checked++
      }
      assert.equal(checked, 21)
    })

    for (const { what, key: secret, nonce, encrypted, noPad, unpadded } of vectors.decrypt)
      it(`opens or refuses a box: ${what}`, () => {
        const opened = crypto.openBox(fromHex(secret), fromHex(nonce), fromHex(encrypted))
        if (noPad === null) return assert.equal(opened, undefined)
        expectBytes(opened, noPad)
        assert.ok(opened)
        if (unpadded === null) assert.throws(() => unpad(opened))
        else expectBytes(unpad(opened), unpadded)
      })

    it('derives with HKDF-SHA512', () => {
      for (const { salt, ikm, info, length, output } of vectors.hkdf)
        expectBytes(
          crypto.hkdfSha512({
            salt: fromHex(salt),
            ikm: fromHex(ikm),
            info: utf8Bytes(info),
            length,
          }),
          output,
        )
    })

    it('signs the same bytes and verifies them', () => {
      for (const vector of vectors.signatures) {
        const signer = privateKey<SignAlgorithm>(vector.key, 'Ed25519', 'Ed448')
        const message = fromHex(vector.message)
        const signature = fromHex(vector.signature)
        const publicKey = decodeSpki(fromHex(key(vector.key).spki))
        expectBytes(crypto.sign(signer, message), vector.signature)
        assert.ok(crypto.verify(publicKey, message, signature))
        assert.ok(!crypto.verify(publicKey, Uint8Array.of(...message, 0), signature))
      }
    })

    it('verifies the signed session keys', () => {
      for (const { leaf, signedData, signature } of vectors.signedObjects) {
        const publicKey = decodeSpki(fromHex(key(leaf).spki))
        assert.ok(crypto.verify(publicKey, fromHex(signedData), fromHex(signature)))
      }
    })

    it('hashes', () => {
      for (const { message, ...digests } of vectors.digests) {
        const bytes = fromHex(message)
        assert.deepEqual(
          {
            sha256: hex(crypto.sha256(bytes)),
            sha512: hex(crypto.sha512(bytes)),
            sha3_256: hex(crypto.sha3_256(bytes)),
            sha3_384: hex(crypto.sha3_384(bytes)),
          },
          digests,
        )
      }
    })
  })
