/** commands.json: what the reference's services sign, as the relay verifies it, and as our client does. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRequestEncoder } from '../../src/client/authorization.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { PrivateKey } from '../../src/crypto/provider.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import type { Command } from '../../src/protocol/command.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import type { ServiceRole } from '../../src/protocol/handshake.ts'
import { entityIdOf, serviceIdOf } from '../../src/protocol/ids.ts'
import { type AuthKey, decodeSpki, isAuthKey } from '../../src/protocol/keys.ts'
import { authorizedPrefix } from '../../src/protocol/transmission.ts'
import { isRefused, readClaim, type SessionBinding } from '../../src/session/authorize.ts'
import { verifyFound } from '../../src/session/verify.ts'
import type { Lookup } from '../../src/store/store.ts'
import { newNotifier, newQueue } from '../store/builders.ts'
import { fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'

interface Vector {
  readonly name: string
  readonly tag: Command['tag']
  readonly fields: { readonly rcvAuthKey?: string }
  readonly corrId: string
  readonly entityId: string
  readonly encodings: readonly ({
    readonly versions: readonly number[]
    readonly command: string
  } & {
    readonly [S in 'serviceEd25519' | 'serviceX25519' | 'serviceKey']?: {
      readonly transmission: string
    }
  })[]
}

const vectors = loadVectors<{
  readonly keys: Readonly<Record<string, VectorKey>>
  readonly sessionId: string
  readonly serviceCertHash: string
  readonly serviceId: string
  readonly commands: readonly Vector[]
}>('commands')

const sessionId = fromHex(vectors.sessionId)
const certificateHash = fromHex(vectors.serviceCertHash)
const serviceId = serviceIdOf(fromHex(vectors.serviceId))

const publicKey = (name: string): AuthKey => {
  const key = decodeSpki(fromHex(vectors.keys[name]?.spki ?? ''))
  assert.ok(isAuthKey(key))
  return key
}

const privateKey = (name: string): PrivateKey => {
  const { alg, private: raw = '' } = vectors.keys[name] ?? assert.fail(name)
  return { algorithm: alg as PrivateKey['algorithm'], raw: fromHex(raw) }
}

const sessionKey = privateKey('srvSess') as PrivateKey<'X25519'>
const roles: Partial<Record<Command['tag'], ServiceRole>> = { NSUB: 'notifier', NSUBS: 'notifier' }
const prefixes: Partial<Record<Command['tag'], string>> = { NEW: 'rcv', SUB: 'rcv', NSUB: 'ntf' }

const bindingOf = (version: number, role: ServiceRole): SessionBinding => ({
  ...{ version, sessionId, sessionKey },
  authorizedPrefix: authorizedPrefix(sessionId),
  service: {
    service: { serviceId, name: 'x' },
    role,
    certificateHash,
    key: publicKey('serviceSess'),
  },
})

const foundWith = (key: AuthKey): Lookup => {
  const notifier = { ...newNotifier(), authKey: key }
  const queue = newQueue({ recipientKeys: [key], notifier })
  const record = { ...queue, notifier, revision: 1, status: { state: 'active' } as const }
  return { outcome: 'found', queue: record, isFresh: true }
}

const isVerified = (bytes: Bytes, binding: SessionBinding, key: AuthKey): boolean => {
  const claim = readClaim(bytes, binding)
  return !isRefused(claim) && !isRefused(verifyFound(crypto, claim, foundWith(key)))
}

const kinds = [
  ['serviceEd25519', 'Ed25519'],
  ['serviceX25519', 'X25519'],
  ['serviceKey', undefined],
] as const

let checked = 0
for (const { name, tag, fields, corrId, entityId, encodings } of vectors.commands) {
  const role = roles[tag] ?? 'messaging'
  for (const encoding of encodings)
    for (const [kind, algorithm] of kinds) {
      const vector = encoding[kind]
      if (vector === undefined) continue
      checked += 1
      // the key in NEW is the one that it is signed with, where they are of one kind
      const named = `${prefixes[tag]}${algorithm}`
      const isOwn = tag !== 'NEW' || fields.rcvAuthKey === named
      test(`${name}, v${encoding.versions}, ${kind}`, () => {
        const bytes = fromHex(vector.transmission)
        for (const version of encoding.versions) {
          const command = decodeCommand(fromHex(encoding.command), version)
          const service = {
            serviceId,
            certificateHash,
            key: privateKey('serviceSess') as PrivateKey<'Ed25519'>,
          }
          const serverKey = publicKey('srvSess').raw
          const encode = createRequestEncoder(crypto, { version, sessionId, serverKey, service })
          const request = { command, entityId: entityIdOf(fromHex(entityId)) }
          const key = algorithm && { key: privateKey(named) }
          const encoded = encode({ ...request, ...key }, fromHex(corrId))
          assert.equal(hex(encoded), vector.transmission)
          if (!isOwn) continue
          const owner = algorithm === undefined ? publicKey('serviceSess') : publicKey(named)
          const binding = bindingOf(version, role)
          assert.ok(isVerified(bytes, binding, owner))
          const { service: _, ...ordinary } = binding
          assert.ok(!isVerified(bytes, ordinary, owner), 'in an ordinary session')
          const wrongRole = bindingOf(version, role === 'notifier' ? 'messaging' : 'notifier')
          assert.ok(!isVerified(bytes, wrongRole, owner), 'in another role')
        }
      })
    }
}

describe('the vectors', () => {
  test('are all there', () => {
    assert.ok(checked > 60, `${checked}`)
  })
})
