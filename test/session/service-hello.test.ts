/** The hello of a service: what is checked, what it is told, and that nothing hostile gets further. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { createAuthority, createServerCertificate } from '../../src/identity/certificates.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import {
  type ClientHello,
  decodeServiceResponse,
  encodeClientHello,
  type ServiceResponse,
  type ServiceRole,
} from '../../src/protocol/handshake.ts'
import type { PublicKey } from '../../src/protocol/keys.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import { StoreUnavailable } from '../../src/store/store-error.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { turn } from '../support/clock.ts'
import { bigSigningKey, dhKey, signingKey } from '../support/wire.ts'
import { identity, takeServerHello } from '../support/wire-hello.ts'
import { WireRelay, type WireRelayOptions } from '../support/wire-relay.ts'
import { makeService, serviceHello, signedBy } from '../support/wire-service.ts'
import { HeldStore } from '../support/wire-store.ts'

const { keyHash } = identity
type ServicePart = NonNullable<ClientHello['service']>

const service = makeService('notifier')
const other = makeService('notifier')

interface Said {
  readonly part: ServicePart
  /** Shown in TLS; default: as in the hello. */
  readonly chain?: readonly Bytes[]
  readonly hello?: Partial<ClientHello>
}

/** Says the hello; the answer, if there is one, and what became of the connection. */
const says = async (
  { part, chain = part.chain, hello = {} }: Said,
  relay: WireRelay,
): Promise<{ readonly response: ServiceResponse | undefined; readonly fate: string }> => {
  const connection = relay.open({ chain })
  await takeServerHello(connection)
  const sessionKey = dhKey().publicKey
  const plain = { version: 18, keyHash, sessionKey, proxyServer: false } as const
  const content = encodeClientHello({ ...plain, service: part, ...hello })
  connection.send(pad(content, BLOCK_BYTES))
  await turn()
  const block = connection.take()
  const response = block && decodeServiceResponse(unpad(block))
  return { response, fate: connection.fate }
}

const answers = async (said: Said, options?: WireRelayOptions) => {
  await using relay = new WireRelay(options)
  return await says(said, relay)
}

const part = (fields: Partial<ServicePart> = {}): ServicePart => ({
  ...serviceHello(service).hello,
  ...fields,
})

const badAuth = { response: { error: 'HANDSHAKE BAD_AUTH' }, fate: 'closed by relay' }
const badService = { response: { error: 'HANDSHAKE BAD_SERVICE' }, fate: 'closed by relay' }

const accepted = async (said: Said, relay: WireRelay): Promise<string> => {
  const { response, fate } = await says(said, relay)
  assert.ok(response && 'serviceId' in response, JSON.stringify(response))
  assert.equal(fate, 'open')
  return response.serviceId
}

describe('a service is accepted', () => {
  test('with one id for its certificate, whatever the key of the session and the version', async () => {
    await using relay = new WireRelay()
    const id = await accepted({ part: part() }, relay)
    assert.equal(id.length, 24)
    for (const version of [16, 17, 18])
      assert.equal(await accepted({ part: part(), hello: { version } }, relay), id)
    const another = await accepted({ part: serviceHello(other).hello }, relay)
    assert.notEqual(another, id)
  })

  test('with Ed448 certificates', async () => {
    await using relay = new WireRelay()
    await accepted({ part: serviceHello(makeService('notifier', 'Ed448')).hello }, relay)
  })

  test('with one certificate, or under an operator’s and a network’s', async () => {
    await using relay = new WireRelay()
    const now = new Date('2026-11-01T00:00:00Z')
    const alone = createAuthority({ algorithm: 'Ed25519', now })
    const { d = '' } = alone.privateKey.export({ format: 'jwk' })
    const raw = Uint8Array.from(Buffer.from(d, 'base64url'))
    const leafKey = { algorithm: 'Ed25519', raw } as const
    const chain = [new Uint8Array(alone.certificate.raw)] as const
    const signedKey = signedBy({ ...service.identity, leafKey }, signingKey().publicKey)
    await accepted({ part: { role: 'proxy', chain, signedKey } }, relay)
  })

  test('again after its leaf certificate was renewed, by the identity certificate', async () => {
    await using relay = new WireRelay()
    const now = new Date('2026-11-01T00:00:00Z')
    const authority = createAuthority({ algorithm: 'Ed25519', now })
    const renewed = () => {
      const leaf = createServerCertificate(authority, { host: 'n', algorithm: 'Ed25519', now })
      const { d = '' } = leaf.privateKey.export({ format: 'jwk' })
      const raw = Uint8Array.from(Buffer.from(d, 'base64url'))
      const leafKey = { algorithm: 'Ed25519', raw } as const
      const all = [leaf, authority].map(({ certificate }) => new Uint8Array(certificate.raw))
      const chain = all as [Bytes, Bytes]
      const signedKey = signedBy({ ...service.identity, leafKey }, signingKey().publicKey)
      return { role: 'notifier', chain, signedKey } as const
    }
    const id = await accepted({ part: renewed() }, relay)
    assert.equal(await accepted({ part: renewed() }, relay), id)
  })

  test('without block encryption where it says no key, and as a proxy', async () => {
    await using relay = new WireRelay()
    await using again = new WireRelay()
    for (const at of [relay, again])
      await at.connect({ service: makeService('proxy'), proxyServer: true })
    await relay.connect({ service, hasKey: false })
  })
})

describe('a certificate is bound to its role', () => {
  test('for ever', async () => {
    await using relay = new WireRelay()
    const id = await accepted({ part: part({ role: 'messaging' }) }, relay)
    for (const role of ['notifier', 'proxy'] satisfies ServiceRole[])
      assert.deepEqual(await says({ part: part({ role }) }, relay), badService)
    assert.equal(await accepted({ part: part({ role: 'messaging' }) }, relay), id)
  })
})

describe('a service is refused', () => {
  const key = signingKey().publicKey
  const signed = (
    signer: Parameters<typeof signedBy>[0],
    of: PublicKey = key,
  ): Partial<ServicePart> => ({
    signedKey: signedBy(signer, of),
  })
  const [leaf, authority] = service.identity.chain
  const [otherLeaf, otherAuthority] = other.identity.chain
  const made = (date: string, days: number) =>
    serviceHello({
      role: 'notifier',
      identity: makeIdentity('Ed25519', { now: new Date(date), days }),
    }).hello
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const rsaSpki = new Uint8Array(rsa.export({ format: 'der', type: 'spki' }))
  const cases: Readonly<Record<string, Said>> = {
    'that showed nothing in TLS': { part: part(), chain: [] },
    'that showed other certificates': { part: part(), chain: other.identity.chain },
    'that showed more': { part: part(), chain: [leaf, authority, authority] },
    'that showed less': { part: part(), chain: [leaf] },
    'in another order': { part: part(), chain: [authority, leaf] },
    'with five certificates': {
      part: part({ chain: [leaf, authority, authority, authority, authority] }),
    },
    'with an identity that did not issue its leaf': {
      part: part({ chain: [leaf, otherAuthority] }),
    },
    'with the leaf of another': { part: part({ chain: [otherLeaf, authority] }) },
    'with certificates that are none': {
      part: part({ chain: [new Uint8Array(40).fill(0x30), leaf] }),
    },
    'with an empty certificate': { part: part({ chain: [leaf, new Uint8Array(0)] }) },
    'with a certificate of an expired leaf': { part: made('2026-11-02T00:00:00Z', 3) },
    'before its time': { part: made('2027-01-01T00:00:00Z', 30) },
    'whose key another one signed': { part: part(signed(other.identity)) },
    'with an Ed448 session key': {
      part: part(signed(service.identity, bigSigningKey().publicKey)),
    },
    'with an X25519 session key': { part: part(signed(service.identity, dhKey().publicKey)) },
    'with a signed key that is none': { part: part({ signedKey: Uint8Array.of(1, 2, 3) }) },
    'with an RSA key for the session': { part: part({ signedKey: rsaSpki }) },
    'without a signed key': { part: part({ signedKey: new Uint8Array(0) }) },
  }
  for (const [name, said] of Object.entries(cases))
    test(name, async () => {
      assert.deepEqual(await answers(said), badAuth)
    })

  test('and nothing is registered for it', async () => {
    const held = new HeldStore()
    await using relay = new WireRelay({ held })
    await says({ part: part(), chain: [] }, relay)
    assert.equal(held.calls.get('registerService'), undefined)
  })

  test('without a word, for another identity or version', async () => {
    for (const wrong of [{ keyHash: crypto.randomBytes(32) }, { version: 19 }]) {
      const closed = { response: undefined, fate: 'closed by relay' }
      assert.deepEqual(await answers({ part: part(), hello: wrong }), closed)
    }
  })

  test('without a word where the store is away: it tries again', async () => {
    const held = new HeldStore()
    await using relay = new WireRelay({ held })
    held.hold('registerService').fail(new StoreUnavailable('away'))
    assert.deepEqual(await says({ part: part() }, relay), {
      response: undefined,
      fate: 'closed by relay',
    })
    assert.equal(relay.faults.splice(0).length, 1)
  })
})

test('whatever the certificates and the signed key are, the relay goes on', async () => {
  await using relay = new WireRelay()
  const whole = part()
  const harmed = (bytes: Bytes) =>
    fc
      .tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(bytes.length))
      .map(([at, flip, cut]) => {
        const copy = Uint8Array.from(bytes)
        copy[at] = (copy[at] ?? 0) ^ flip
        return cut % 3 === 0 ? copy.subarray(0, cut) : copy
      })
  const [leaf, authority] = service.identity.chain
  const property = fc.asyncProperty(
    harmed(leaf),
    harmed(authority),
    harmed(whole.signedKey),
    fc.integer({ min: 1, max: 7 }),
    async (first, second, signedKey, which) => {
      const chain = [which & 1 ? first : leaf, which & 2 ? second : authority] as const
      const said = { ...whole, chain, ...(which & 4 ? { signedKey } : {}) }
      const answer = await says({ part: said }, relay)
      // nobody signs for an anchor: a changed one is another service, if it is a certificate still
      const mayBeAnother = which === 2 && answer.fate === 'open'
      if (!mayBeAnother) assert.deepEqual(answer, badAuth)
    },
  )
  await fc.assert(property, { numRuns: 300 })
})
