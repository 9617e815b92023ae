import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { BlockAssembler } from '../../src/protocol/block-assembler.ts'
import { type Bytes, concatBytes } from '../../src/protocol/bytes.ts'

const blockOf = (byte: number): Bytes => new Uint8Array(BLOCK_BYTES).fill(byte)

describe('BlockAssembler', () => {
  it('cuts a stream into blocks however it arrives', () => {
    const blocks = [blockOf(1), blockOf(2), blockOf(3)]
    const stream = concatBytes(...blocks)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const received: Bytes[] = []
        const assembler = new BlockAssembler((block) => received.push(block))
        const bounds = [0, ...cuts.sort((a, b) => a - b), stream.length]
        for (const [i, end] of bounds.slice(1).entries())
          assembler.push(stream.slice(bounds[i], end))
        assert.deepEqual(received, blocks)
        assert.ok(assembler.isBetweenBlocks)
      }),
    )
  })

  it('does not copy a block that comes whole', () => {
    const chunk = concatBytes(blockOf(1), blockOf(2))
    const received: Bytes[] = []
    new BlockAssembler((block) => received.push(block)).push(chunk)
    assert.ok(received.every(({ buffer }) => buffer === chunk.buffer))
  })

  it('knows when it is inside a block', () => {
    const assembler = new BlockAssembler(() => assert.fail('no block'))
    assembler.push(new Uint8Array(BLOCK_BYTES - 1))
    assert.equal(assembler.isBetweenBlocks, false)
  })
})
