/** What must hold for every line of a codec table: whole, cut, changed by a byte, with bytes added. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Bytes, concatBytes, ProtocolError } from '../../src/protocol/bytes.ts'
import type { Version } from '../../src/protocol/version.ts'
import { fromHex, hex } from '../support/vectors.ts'
import type { Case } from './cases/case.ts'

export interface Codec<T> {
  decode(bytes: Bytes, version: Version): T
  encode(value: T, version: Version): Bytes
}

/** Every single bit, and all bits of the byte. */
const changes = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]
/** Bytes that nothing ends with: a terminator, the filler of blocks. */
const additions = [0x00, 0x23]

/** The value, or undefined for a `ProtocolError`; anything else is thrown. */
export const decoded = <T>(decode: () => T): T | undefined => {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

const isValidCut = <T>(one: Case<T>, length: number): boolean =>
  length >= (one.tail ?? Number.POSITIVE_INFINITY) || (one.cuts ?? []).includes(length)

const checkCuts = <T>(codec: Codec<T>, one: Case<T>): void => {
  const bytes = fromHex(one.hex)
  for (let length = 0; length < bytes.length; length++) {
    const value = decoded(() => codec.decode(bytes.subarray(0, length), one.version))
    assert.equal(value !== undefined, isValidCut(one, length), `cut to ${length} bytes`)
  }
}

const changed = (bytes: Bytes, at: number, change: number): Bytes =>
  bytes.map((byte, index) => (index === at ? byte ^ change : byte))

/** A value is read: then it is written as these bytes, or as others that mean the same. */
const checkChanges = <T>(codec: Codec<T>, one: Case<T>): void => {
  const bytes = fromHex(one.hex)
  for (let at = 0; at < bytes.length; at++)
    for (const change of changes) {
      const input = changed(bytes, at, change)
      const value = decoded(() => codec.decode(input, one.version))
      if (value === undefined) continue
      const encoded = codec.encode(value, one.version)
      const where = `byte ${at} changed by ${change}`
      if (one.lenient) assert.deepEqual(codec.decode(encoded, one.version), value, where)
      else assert.equal(hex(encoded), hex(input), where)
    }
}

const checkAdditions = <T>(codec: Codec<T>, one: Case<T>): void => {
  const bytes = fromHex(one.hex)
  for (const addition of additions) {
    const longer = concatBytes(bytes, Uint8Array.of(addition))
    const value = decoded(() => codec.decode(longer, one.version))
    if (one.prefix) assert.deepEqual(value, one.value)
    else if (one.tail === undefined) assert.equal(value, undefined, `${addition} added`)
    else assert.equal(value && hex(codec.encode(value, one.version)), hex(longer))
  }
}

export const testCodec = <T>(codec: Codec<T>, cases: readonly Case<T>[]): void => {
  for (const one of cases)
    describe(`${one.name}, v${one.version}`, () => {
      test('is read', () => {
        assert.deepEqual(codec.decode(fromHex(one.hex), one.version), one.value)
      })
      test('is written', () => {
        const expected = hex(fromHex(one.encoded ?? one.hex))
        assert.equal(hex(codec.encode(one.value, one.version)), expected)
      })
      test('cut at every byte', () => checkCuts(codec, one))
      test('with one byte changed', () => checkChanges(codec, one))
      test('with a byte added', () => checkAdditions(codec, one))
    })
}
