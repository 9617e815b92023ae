/** Blocks as transmissions see them: padded content, encrypted from v11 on. */
import type { BlockCipher } from '../crypto/block-cipher.ts'
import { BLOCK_BYTES, SEALED_BYTES } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'

export interface BlockLayer {
  /** The length that outgoing content is padded to. */
  readonly paddedBytes: number
  /** Fills `target`, 16,384 bytes, with the block for `padded`. */
  seal(padded: Bytes, target: Bytes): void
  /** Undefined for a block that does not decrypt; otherwise in its own memory. */
  open(block: Bytes): Bytes | undefined
}

export const plainBlocks: BlockLayer = {
  paddedBytes: BLOCK_BYTES,
  seal: (padded, target) => target.set(padded),
  open: (block) => block,
}

export const sealedBlocks = (cipher: BlockCipher): BlockLayer => ({
  paddedBytes: SEALED_BYTES,
  seal: (padded, target) => void cipher.seal(padded, target),
  open: (block) => cipher.open(block),
})
