/** BlockPacker against an obvious packer: the blocks of the reference, for any sizes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_BYTES, BlockPacker, decodeBlock, SEALED_BYTES } from '../../src/protocol/block.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import { unpad } from '../../src/protocol/padding.ts'

const ROOM = 16_365
const LARGEST = ROOM - 2

/** From the end: a block takes transmissions until the next one, with its length, has no room. */
const naivePack = (transmissions: readonly Bytes[]): readonly (readonly Bytes[])[] => {
  const blocks: Bytes[][] = []
  let block: Bytes[] = []
  let used = 0
  for (const one of transmissions.toReversed()) {
    if (block.length === 255 || used + 2 + one.length > ROOM) {
      blocks.unshift(block)
      block = []
      used = 0
    }
    block.unshift(one)
    used += 2 + one.length
  }
  return block.length === 0 ? blocks : [block, ...blocks]
}

const sizes: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.array(fc.integer({ min: 0, max: LARGEST }), { maxLength: 12 }),
  fc.array(fc.integer({ min: 100, max: 300 }), { maxLength: 300, size: 'max' }),
  fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 240, maxLength: 600, size: 'max' }),
  // near the limits of a block
  fc.array(fc.constantFrom(0, 1, LARGEST, LARGEST - 1, LARGEST - 2, LARGEST - 3, 8180, 8181), {
    maxLength: 12,
  }),
)

/** Each transmission can be told from the others of its batch. */
const transmissionsOf = (lengths: readonly number[]): readonly Bytes[] =>
  lengths.map((length, index) => new Uint8Array(length).fill(index + 1))

const pack = (
  packer: BlockPacker,
  transmissions: readonly Bytes[],
  paddedBytes: number,
): readonly Bytes[] => {
  packer.reset()
  for (const one of transmissions) packer.add((writer) => writer.raw(one))
  assert.equal(packer.count, transmissions.length)
  return packer.blocks(paddedBytes)
}

for (const paddedBytes of [BLOCK_BYTES, SEALED_BYTES])
  test(`blocks of ${paddedBytes} bytes hold what an obvious packer puts in them`, () => {
    // small at first, then used again: what it held must not show
    const packer = new BlockPacker(1)
    const sameBlocks = fc.property(sizes, (lengths) => {
      const transmissions = transmissionsOf(lengths)
      const blocks = pack(packer, transmissions, paddedBytes)
      for (const block of blocks) assert.equal(block.length, paddedBytes)
      const expected = naivePack(transmissions)
      assert.deepEqual(blocks.map(decodeBlock), expected)
    })
    fc.assert(sameBlocks, { numRuns: 150 })
  })

test('the filler is all number signs', () => {
  const packer = new BlockPacker()
  const onlyFiller = fc.property(sizes, (lengths) => {
    for (const block of pack(packer, transmissionsOf(lengths), BLOCK_BYTES)) {
      const filler = block.subarray(2 + unpad(block).length)
      assert.ok(filler.every((byte) => byte === 0x23))
    }
  })
  fc.assert(onlyFiller, { numRuns: 50 })
})
