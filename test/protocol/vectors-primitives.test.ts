/** primitives.json: encodings of single types, keys, padding and base64url. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hostOf, isHost, parseServerAddress } from '../../src/protocol/address.ts'
import { type Bytes, ProtocolError, utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import {
  decodeSpki,
  encodeSpki,
  isAuthKey,
  isDhKey,
  readAuthKey,
  readDhKey,
} from '../../src/protocol/keys.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { base64url, fromBase64url } from '../../src/protocol/text.ts'
import { readVersionRange, writeVersionRange } from '../../src/protocol/version.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { expectBytes, fromHex, hex, loadVectors, type VectorBytes } from '../support/vectors.ts'
import { word } from './cases/case.ts'

interface Long {
  readonly fill?: string
  readonly count?: number
}

interface Encoding extends Long {
  readonly type: string
  readonly value?: unknown
  readonly hex?: string
}

const vectors = loadVectors<{
  readonly encodings: readonly Encoding[]
  readonly invalid: readonly { readonly type: string; readonly hex: string }[]
  readonly keys: readonly {
    readonly name: string
    readonly alg: string
    readonly public: string
    readonly spki: string
    readonly encoded: string
    readonly text: string
    readonly authKey: boolean
    readonly x25519Key: boolean
  }[]
  readonly keyDecoding: readonly {
    readonly what: string
    readonly hex: string
    readonly anyKey: boolean | string
    readonly authKey: boolean | string
    readonly x25519Key: boolean | string
  }[]
  readonly padding: readonly (Long & {
    readonly message?: string
    readonly paddedLength: number
    readonly result?: string | null
  })[]
  readonly unpadding: readonly { readonly padded: string; readonly result: string | null }[]
  readonly text: readonly {
    readonly type: string
    readonly text: string
    readonly value?: string
    readonly whole?: string | null
  }[]
}>('primitives')

/** The bytes of a type as the vectors write them, read whole. */
interface Primitive {
  read(reader: Reader): unknown
  write?(writer: Writer, value: never): void
}

const readHost = (reader: Reader): string => {
  const host = Buffer.from(reader.short()).toString('latin1')
  if (!isHost(host)) throw new ProtocolError('not a host')
  return host
}

/** A server is met in PRXY only. */
const serverHead = word('PRXY ')
const readServer = (reader: Reader): unknown => {
  const command = decodeCommand(fromHex(`${serverHead} ${hex(reader.rest())} 30`), 18)
  assert.ok(command.tag === 'PRXY')
  const { hosts, port, keyHash } = command.server
  return `smp://${base64url(keyHash)}@${hosts.join()}${port && `:${port}`}`
}

const writeServer = (writer: Writer, address: string): void => {
  const { hosts, port, keyHash } = parseServerAddress(address)
  const server = { hosts, port: port === undefined ? '' : `${port}`, keyHash }
  writer.raw(encodeCommand({ tag: 'PRXY', server }, 18).slice(fromHex(serverHead).length, -1))
}

const bytes: Primitive = {
  read: (r) => hex(r.short()),
  write: (w, value: string) => w.short(fromHex(value)),
}
const u16: Primitive = { read: (r) => r.u16(), write: (w, value: number) => w.u16(value) }

const primitives: ReadonlyMap<string, Primitive> = new Map<string, Primitive>([
  ['Word16', u16],
  ['Version', u16],
  ['Int64', { read: (r) => `${r.i64()}`, write: (w, value: string) => w.i64(BigInt(value)) }],
  ['Bool', { read: (r) => r.bool(), write: (w, value: boolean) => w.bool(value) }],
  [
    'Char',
    { read: (r) => String.fromCharCode(r.u8()), write: (w, value: string) => w.text(value) },
  ],
  ['ByteString', bytes],
  ['KeyHash', bytes],
  [
    'Text',
    { read: (r) => utf8Text(r.short()), write: (w, value: string) => w.short(utf8Bytes(value)) },
  ],
  ['Large', { read: (r) => hex(r.large()), write: (w, value: string) => w.large(fromHex(value)) }],
  ['Tail', { read: (r) => hex(r.rest()), write: (w, value: string) => w.raw(fromHex(value)) }],
  ['CbNonce', { read: (r) => hex(r.take(24)), write: (w, value: string) => w.raw(fromHex(value)) }],
  [
    'Maybe ByteString',
    {
      read: (r) => r.maybe((inner) => hex(inner.short())) ?? null,
      write: (w, value: string | null) =>
        w.maybe(value ?? undefined, (inner, text) => inner.short(fromHex(text))),
    },
  ],
  [
    'Maybe Word16',
    {
      read: (r) => r.maybe((inner) => inner.u16()) ?? null,
      write: (w, value: number | null) =>
        w.maybe(value ?? undefined, (inner, number) => inner.u16(number)),
    },
  ],
  ['Maybe Bool', { read: (r) => r.maybe((inner) => inner.bool()) ?? null }],
  [
    'Maybe (Maybe Bool)',
    {
      read: (r) => r.maybe((outer) => [outer.maybe((inner) => inner.bool()) ?? null]) ?? [],
      write: (w, [value]: readonly (boolean | null)[]) =>
        w.maybe(value === undefined ? undefined : { value }, (outer, { value: inner }) =>
          outer.maybe(inner ?? undefined, (at, bool) => at.bool(bool)),
        ),
    },
  ],
  [
    'NonEmpty ByteString',
    {
      read: (r) => r.nonEmptyList((inner) => hex(inner.short())),
      write: (w, value: readonly string[]) =>
        w.nonEmptyList(value, (inner, text) => inner.short(fromHex(text))),
    },
  ],
  [
    'NonEmpty Bool',
    {
      read: (r) => r.nonEmptyList((inner) => inner.bool()),
      write: (w, value: readonly boolean[]) =>
        w.nonEmptyList(value, (inner, bool) => inner.bool(bool)),
    },
  ],
  [
    '(Word16, Bool, ByteString)',
    {
      read: (r) => [r.u16(), r.bool(), hex(r.short())],
      write: (w, [number, bool, text]: readonly [number, boolean, string]) =>
        w.u16(number).bool(bool).short(fromHex(text)),
    },
  ],
  [
    'SystemTime',
    {
      read: (r) => ({ seconds: `${r.seconds()}` }),
      write: (w, value: { readonly seconds: string }) => w.i64(Number(value.seconds)),
    },
  ],
  [
    'VersionRange',
    {
      read: (r) => Object.values(readVersionRange(r)),
      write: (w, [min, max]: readonly [number, number]) => writeVersionRange(w, { min, max }),
    },
  ],
  [
    'TransportHost',
    { read: readHost, write: (w, value: string) => w.shortText(hostOf(value) ?? '') },
  ],
  ['SMPServer', { read: readServer, write: writeServer }],
])

/** Types that this codec has no use for, and why. */
const absent: ReadonlyMap<string, string> = new Map([
  ['Word32', 'no message has one'],
  ['list Word16', 'every list of the protocol has an item'],
  ['cbNonce(bytes)', 'nonces are made by the crypto layer'],
  ['Signature', 'the session judges the length of an authorization, and answers ERR BLOCK'],
])

const readWhole = (primitive: Primitive, content: Bytes): unknown => {
  const reader = new Reader(content)
  const value = primitive.read(reader)
  reader.finish()
  return value
}

/** One byte repeated, which the vectors do not write out. */
const writtenOut = ({ type, value, fill, count = 0 }: Encoding): unknown => {
  if (fill === undefined) return value
  return type === 'NonEmpty Bool' ? Array(count).fill(fill === 'T') : fill.repeat(count)
}

describe('encodings', () => {
  for (const encoding of vectors.encodings) {
    const primitive = primitives.get(encoding.type)
    if (absent.has(encoding.type)) continue
    test(
      `${encoding.type} ${JSON.stringify(encoding.value ?? encoding.count)}`.slice(0, 80),
      () => {
        assert.ok(primitive?.write, 'a type that is neither known nor listed as absent')
        const value = writtenOut(encoding)
        const writer = new Writer(1)
        primitive.write(writer, value as never)
        const { fill: _, count: __, ...long } = encoding
        expectBytes(writer.bytes(), encoding.hex ?? (long as unknown as VectorBytes))
        const read = readWhole(primitive, writer.bytes())
        if (encoding.type === 'SystemTime') assert.partialDeepStrictEqual(value, read)
        else assert.deepEqual(read, value)
      },
    )
  }
})

describe('invalid encodings', () => {
  for (const { type, hex: content } of vectors.invalid) {
    if (absent.has(type)) continue
    test(`${type} ${content}`.slice(0, 80), () => {
      const primitive = primitives.get(type)
      assert.ok(primitive)
      assert.throws(() => readWhole(primitive, fromHex(content)), ProtocolError)
    })
  }
})

describe('keys', () => {
  for (const key of vectors.keys)
    test(key.name, () => {
      const spki = fromHex(key.spki)
      const decodedKey = decodeSpki(spki)
      assert.equal(decodedKey.algorithm, key.alg)
      assert.equal(hex(decodedKey.raw), key.public)
      assert.equal(hex(encodeSpki(decodedKey)), key.spki)
      assert.equal(hex(new Writer().short(spki).bytes()), key.encoded)
      assert.equal(base64url(spki), key.text)
      assert.equal(isAuthKey(decodedKey), key.authKey)
      assert.equal(isDhKey(decodedKey), key.x25519Key)
    })
})

describe('keys in odd DER', () => {
  /** Where we are stricter: only the canonical forms; the reference takes it, or breaks down. */
  const stricter = new Set(['unused bits 1', 'long form length'])

  const accepts = (read: () => unknown): boolean => {
    try {
      read()
      return true
    } catch (error) {
      assert.ok(error instanceof ProtocolError)
      return false
    }
  }

  for (const { what, hex: der, anyKey, authKey, x25519Key } of vectors.keyDecoding)
    test(what, () => {
      const short = new Writer().short(fromHex(der)).bytes()
      const ours = {
        anyKey: accepts(() => decodeSpki(fromHex(der))),
        authKey: accepts(() => readAuthKey(new Reader(short))),
        x25519Key: accepts(() => readDhKey(new Reader(short))),
      }
      if (!stricter.has(what)) assert.deepEqual(ours, { anyKey, authKey, x25519Key })
      else {
        assert.deepEqual(ours, { anyKey: false, authKey: false, x25519Key: false })
        assert.notEqual(anyKey, false, 'not a difference')
      }
    })

  test('the differences are among the vectors', () => {
    const names = new Set(vectors.keyDecoding.map(({ what }) => what))
    for (const what of stricter) assert.ok(names.has(what), what)
  })
})

describe('padding', () => {
  for (const {
    message,
    fill = '',
    count = 0,
    paddedLength,
    result,
    ...expected
  } of vectors.padding) {
    const content = message === undefined ? fromHex(fill.repeat(count)) : fromHex(message)
    test(`${content.length} bytes to ${paddedLength}`, () => {
      if (result === null) assert.throws(() => pad(content, paddedLength), RangeError)
      else {
        const padded = pad(content, paddedLength)
        expectBytes(padded, result ?? (expected as unknown as VectorBytes))
        assert.equal(hex(unpad(padded)), hex(content))
      }
    })
  }
})

describe('unpadding', () => {
  for (const { padded, result } of vectors.unpadding)
    test(`"${padded}"`, () => {
      if (result === null) assert.throws(() => unpad(fromHex(padded)), ProtocolError)
      else assert.equal(hex(unpad(fromHex(padded))), result)
    })
})

describe('base64url', () => {
  for (const { type, text, value, whole } of vectors.text) {
    if (type === 'bytes')
      test(`of "${value}"`, () => assert.equal(base64url(fromHex(value ?? '')), text))
    if (type === 'bytes, parse')
      test(`from "${text}"`, () => {
        if (whole === null) assert.throws(() => fromBase64url(text), ProtocolError)
        else assert.equal(hex(fromBase64url(text)), whole)
      })
  }
})
