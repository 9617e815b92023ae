import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '../../../src/protocol/bytes.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { fromHex, hex } from '../../support/vectors.ts'

const reader = (text: string): Reader => new Reader(fromHex(text))
const written = (write: (writer: Writer) => unknown): string => {
  const writer = new Writer(1)
  write(writer)
  return hex(writer.bytes())
}

describe('Reader', () => {
  test('counts what it has read and what remains', () => {
    const at = reader('01 02ffff 33')
    at.u8()
    at.short()
    assert.deepEqual([at.position, at.remaining], [4, 1])
    assert.throws(() => at.finish(), ProtocolError)
    at.rest()
    at.finish()
    assert.deepEqual([at.position, at.remaining], [5, 0])
  })

  test('reads from a view as from a copy', () => {
    const inside = fromHex('ee 0000000000000007 ee').subarray(1, 9)
    assert.equal(new Reader(inside).i64(), 7n)
    assert.throws(() => new Reader(inside).take(9), ProtocolError)
  })

  test('gives views, not copies', () => {
    const bytes = fromHex('02 a1a2')
    const field = new Reader(bytes).short()
    bytes[1] = 0xff
    assert.equal(hex(field), 'ffa2')
  })

  test('refuses seconds that a number cannot hold', () => {
    assert.equal(reader('001fffffffffffff').seconds(), Number.MAX_SAFE_INTEGER)
    assert.equal(reader('ffe0000000000001').seconds(), Number.MIN_SAFE_INTEGER)
    assert.throws(() => reader('0020000000000000').seconds(), ProtocolError)
    assert.throws(() => reader('ffe0000000000000').seconds(), ProtocolError)
  })

  test('expects one byte', () => {
    const at = reader('2021')
    at.expect(0x20)
    assert.throws(() => at.expect(0x20), ProtocolError)
  })

  test('goes back after an attempt that fails, and not after one that succeeds', () => {
    const at = reader('05a1a2')
    assert.equal(
      at.attempt((r) => r.short()),
      undefined,
    )
    assert.equal(at.position, 0)
    assert.equal(
      at.attempt((r) => r.u16()),
      0x05a1,
    )
    assert.equal(at.position, 2)
  })

  test('does not hide other faults in an attempt', () => {
    const fault = () => {
      throw new TypeError('a bug')
    }
    assert.throws(() => reader('00').attempt(fault), TypeError)
  })
})

describe('Writer', () => {
  test('grows as needed and counts', () => {
    const writer = new Writer(0).u8(1).raw(new Uint8Array(1000).fill(2)).i64(3n)
    assert.equal(writer.length, 1009)
    assert.equal(hex(writer.bytes().subarray(-9)), '020000000000000003')
  })

  test('can set a length later, and forget the end', () => {
    const writer = new Writer().u16(0).u8(0xee).u8(0xff)
    writer.truncate(3)
    writer.setU16(0, 0x0102)
    assert.equal(hex(writer.bytes()), '0102ee')
    assert.equal(hex(writer.u8(0xdd).bytes()), '0102eedd')
  })

  test('has room for more than it wrote, and keeps what it wrote', () => {
    const writer = new Writer(2).u8(1).u8(2)
    assert.equal(writer.room(4).length, 4)
    assert.equal(hex(writer.room(1)), '01')
    assert.equal(hex(writer.bytes()), '0102')
  })

  test('writes numbers of either kind as Int64', () => {
    assert.equal(
      written((w) => w.i64(-1)),
      'ffffffffffffffff',
    )
    assert.equal(
      written((w) => w.i64(2n ** 40n)),
      '0000010000000000',
    )
  })

  test('refuses lengths that their field cannot hold', () => {
    const bytes = new Uint8Array(0x10000)
    const tooLong: readonly ((writer: Writer) => unknown)[] = [
      (w) => w.u16(0x10000),
      (w) => w.short(bytes.subarray(0, 256)),
      (w) => w.shortText('x'.repeat(256)),
      (w) => w.large(bytes),
      (w) => w.nonEmptyList([], () => {}),
      (w) => w.nonEmptyList(Array(256).fill(0), () => {}),
    ]
    for (const write of tooLong) assert.throws(() => written(write), RangeError, `${write}`)
  })

  test('takes the longest that fit', () => {
    const bytes = new Uint8Array(0xffff)
    assert.equal(
      written((w) => w.u16(0xffff)),
      'ffff',
    )
    assert.equal(written((w) => w.short(bytes.subarray(0, 255))).length, 512)
    assert.equal(written((w) => w.shortText('x'.repeat(255))).length, 512)
    assert.equal(written((w) => w.large(bytes)).length, 2 * 0x10001)
    assert.equal(
      written((w) => w.nonEmptyList(Array(255).fill(7), (at, n) => at.u8(n))).length,
      512,
    )
  })
})
