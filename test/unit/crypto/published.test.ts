/** Both providers give the values of the RFCs and of NaCl. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import type { SignAlgorithm } from '../../../src/crypto/provider.ts'
import { expectBytes, fromHex, hex } from '../../support/vectors.ts'

const range = (from: number, to: number): string =>
  hex(Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i))

// the inputs of RFC 5869, A.1 to A.3, with SHA-512
const hkdfCases = [
  {
    ikm: '0b'.repeat(22),
    salt: range(0x00, 0x0c),
    info: range(0xf0, 0xf9),
    okm: `832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb`,
  },
  {
    ikm: range(0x00, 0x4f),
    salt: range(0x60, 0xaf),
    info: range(0xb0, 0xff),
    okm: `ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1b695b48cbd1c8388441137b3
      ce28f16aa64ba33ba466b24df6cfcb021ecff235f6a2056ce3af1de44d572097a8505d9e7a93`,
  },
  {
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    okm: `f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90fff22d04836d0e2343bac`,
  },
]

interface SignatureCase {
  readonly algorithm: SignAlgorithm
  readonly name: string
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}

// RFC 8032, 7.1 and 7.4
const signatureCases: readonly SignatureCase[] = [
  {
    algorithm: 'Ed25519',
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature: `e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
      5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b`,
  },
  {
    algorithm: 'Ed25519',
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature: `92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
      085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00`,
  },
  {
    algorithm: 'Ed448',
    name: 'Blank',
    seed: `6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3
      fc5b94492f8f032e7549a20098f95b`,
    publicKey: `5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c706
      1bd6783df1e50f6cd1fa1abeafe8256180`,
    message: '',
    signature: `533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f62828
      1f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852d
      b99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600`,
  },
  {
    algorithm: 'Ed448',
    name: '1 octet',
    seed: `c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3b
      c397a659949ef8021e954e0a12274e`,
    publicKey: `43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802
      b8438ea4cb82169c235160627b4c3a9480`,
    message: '03',
    signature: `26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b
      7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0a
      f7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00`,
  },
]

// crypto_box of NaCl's tests (box.c): the first key is the X25519 output, not yet hashed
const naclBox = {
  secret: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  nonce: '69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37',
  message: `be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728
    d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a02
    4a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705`,
  boxed: `f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c5
    31a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932
    164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6
    599b1f654cb45a74e355a5`,
}

// RFC 7748, 6.1
const alice = {
  private: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
  public: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
}
const bob = {
  private: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
  public: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
}
const aliceAndBob = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'

// Ed25519's group order, little-endian
const order = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'

const addedToScalar = (signature: Uint8Array, addend: Uint8Array): Uint8Array => {
  const sum = signature.slice()
  let carry = 0
  for (let i = 0; i < 32; i++) {
    const value = (sum[32 + i] ?? 0) + (addend[i] ?? 0) + carry
    sum[32 + i] = value & 0xff
    carry = value >>> 8
  }
  return sum
}

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`${crypto.name} and published vectors`, () => {
    for (const [at, { ikm, salt, info, okm }] of hkdfCases.entries())
      it(`HKDF-SHA512 with the inputs of RFC 5869, A.${at + 1}`, () => {
        const expected = hex(fromHex(okm))
        const derived = crypto.hkdfSha512({
          ikm: fromHex(ikm),
          salt: fromHex(salt),
          info: fromHex(info),
          length: expected.length / 2,
        })
        assert.equal(hex(derived), expected)
      })

    it('X25519, RFC 7748', () => {
      for (const [own, other] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        const privateKey = { algorithm: 'X25519', raw: fromHex(own.private) } as const
        expectBytes(crypto.keyPairOf(privateKey).publicKey.raw, own.public)
        expectBytes(crypto.x25519(privateKey, fromHex(other.public)), aliceAndBob)
      }
    })

    it('refuses X25519 points of low order and of other lengths', () => {
      const privateKey = { algorithm: 'X25519', raw: fromHex(alice.private) } as const
      // https://cr.yp.to/ecdh.html#validate
      for (const point of [
        '00'.repeat(32),
        `01${'00'.repeat(31)}`,
        'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
        '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
        `ec${'ff'.repeat(30)}7f`,
        bob.public.slice(2),
        `${bob.public}00`,
      ])
        assert.equal(crypto.x25519(privateKey, fromHex(point)), undefined, point)
    })

    for (const { algorithm, name, ...vector } of signatureCases)
      it(`${algorithm}, RFC 8032 ${name}`, () => {
        const pair = crypto.keyPairOf({ algorithm, raw: fromHex(vector.seed) })
        const message = fromHex(vector.message)
        expectBytes(pair.publicKey.raw, hex(fromHex(vector.publicKey)))
        const signature = crypto.sign(pair.privateKey, message)
        assert.equal(hex(signature), hex(fromHex(vector.signature)))
        assert.ok(crypto.verify(pair.publicKey, message, signature))
      })

    it('refuses Ed25519 signatures that only a lax verifier takes', () => {
      const [{ publicKey, signature } = { publicKey: '', signature: '' }] = signatureCases
      const key = { algorithm: 'Ed25519', raw: fromHex(publicKey) } as const
      const message = new Uint8Array(0)
      const good = fromHex(signature)
      assert.ok(crypto.verify(key, message, good))
      // S + L: RFC 8032, 5.1.7 wants S below the order
      assert.ok(!crypto.verify(key, message, addedToScalar(good, fromHex(order))))
      // R = A = the neutral point, S = 0: would verify for every message
      const neutral = fromHex(`01${'00'.repeat(31)}`)
      const anything = Uint8Array.of(...neutral, ...new Uint8Array(32))
      assert.ok(!crypto.verify({ algorithm: 'Ed25519', raw: neutral }, message, anything))
    })

    it('crypto_box of NaCl', () => {
      const [secret, nonce] = [fromHex(naclBox.secret), fromHex(naclBox.nonce)]
      const boxed = crypto.box(secret, nonce, fromHex(naclBox.message))
      assert.equal(hex(boxed), hex(fromHex(naclBox.boxed)))
      assert.deepEqual(crypto.openBox(secret, nonce, boxed), fromHex(naclBox.message))
    })
  })
