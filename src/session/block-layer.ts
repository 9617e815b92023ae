/** Blocks as transmissions see them: padded content, encrypted from v11 on. */
import type { BlockCipher } from '../crypto/block-cipher.ts'
import { BLOCK_BYTES, SEALED_BYTES } from '../protocol/block.ts'
import { type Bytes, copyBytes } from '../protocol/bytes.ts'

export interface BlockLayer {
  /** The length that outgoing content is padded to. */
  readonly paddedBytes: number
  /** A block of its own: `padded` may be overwritten afterwards. */
  seal(padded: Bytes): Bytes
  /** Undefined for a block that does not decrypt. */
  open(block: Bytes): Bytes | undefined
}

export const plainBlocks: BlockLayer = {
  paddedBytes: BLOCK_BYTES,
  seal: (padded) => copyBytes(padded),
  open: (block) => block,
}

export const sealedBlocks = (cipher: BlockCipher): BlockLayer => ({
  paddedBytes: SEALED_BYTES,
  seal: (padded) => cipher.seal(padded),
  open: (block) => cipher.open(block),
})
