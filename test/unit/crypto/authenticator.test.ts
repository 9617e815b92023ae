import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Credential,
  credentialAlgorithm,
  makeAuthenticator,
  nonceOf,
  verifyAuthorization,
} from '../../../src/crypto/authenticator.ts'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import type { CryptoProvider } from '../../../src/crypto/provider.ts'
import { ProtocolError } from '../../../src/protocol/bytes.ts'
import { type AuthKey, encodeSpki } from '../../../src/protocol/keys.ts'
import { expectBytes, fromHex, hex, loadVectors, type VectorKey } from '../../support/vectors.ts'

const vectors = loadVectors<{
  keys: Readonly<Record<string, VectorKey>>
  cbNonce: readonly { bytes: string; nonce: string }[]
  authenticator: readonly {
    queueKey: string
    serverKey: string
    nonceBytes: string
    authorized: string
    authenticator: string
  }[]
}>('crypto')

// protocol.md 5.5
const dummySpki: Readonly<Record<AuthKey['algorithm'], string>> = {
  Ed25519: 'MCowBQYDK2VwAyEA139Oqs4QgpqbAmB0o7rZf6T19ryl7E65k4AYe0kE3Qs=',
  Ed448:
    'MEMwBQYDK2VxAzoA6ibQc9XpkSLtwrf7PLvp81qW/etiumckVFImCMRdftcG/XopbOSaq9qyLhrgJWKOLyNrQPNVvpMA',
  X25519: 'MCowBQYDK2VuAyEA4JGSMYht18H4mas/jHeBwfcM7jLwNYJNOAhi2/g4RXg=',
}

const rawKey = (name: string, side: 'private' | 'public') =>
  fromHex(vectors.keys[name]?.[side] ?? assert.fail(name))

const session = nativeCrypto.generateKeyPair('X25519')
const authorized = nativeCrypto.randomBytes(2000)
const correlationId = nativeCrypto.randomBytes(24)

/** A key of each kind with a good credential of it. */
const samples = (['Ed25519', 'Ed448', 'X25519'] as const).map((algorithm) => {
  const { publicKey, privateKey } = nativeCrypto.generateKeyPair(algorithm)
  const { raw } = privateKey
  const authorization =
    algorithm === 'X25519'
      ? makeAuthenticator(nativeCrypto, {
          authorized,
          queueKey: { algorithm, raw },
          sessionKey: session.publicKey.raw,
          correlationId,
        })
      : nativeCrypto.sign({ algorithm, raw }, authorized)
  const credential: Credential = {
    authorization,
    authorized,
    correlationId,
    sessionKey: session.privateKey,
  }
  const other: AuthKey = nativeCrypto.generateKeyPair(algorithm).publicKey
  return { algorithm, key: publicKey satisfies AuthKey, other, credential }
})

/** A provider that notes the public keys it verifies with, and the hashes it makes. */
const watched = (crypto: CryptoProvider) => {
  const keys: string[] = []
  let hashes = 0
  const watching: CryptoProvider = {
    ...crypto,
    verify(key, message, signature) {
      keys.push(Buffer.from(encodeSpki(key)).toString('base64'))
      return crypto.verify(key, message, signature)
    },
    x25519(privateKey, raw) {
      keys.push(Buffer.from(encodeSpki({ algorithm: 'X25519', raw })).toString('base64'))
      return crypto.x25519(privateKey, raw)
    },
    sha512(...parts) {
      hashes++
      return crypto.sha512(...parts)
    },
  }
  return { watching, keys, hashes: () => hashes }
}

it('cuts or fills a correlation id to a nonce', () => {
  for (const { bytes, nonce } of vectors.cbNonce) expectBytes(nonceOf(fromHex(bytes)), nonce)
})

it('tells the kind of a credential by its length alone', () => {
  const known = new Map([
    [64, 'Ed25519'],
    [114, 'Ed448'],
    [80, 'X25519'],
  ])
  for (let length = 0; length < 256; length++)
    assert.equal(credentialAlgorithm(new Uint8Array(length)), known.get(length))
})

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`authorization with ${crypto.name}`, () => {
    it('makes and verifies the authenticators of the reference', () => {
      for (const vector of vectors.authenticator) {
        const common = {
          authorized: fromHex(vector.authorized),
          correlationId: fromHex(vector.nonceBytes),
        }
        const authorization = makeAuthenticator(crypto, {
          ...common,
          queueKey: { algorithm: 'X25519', raw: rawKey(vector.queueKey, 'private') },
          sessionKey: rawKey(vector.serverKey, 'public'),
        })
        expectBytes(authorization, vector.authenticator)
        const key: AuthKey = { algorithm: 'X25519', raw: rawKey(vector.queueKey, 'public') }
        const sessionKey = {
          algorithm: 'X25519',
          raw: rawKey(vector.serverKey, 'private'),
        } as const
        assert.ok(verifyAuthorization(crypto, { ...common, authorization, sessionKey }, [key]))
      }
    })

    for (const { algorithm, key, other, credential } of samples) {
      it(`accepts ${algorithm} by any of several keys`, () => {
        const others = samples.filter((one) => one.key !== key).map((one) => one.key)
        assert.ok(verifyAuthorization(crypto, credential, [key]))
        assert.ok(verifyAuthorization(crypto, credential, [...others, other, key]))
        assert.ok(!verifyAuthorization(crypto, credential, [other]))
      })

      it(`refuses ${algorithm} over anything else`, () => {
        const longer = Uint8Array.of(...authorized, 0)
        assert.ok(!verifyAuthorization(crypto, { ...credential, authorized: longer }, [key]))
        const authorization = credential.authorization.slice()
        authorization[20] = (authorization[20] ?? 0) ^ 1
        assert.ok(!verifyAuthorization(crypto, { ...credential, authorization }, [key]))
      })

      it(`verifies ${algorithm} with the dummy key where no key is of its kind`, () => {
        const others = samples.filter((one) => one.key !== key).map((one) => one.key)
        for (const keys of [[], others]) {
          const { watching, keys: used } = watched(crypto)
          assert.equal(verifyAuthorization(watching, credential, keys), false)
          assert.deepEqual(used, [dummySpki[algorithm]])
        }
      })

      it(`does the same work for ${algorithm} with a wrong key and without a queue`, () => {
        const wrong = watched(crypto)
        const missing = watched(crypto)
        assert.ok(!verifyAuthorization(wrong.watching, credential, [other]))
        assert.ok(!verifyAuthorization(missing.watching, credential, []))
        assert.equal(wrong.keys.length, 1)
        assert.equal(missing.keys.length, 1)
        assert.equal(wrong.hashes(), missing.hashes())
      })
    }

    it('binds an authenticator to its correlation id and session', () => {
      const sample = samples.find((one) => one.algorithm === 'X25519') ?? assert.fail()
      const { credential, key } = sample
      const otherSession = crypto.generateKeyPair('X25519').privateKey
      for (const change of [
        { correlationId: crypto.randomBytes(24) },
        { sessionKey: otherSession },
        { sessionKey: undefined },
      ])
        assert.ok(!verifyAuthorization(crypto, { ...credential, ...change }, [key]))
    })

    it('hashes what is authorized once for several keys', () => {
      const sample = samples.find((one) => one.algorithm === 'X25519') ?? assert.fail()
      const { watching, keys, hashes } = watched(crypto)
      const wrong: AuthKey[] = [1, 2, 3].map(() => crypto.generateKeyPair('X25519').publicKey)
      assert.ok(verifyAuthorization(watching, sample.credential, [...wrong, sample.key]))
      assert.equal(keys.length, 4)
      assert.equal(hashes(), 1)
    })

    it('refuses credentials of unknown lengths, and keys of low order', () => {
      const [{ credential, key } = assert.fail()] = samples
      for (const length of [0, 1, 63, 65, 79, 81, 113, 115]) {
        const authorization = new Uint8Array(length)
        assert.ok(!verifyAuthorization(crypto, { ...credential, authorization }, [key]))
      }
      const lowOrder: AuthKey = { algorithm: 'X25519', raw: new Uint8Array(32) }
      const ofZeroSecret = crypto.box(new Uint8Array(32), correlationId, crypto.sha512(authorized))
      const forged = { ...credential, authorization: ofZeroSecret }
      assert.ok(!verifyAuthorization(crypto, forged, [lowOrder]), hex(ofZeroSecret))
      const queueKey = crypto.generateKeyPair('X25519').privateKey
      const parts = { authorized, queueKey, sessionKey: new Uint8Array(32), correlationId }
      assert.throws(() => makeAuthenticator(crypto, parts), ProtocolError)
    })
  })
