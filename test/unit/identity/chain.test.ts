import assert from 'node:assert/strict'
import { generateKeyPairSync, hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { AsnConvert } from '@peculiar/asn1-schema'
import { KeyUsageFlags, SubjectPublicKeyInfo, Version } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import {
  type CertifiedKey,
  createAuthority,
  createServerCertificate,
} from '../../../src/identity/certificates.ts'
import {
  ChainError,
  type ChainProblem,
  fingerprintOf,
  verifyServerChain as verifyNatively,
} from '../../../src/identity/chain.ts'
import { verifyChainPortably } from '../../../src/identity/portable-chain.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'
import type { PublicKey } from '../../../src/protocol/keys.ts'
import { authorityExtensions, reissued } from '../../support/certificates.ts'
import { expectBytes, fromHex, hex, loadVectors } from '../../support/vectors.ts'

const { certificates, keys } = loadVectors<{
  keys: Record<string, { alg: string; public: string }>
  certificates: readonly { name: string; chain: readonly string[]; identity: string }[]
}>('crypto')

const now = new Date('2026-11-22T12:00:00Z')
const algorithm = 'Ed25519'
const host = 'smp.example.org'

const sha256 = (der: Bytes): Bytes => new Uint8Array(hash('sha256', der, 'buffer'))
const der = (...chain: readonly CertifiedKey[]): Bytes[] =>
  chain.map((one) => new Uint8Array(one.certificate.raw))

/** An authority under another one, with these extensions. */
const subordinate = (
  issuer: CertifiedKey,
  name: string,
  extensions = authorityExtensions({ cA: true }),
): CertifiedKey => {
  const made = createServerCertificate(issuer, { host: name, algorithm, now })
  const certificate = reissued(made.certificate, issuer.privateKey, (fields) => {
    fields.extensions = extensions
  })
  return { ...made, certificate }
}

const authority = createAuthority({ algorithm, now })
const server = createServerCertificate(authority, { host, algorithm, now })
const chain = der(server, authority)
const keyHash = sha256(chain[1] ?? assert.fail())

/** leaf, identity, network, operator */
const operator = createAuthority({ algorithm, now })
const network = subordinate(operator, 'network')
const identity = subordinate(network, 'identity')
const leafOf = (issuer: CertifiedKey) => createServerCertificate(issuer, { host, algorithm, now })

const outcomeOf = (verify: () => { readonly leafKey: PublicKey }) => {
  try {
    return { leafKey: verify().leafKey }
  } catch (error) {
    return { problem: error instanceof ChainError ? error.problem : error }
  }
}

/** As Node does it; a browser has to come to the same. */
const verifyServerChain: typeof verifyNatively = (chain, keyHash, at) => {
  const portably = outcomeOf(() => verifyChainPortably(nobleCrypto, { chain, keyHash }, at))
  assert.deepEqual(
    portably,
    outcomeOf(() => verifyNatively(chain, keyHash, at)),
  )
  return verifyNatively(chain, keyHash, at)
}

const refuses = (problem: ChainProblem, certificates: readonly Bytes[], at = now): void => {
  const pinned = fingerprintOf(certificates) ?? keyHash
  assert.throws(
    () => verifyServerChain(certificates, pinned, at),
    (error) => error instanceof ChainError && error.problem === problem,
    problem,
  )
}

describe('server chain', () => {
  it('accepts the chains of the reference and finds their identity', () => {
    for (const { name, chain: encoded, identity: pinned } of certificates) {
      const reference = encoded.map(fromHex)
      expectBytes(fingerprintOf(reference), pinned)
      const { leafKey } = verifyServerChain(reference, fromHex(pinned), now)
      const { alg, public: raw } = keys[`${name}-leaf`] ?? assert.fail(name)
      assert.deepEqual({ alg: leafKey.algorithm, raw: hex(leafKey.raw) }, { alg, raw })
    }
    assert.equal(certificates.length, 2)
  })

  it('accepts two, three and four certificates in order', () => {
    const direct = subordinate(operator, 'identity under operator')
    for (const good of [
      chain,
      der(leafOf(direct), direct, operator),
      der(leafOf(identity), identity, network, operator),
    ]) {
      const { leafKey } = verifyServerChain(good, sha256(good[1] ?? assert.fail()), now)
      assert.equal(leafKey.algorithm, 'Ed25519')
    }
  })

  it('refuses chains of 0, 1 and 5 certificates', () => {
    refuses('length', [])
    refuses('length', der(authority))
    refuses('length', der(leafOf(identity), identity, network, operator, operator))
  })

  it('refuses another identity', () => {
    const other = createAuthority({ algorithm, now })
    const otherChain = der(leafOf(other), other)
    for (const [certificates, pinned] of [
      [otherChain, keyHash],
      [chain, sha256(chain[0] ?? assert.fail())],
      [chain, keyHash.subarray(1)],
    ] as const)
      assert.throws(
        () => verifyServerChain(certificates, pinned, now),
        (error) => error instanceof ChainError && error.problem === 'other identity',
      )
  })

  it('refuses a leaf that the identity did not sign', () => {
    const forger = createAuthority({ algorithm, now })
    refuses('not issued by the next', der(leafOf(forger), authority))
    // all names right, the signature by another key
    const forged = { ...authority, privateKey: forger.privateKey }
    refuses('not issued by the next', der(leafOf(forged), authority))
    // signed by the right key under another name
    const renamed = reissued(server.certificate, authority.privateKey, (fields) => {
      fields.issuer = fields.subject
    })
    refuses('not issued by the next', [new Uint8Array(renamed.raw), chain[1] ?? assert.fail()])
  })

  it('refuses an identity that is shown but not on the path', () => {
    const attacker = subordinate(operator, 'attacker')
    // the reference would find the leaf's issuer in the last certificate, whoever made that
    refuses('not issued by the next', der(leafOf(attacker), identity, attacker))
    refuses('not issued by the next', der(leafOf(identity), identity, operator, network))
  })

  it('refuses certificates outside their dates', () => {
    const day = 86_400_000
    const brief = createServerCertificate(authority, { host, algorithm, now, days: 1 })
    const briefChain = der(brief, authority)
    assert.ok(verifyServerChain(briefChain, keyHash, now))
    assert.ok(verifyServerChain(briefChain, keyHash, new Date(now.getTime() + day)))
    refuses('not valid now', briefChain, new Date(now.getTime() + day + 1000))
    refuses('not valid now', briefChain, new Date(now.getTime() - 1000))
    const expired = reissued(identity.certificate, network.privateKey, (fields) => {
      fields.validity.notAfter = fields.validity.notBefore
    })
    const under = { ...identity, certificate: expired }
    refuses('not valid now', der(leafOf(identity), under, network, operator), new Date(+now + day))
  })

  it('refuses intermediate certificates that may not issue', () => {
    const { digitalSignature, keyCertSign } = KeyUsageFlags
    const cases = [
      [authorityExtensions({ cA: true, pathLenConstraint: 0 }, keyCertSign), true],
      [authorityExtensions({ cA: true }, digitalSignature), false],
      [authorityExtensions({ cA: false }, keyCertSign), false],
      [undefined, false],
    ] as const
    for (const [extensions, good] of cases) {
      const made = createServerCertificate(operator, { host: 'middle', algorithm, now })
      const certificate = extensions ? subordinate(operator, 'middle', extensions) : made
      const certs = der(leafOf(certificate), certificate, operator)
      if (good) assert.ok(verifyServerChain(certs, sha256(certs[1] ?? assert.fail()), now))
      else refuses('not an authority', certs)
    }
    const short = subordinate(
      operator,
      'short',
      authorityExtensions({ cA: true, pathLenConstraint: 0 }),
    )
    const below = subordinate(short, 'below')
    refuses('not an authority', der(leafOf(below), below, short, operator))
  })

  it('refuses leaf certificates of version 1', () => {
    const old = reissued(server.certificate, authority.privateKey, (fields) => {
      fields.version = Version.v1
      delete fields.extensions
    })
    refuses('not version 3', [new Uint8Array(old.raw), chain[1] ?? assert.fail()])
  })

  it('refuses leaf keys of other kinds', () => {
    for (const { publicKey } of [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('x25519'),
    ]) {
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      const other = reissued(server.certificate, authority.privateKey, (fields) => {
        fields.subjectPublicKeyInfo = AsnConvert.parse(spki, SubjectPublicKeyInfo)
      })
      refuses('not an Ed25519 or Ed448 key', [new Uint8Array(other.raw), chain[1] ?? assert.fail()])
    }
  })

  it('meets every other input with a ChainError', () => {
    const bytes = fc.uint8Array({ maxLength: 400 })
    const [leaf = assert.fail(), anchor = assert.fail()] = chain
    const damaged = fc
      .tuple(fc.constantFrom(leaf, anchor), fc.nat(), fc.integer({ min: 1, max: 255 }))
      .map(([certificate, at, difference]) => {
        const copy = certificate.slice()
        const index = at % copy.length
        copy[index] = (copy[index] ?? 0) ^ difference
        return copy
      })
    const truncated = fc.nat({ max: leaf.length - 1 }).map((length) => leaf.slice(0, length))
    const strange = fc.oneof(bytes, damaged, truncated)
    const goodKeys = [[leaf, anchor] as const, [anchor, anchor] as const].map((good) =>
      hex(verifyServerChain(good, keyHash, now).leafKey.raw),
    )
    const anyChain = fc.oneof(
      fc.array(strange, { maxLength: 6 }),
      strange.map((one) => [one, anchor]),
      strange.map((one) => [leaf, one, anchor]),
    )
    fc.assert(
      fc.property(anyChain, (certificates) => {
        const pinned = fingerprintOf(certificates) ?? keyHash
        assert.throws(() => verifyNatively(certificates, pinned, now), ChainError)
        // the codec below is more lenient about what no signature covers
        const given = { chain: certificates, keyHash: pinned }
        const { problem, leafKey } = outcomeOf(() => verifyChainPortably(nobleCrypto, given, now))
        if (leafKey === undefined) assert.equal(typeof problem, 'string')
        else assert.ok(goodKeys.includes(hex(leafKey.raw)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('fingerprint', () => {
  it('is that of the second certificate, or of a lone one', () => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((byte) => Uint8Array.of(byte)) as [
      Bytes,
      Bytes,
      Bytes,
      Bytes,
      Bytes,
    ]
    assert.deepEqual(fingerprintOf([a]), sha256(a))
    for (const certificates of [
      [a, b],
      [a, b, c],
      [a, b, c, d],
    ])
      assert.deepEqual(fingerprintOf(certificates), sha256(b))
    assert.equal(fingerprintOf([]), undefined)
    assert.equal(fingerprintOf([a, b, c, d, e]), undefined)
  })
})
