import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BlockPacker, decodeBlock, SEALED_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, noBytes, ProtocolError } from '../../src/protocol/bytes.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { writeReply } from '../../src/protocol/reply-encoder.ts'
import {
  decodeTransmission,
  encodeTail,
  encodeTransmission,
  writeUnsignedHead,
} from '../../src/protocol/transmission.ts'
import { fromHex, hex } from '../support/vectors.ts'
import { requests, responses } from './cases/blocks.ts'
import { type Case, fill, sessionId } from './cases/case.ts'
import { testCodec } from './check-codec.ts'

const session = { version: 18, sessionId }
const LARGEST = 16_363

const packed = (transmissions: readonly Bytes[], paddedBytes: number): readonly Bytes[] => {
  const packer = new BlockPacker()
  for (const one of transmissions) packer.add((writer) => writer.raw(one))
  return packer.blocks(paddedBytes)
}

const paddedCase = (
  name: string,
  content: string,
  value: readonly Bytes[],
): Case<readonly Bytes[]> => {
  const bytes = fromHex(content)
  const length = bytes.length + 2
  return {
    name,
    version: 18,
    hex: hex(pad(bytes, 64)),
    value,
    // the filler is not looked at
    tail: length,
    prefix: true,
    lenient: true,
  }
}

testCodec(
  {
    decode: decodeBlock,
    encode: (transmissions) => packed(transmissions, 64)[0] ?? assert.fail('no block'),
  },
  [
    paddedCase('block of one transmission', '01 0003 e1e2e3', [fromHex('e1e2e3')]),
    paddedCase('block of an empty transmission', '01 0000', [noBytes]),
    paddedCase('block of three', '03 0001 e1 0000 0002 e2e3', [
      fromHex('e1'),
      noBytes,
      fromHex('e2e3'),
    ]),
  ],
)

describe('a block that is refused', () => {
  const contents = ['', '00', '00 0000', '01', '01 00', '01 0001', '02 0000', '01 0000 00']
  for (const content of contents)
    test(`content "${content}"`, () => {
      assert.throws(() => decodeBlock(pad(fromHex(content), 64)), ProtocolError)
    })
})

describe('what a block says, as in the examples of the protocol', () => {
  const only = (content: string) => {
    const transmissions = decodeBlock(pad(fromHex(content), 256))
    assert.equal(transmissions.length, 1)
    return decodeTransmission(transmissions[0] ?? noBytes, session.version)
  }

  for (const { name, says, hex: content, ...fields } of requests)
    test(`${name}: read and written`, () => {
      const { command, tail: _, sessionId: __, ...rest } = only(content)
      assert.deepEqual(rest, { authorization: noBytes, ...fields })
      assert.deepEqual(decodeCommand(command, session.version), says)
      const written = encodeTransmission(
        session,
        fields.authorization ?? noBytes,
        encodeTail(fields, encodeCommand(says, session.version)),
        fields.serviceSignature,
      )
      assert.deepEqual(packed([written], 256), [pad(fromHex(content), 256)])
    })

  for (const { name, says, hex: content, ...fields } of responses)
    test(`${name}: read and written`, () => {
      const { command, tail: _, sessionId: __, ...rest } = only(content)
      assert.deepEqual(rest, { authorization: noBytes, ...fields })
      assert.deepEqual(decodeReply(command, session.version), says)
      const packer = new BlockPacker()
      packer.add((writer) =>
        writeReply(writeUnsignedHead(writer, session, fields), says, session.version),
      )
      assert.deepEqual(packer.blocks(256), [pad(fromHex(content), 256)])
    })
})

describe('BlockPacker', () => {
  test('without transmissions makes no block', () => {
    const packer = new BlockPacker()
    assert.equal(packer.count, 0)
    assert.deepEqual(packer.blocks(SEALED_BYTES), [])
  })

  test('takes a transmission that fills an encrypted block exactly', () => {
    const [block, ...others] = packed([fill(0xe1, LARGEST)], SEALED_BYTES)
    assert.ok(block)
    assert.deepEqual(others, [])
    assert.equal(unpad(block).length, SEALED_BYTES - 2)
    assert.deepEqual(decodeBlock(block), [fill(0xe1, LARGEST)])
  })

  test('leaves out a transmission that no block can hold', () => {
    const packer = new BlockPacker()
    packer.add((writer) => writer.u8(1))
    assert.throws(() => packer.add((writer) => writer.raw(fill(2, LARGEST + 1))), RangeError)
    packer.add((writer) => writer.u8(3))
    assert.equal(packer.count, 2)
    assert.deepEqual(packer.blocks(64).map(decodeBlock), [[fill(1, 1), fill(3, 1)]])
  })

  test('leaves out a transmission that failed to be written', () => {
    const packer = new BlockPacker()
    packer.add((writer) => writer.u8(1))
    assert.throws(() => packer.add((writer) => writer.u8(2).short(fill(2, 256))), RangeError)
    packer.add((writer) => writer.u8(3))
    assert.equal(packer.count, 2)
    assert.deepEqual(packer.blocks(64).map(decodeBlock), [[fill(1, 1), fill(3, 1)]])
  })

  test('fills the last block first', () => {
    const blocks = packed(Array(256).fill(fill(0xe1, 1)), SEALED_BYTES)
    assert.deepEqual(
      blocks.map((block) => decodeBlock(block).length),
      [1, 255],
    )
  })

  test('fills a block to the last byte, and not over it', () => {
    const half = fill(0xe1, 8180)
    const counts = (second: number) =>
      packed([half, fill(0xe2, second)], SEALED_BYTES).map((block) => decodeBlock(block).length)
    assert.deepEqual(counts(8181), [2])
    assert.deepEqual(counts(8182), [1, 1])
  })

  test('is used again after a reset, as a new one', () => {
    const packer = new BlockPacker()
    for (let i = 0; i < 300; i++) packer.add((writer) => writer.raw(fill(0xe1, 100)))
    packer.blocks(SEALED_BYTES)
    packer.reset()
    assert.equal(packer.count, 0)
    assert.deepEqual(packer.blocks(SEALED_BYTES), [])
    packer.add((writer) => writer.u8(1))
    assert.deepEqual(packer.blocks(SEALED_BYTES), packed([fill(1, 1)], SEALED_BYTES))
  })

  test('goes on after its blocks were taken', () => {
    const packer = new BlockPacker()
    packer.add((writer) => writer.u8(1))
    packer.blocks(64)
    packer.add((writer) => writer.u8(2))
    assert.deepEqual(packer.blocks(64), packed([fill(1, 1), fill(2, 1)], 64))
  })

  test('has clean filler after a transmission that failed last', () => {
    const packer = new BlockPacker()
    packer.add((writer) => writer.u8(1))
    assert.throws(() => packer.add((writer) => writer.u8(2).short(fill(2, 256))), RangeError)
    assert.deepEqual(packer.blocks(64), packed([fill(1, 1)], 64))
  })
})
