/** The two providers are each other's test: equal for every input, and deaf to every tampering. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import type { KeyAlgorithm, SignAlgorithm } from '../../../src/crypto/provider.ts'
import { keyBytes, signatureBytes } from '../../../src/crypto/sizes.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'
import { hex } from '../../support/vectors.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const someBytes = (maxLength = 300) => fc.uint8Array({ maxLength, size: 'max' })
const algorithms: readonly KeyAlgorithm[] = ['X25519', 'Ed25519', 'Ed448']
const signAlgorithms: readonly SignAlgorithm[] = ['Ed25519', 'Ed448']

const flipped = (input: Bytes, bit: number): Bytes => {
  const copy = input.slice()
  const at = (bit >>> 3) % copy.length
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  return copy
}

const check = (property: fc.IRawProperty<unknown>, numRuns = 60): void => {
  // arrays of hundreds of bytes shrink for minutes; the seed that is printed repeats the failure
  fc.assert(property, { numRuns, endOnFailure: true })
}

describe('native and noble agree', () => {
  it('on hashes, of one part or several', () => {
    // sizes on both sides of the native provider's change of library
    const part = fc.oneof(someBytes(), fc.uint8Array({ minLength: 1400, maxLength: 1700 }))
    check(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        assert.deepEqual(nativeCrypto.sha512(...parts), nobleCrypto.sha512(...parts))
        const [first = new Uint8Array(0)] = parts
        for (const hash of ['sha256', 'sha3_256', 'sha3_384'] as const)
          assert.deepEqual(nativeCrypto[hash](first), nobleCrypto[hash](first))
      }),
    )
  })

  it('on HKDF of every length, salts over a block too', () => {
    const inputs = fc.record({
      salt: someBytes(200),
      ikm: someBytes(600),
      info: someBytes(600),
      length: fc.integer({ min: 0, max: 400 }),
    })
    check(
      fc.property(inputs, (input) => {
        assert.deepEqual(nativeCrypto.hkdfSha512(input), nobleCrypto.hkdfSha512(input))
      }),
      200,
    )
  })

  it('on key pairs and X25519 secrets', () => {
    check(
      fc.property(
        fc.constantFrom(...algorithms),
        bytes(57),
        bytes(32),
        (algorithm, seed, point) => {
          const privateKey = { algorithm, raw: seed.subarray(0, keyBytes[algorithm]) }
          assert.deepEqual(nativeCrypto.keyPairOf(privateKey), nobleCrypto.keyPairOf(privateKey))
          const dhKey = { algorithm: 'X25519', raw: seed.subarray(0, 32) } as const
          assert.deepEqual(nativeCrypto.x25519(dhKey, point), nobleCrypto.x25519(dhKey, point))
        },
      ),
    )
  })

  it('on boxes, and each opens what the other made', () => {
    check(
      fc.property(bytes(32), bytes(24), someBytes(2000), (secret, nonce, message) => {
        const boxed = nativeCrypto.box(secret, nonce, message)
        assert.deepEqual(nobleCrypto.box(secret, nonce, message), boxed)
        assert.deepEqual(nobleCrypto.openBox(secret, nonce, boxed), message)
        assert.deepEqual(nativeCrypto.openBox(secret, nonce, boxed), message)
      }),
    )
  })

  it('that a tampered box does not open', () => {
    const position = fc.nat({ max: 1 << 16 })
    check(
      fc.property(bytes(32), bytes(24), someBytes(), position, (secret, nonce, message, bit) => {
        const boxed = nativeCrypto.box(secret, nonce, message)
        for (const crypto of [nativeCrypto, nobleCrypto]) {
          assert.equal(crypto.openBox(secret, nonce, flipped(boxed, bit)), undefined)
          assert.equal(crypto.openBox(secret, flipped(nonce, bit), boxed), undefined)
          assert.equal(crypto.openBox(flipped(secret, bit), nonce, boxed), undefined)
          assert.equal(crypto.openBox(secret, nonce, boxed.subarray(0, -1)), undefined)
        }
      }),
    )
  })

  it('on signatures, and that a tampered one does not verify', () => {
    const sample = fc.tuple(fc.constantFrom(...signAlgorithms), bytes(57), someBytes())
    check(
      fc.property(sample, fc.nat({ max: 1 << 16 }), ([algorithm, seed, message], bit) => {
        const privateKey = { algorithm, raw: seed.slice(0, keyBytes[algorithm]) }
        const { publicKey } = nativeCrypto.keyPairOf(privateKey)
        const signature = nativeCrypto.sign(privateKey, message)
        assert.deepEqual(nobleCrypto.sign(privateKey, message), signature)
        const changedKey = { ...publicKey, raw: flipped(publicKey.raw, bit) }
        for (const crypto of [nativeCrypto, nobleCrypto]) {
          assert.ok(crypto.verify(publicKey, message, signature))
          assert.ok(!crypto.verify(publicKey, message, flipped(signature, bit)))
          assert.ok(!crypto.verify(publicKey, Uint8Array.of(...message, 1), signature))
          assert.ok(!crypto.verify(changedKey, message, signature))
        }
      }),
      25,
    )
  })

  it('that arbitrary keys and signatures verify nothing and throw nothing', () => {
    const anyKey = fc.oneof(someBytes(60), bytes(32), bytes(57))
    const anySignature = fc.oneof(someBytes(120), bytes(64), bytes(114))
    const anyAlgorithm = fc.constantFrom('X25519', 'X448', ...signAlgorithms)
    check(
      fc.property(anyAlgorithm, anyKey, anySignature, (algorithm, raw, signature) => {
        for (const crypto of [nativeCrypto, nobleCrypto])
          assert.equal(crypto.verify({ algorithm, raw }, raw, signature), false)
      }),
      300,
    )
  })
})

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`${crypto.name}`, () => {
    it('generates new key pairs that work', () => {
      for (const algorithm of algorithms) {
        const pair = crypto.generateKeyPair(algorithm)
        assert.equal(pair.privateKey.raw.length, keyBytes[algorithm])
        assert.deepEqual(crypto.keyPairOf(pair.privateKey), pair)
        assert.notDeepEqual(crypto.generateKeyPair(algorithm), pair)
      }
    })

    it('gives fresh random bytes of any length', () => {
      for (const length of [0, 1, 24, 16_384])
        assert.equal(crypto.randomBytes(length).length, length)
      assert.notEqual(hex(crypto.randomBytes(24)), hex(crypto.randomBytes(24)))
    })

    it('compares by content, whatever the lengths', () => {
      assert.ok(crypto.equal(new Uint8Array(0), new Uint8Array(0)))
      assert.ok(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
      assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))
      assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(3, 2)))
      assert.ok(!crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)))
    })

    it('refuses secrets, nonces and private keys of wrong lengths loudly', () => {
      const [secret, nonce, message] = [32, 24, 40].map((length) => new Uint8Array(length)) as [
        Bytes,
        Bytes,
        Bytes,
      ]
      for (const [key, n] of [
        [secret.subarray(1), nonce],
        [secret, nonce.subarray(1)],
      ] as const) {
        assert.throws(() => crypto.box(key, n, message))
        assert.throws(() => crypto.openBox(key, n, message))
      }
      for (const algorithm of algorithms)
        assert.throws(() => crypto.keyPairOf({ algorithm, raw: new Uint8Array(31) }), RangeError)
      const shortKey = { algorithm: 'X25519', raw: new Uint8Array(31) } as const
      assert.throws(() => crypto.x25519(shortKey, secret), RangeError)
    })

    it('never gives the same memory twice', () => {
      const parameters = {
        salt: new Uint8Array(0),
        ikm: Uint8Array.of(1),
        info: Uint8Array.of(2),
        length: 88,
      }
      const [secret, nonce] = [new Uint8Array(32), new Uint8Array(24)]
      const key = crypto.generateKeyPair('Ed25519').privateKey
      const dhPair = crypto.generateKeyPair('X25519')
      const boxed = crypto.box(secret, nonce, secret)
      const makers: readonly (() => Bytes | undefined)[] = [
        () => crypto.hkdfSha512(parameters),
        () => crypto.sha512(secret),
        () => crypto.sha512(new Uint8Array(5000)),
        () => crypto.sha256(secret),
        () => crypto.sha3_256(secret),
        () => crypto.sha3_384(secret),
        () => crypto.box(secret, nonce, secret),
        () => crypto.openBox(secret, nonce, boxed),
        () => crypto.sign(key, secret),
        () => crypto.x25519(dhPair.privateKey, dhPair.publicKey.raw),
      ]
      for (const make of makers) {
        const first = make()
        assert.ok(first)
        const kept = hex(first)
        make()?.fill(0xaa)
        assert.equal(hex(first), kept, String(make))
        // a Buffer's `slice` would be a view
        assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype, String(make))
      }
    })
  })

it('signature sizes are those of the algorithms', () => {
  for (const algorithm of signAlgorithms) {
    const { privateKey } = nativeCrypto.generateKeyPair(algorithm)
    assert.equal(nativeCrypto.sign(privateKey, new Uint8Array(1)).length, signatureBytes[algorithm])
  }
})
