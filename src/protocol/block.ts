/** Batches of transmissions in blocks of 16,384 bytes (SMP, "Transport blocks"). */
import type { Bytes } from './bytes.ts'
import { FILLER, LENGTH_BYTES, unpad } from './padding.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export const BLOCK_BYTES = 16_384
export const TAG_BYTES = 16
/** The padded plaintext of an encrypted block. */
export const SEALED_BYTES = BLOCK_BYTES - TAG_BYTES

/** Transport.hs: room for transmissions with their lengths, in plain and encrypted blocks alike. */
const BATCH_BYTES = BLOCK_BYTES - 19
const COUNT_BYTES = 1
const MAX_COUNT = 255

/** The transmissions in a padded block, as views; a ProtocolError condemns the whole block. */
export const decodeBlock = (padded: Bytes): readonly Bytes[] => decodeBatch(unpad(padded))

/** As `decodeBlock`, without padding. */
export const decodeBatch = (content: Bytes): readonly Bytes[] => {
  const reader = new Reader(content)
  const transmissions = reader.nonEmptyList((r) => r.large())
  reader.finish()
  return transmissions
}

/** Transmissions from `first` up to `end`, not included. */
interface Batch {
  readonly first: number
  readonly end: number
}

const HEAD_BYTES = LENGTH_BYTES + COUNT_BYTES

const finishBlock = (block: Uint8Array, batchBytes: number, count: number): Bytes => {
  const contentBytes = COUNT_BYTES + batchBytes
  block[0] = contentBytes >>> 8
  block[1] = contentBytes & 0xff
  block[LENGTH_BYTES] = count
  return block.fill(FILLER, LENGTH_BYTES + contentBytes)
}

/**
 * Lays transmissions out in as few blocks as the reference does: packed from the end, so that the
 * last block is the full one, in their order. One packer serves any number of lists, one after the
 * other.
 */
export class BlockPacker {
  readonly #writer: Writer
  /** Where each transmission starts, its length included, and where the last one ends. */
  readonly #bounds: number[] = []

  /** With room for a block, a list that is one block is finished where it was written. */
  constructor(expectedBytes = BLOCK_BYTES) {
    this.#writer = new Writer(expectedBytes)
    this.reset()
  }

  /** Forgets what was added; blocks returned before are overwritten. */
  reset(): void {
    this.#writer.truncate(HEAD_BYTES)
    this.#bounds.length = 0
    this.#bounds.push(HEAD_BYTES)
  }

  get count(): number {
    return this.#bounds.length - 1
  }

  /**
   * A transmission whose writing throws is left out.
   * @throws RangeError for one that no block can hold
   */
  add(write: (writer: Writer) => void): void {
    const writer = this.#writer
    const start = this.#bound(this.count)
    // forgets what a transmission that failed has left
    writer.truncate(start)
    writer.u16(0)
    write(writer)
    if (writer.length - start > BATCH_BYTES)
      throw new RangeError('a transmission is larger than a block')
    writer.setU16(start, writer.length - start - LENGTH_BYTES)
    this.#bounds.push(writer.length)
  }

  /** The blocks, each padded to `paddedBytes`; good until the packer is used again. */
  blocks(paddedBytes: number): readonly Bytes[] {
    const batches = this.#batches()
    if (batches.length > 1) return batches.map((batch) => this.#copy(batch, paddedBytes))
    if (batches.length === 0) return []
    const batchBytes = this.#bound(this.count) - HEAD_BYTES
    return [finishBlock(this.#writer.room(paddedBytes), batchBytes, this.count)]
  }

  #bound(index: number): number {
    return this.#bounds[index] ?? 0
  }

  #batches(): readonly Batch[] {
    const batches: Batch[] = []
    let end = this.count
    for (let first = end - 1; first >= 0; first--) {
      const isFull = end - first === MAX_COUNT
      const fitsNext = this.#bound(end) - this.#bound(first - 1) <= BATCH_BYTES
      if (first > 0 && fitsNext && !isFull) continue
      batches.push({ first, end })
      end = first
    }
    return batches.reverse()
  }

  #copy({ first, end }: Batch, paddedBytes: number): Bytes {
    const batch = this.#writer.bytes().subarray(this.#bound(first), this.#bound(end))
    const block = new Uint8Array(paddedBytes)
    block.set(batch, HEAD_BYTES)
    return finishBlock(block, batch.length, end - first)
  }
}
