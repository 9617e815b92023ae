/** Arbitrary parts of messages: bytes, ids, keys, passwords, hosts. */
import fc from 'fast-check'
import type { Bytes } from '../../../src/protocol/bytes.ts'
import {
  type LinkId,
  type MessageId,
  type NotifierId,
  type RecipientId,
  recipientIdOf,
  type SenderId,
  type ServiceId,
} from '../../../src/protocol/ids.ts'
import type { AuthKey, DhKey, PublicKey, PublicKeyAlgorithm } from '../../../src/protocol/keys.ts'
import { isPassword } from '../../../src/protocol/text.ts'
import {
  supportedVersions,
  type Version,
  type VersionRange,
} from '../../../src/protocol/version.ts'

/** Records with the prototype of literals, as deepEqual wants them. */
export const object = <T>(
  model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<T> => fc.record<T>(model, { noNullPrototype: true }) as fc.Arbitrary<T>

/** The same, where the fields of `optional` may be missing. */
export const partly = <T, O>(
  model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: { readonly [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<T & Partial<O>> =>
  fc.record({ ...model, ...optional }, {
    noNullPrototype: true,
    requiredKeys: Object.keys(model),
  } as never) as fc.Arbitrary<T & Partial<O>>

export const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength, maxLength })

/** Long enough for two length bytes to count, most often short. */
export const largeBytes: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 4, arbitrary: bytes(30) },
  { weight: 1, arbitrary: bytes(600, 256) },
)

export const shortBytes: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 3, arbitrary: bytes(24, 24) },
  { weight: 1, arbitrary: bytes(255) },
)

/** Any id: brands exist for the compiler only. */
export const anyId = shortBytes.map(recipientIdOf) as unknown as fc.Arbitrary<
  RecipientId & SenderId & LinkId & NotifierId & MessageId & ServiceId
>

const key = <A extends PublicKeyAlgorithm>(algorithm: A, length: number) =>
  object<PublicKey & { algorithm: A }>({
    algorithm: fc.constant(algorithm),
    raw: bytes(length, length),
  })

export const dhKey: fc.Arbitrary<DhKey> = key('X25519', 32)
export const authKey: fc.Arbitrary<AuthKey> = fc.oneof(
  key('Ed25519', 32),
  key('Ed448', 57),
  key('X25519', 32),
)
export const anyKey: fc.Arbitrary<PublicKey> = fc.oneof(authKey, key('X448', 56))

const passwordCharacters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
export const password: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...passwordCharacters.filter(isPassword)),
  maxLength: 40,
})

const name = fc.domain().filter((text) => !text.endsWith('.onion'))
const onion = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'),
  minLength: 1,
})
export const host: fc.Arbitrary<string> = fc.oneof(
  name,
  fc.ipV4(),
  fc.ipV6(),
  onion.map((text) => `${text}.onion`),
)

/** As deepEqual compares it: with the type of a literal. */
export const nonEmpty = <T>(item: fc.Arbitrary<T>, maxLength: number) =>
  fc.array(item, { minLength: 1, maxLength }) as unknown as fc.Arbitrary<readonly [T, ...T[]]>

export const version: fc.Arbitrary<Version> = fc.integer(supportedVersions)
export const allVersions: readonly Version[] = Array.from(
  { length: supportedVersions.max - supportedVersions.min + 1 },
  (_, index) => supportedVersions.min + index,
)

const u16 = fc.integer({ min: 0, max: 0xffff })
export const anyVersion: fc.Arbitrary<Version> = u16
export const versionRange: fc.Arbitrary<VersionRange> = fc
  .tuple(u16, u16)
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
