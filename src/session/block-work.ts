/** What the commands of a block ask of its session. */
import { decodeBlock } from '../protocol/block.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { Tag } from '../protocol/command.ts'
import { type Claimed, type Refused, readClaim, type SessionBinding } from './authorize.ts'

/** Blocks in work are bounded by their possible answers: a message for each of these. */
const messageTags: ReadonlySet<Tag> = new Set<Tag>(['SUB', 'GET', 'ACK'])
const MESSAGE_WEIGHT = 16_384
const REPLY_WEIGHT = 128
/** A block is answered with a block, however short the answer: 128 of them may be in work. */
const BLOCK_WEIGHT = 2_048

/** Bytes. */
export const weightOf = (claims: readonly (Claimed | Refused)[]): number => {
  let weight = 0
  for (const claim of claims)
    weight +=
      'command' in claim && messageTags.has(claim.command.tag) ? MESSAGE_WEIGHT : REPLY_WEIGHT
  return Math.max(weight, BLOCK_WEIGHT)
}

export const apart = (claim: Claimed | Refused): 'own' | 'remote' | undefined =>
  'entry' in claim && claim.entry.party === undefined ? claim.entry.apart : undefined

/** Undefined when the block as a whole cannot be read, or opened. */
export const readClaims = (
  padded: Bytes | undefined,
  binding: SessionBinding,
): readonly (Claimed | Refused)[] | undefined => {
  if (padded === undefined) return undefined
  try {
    return decodeBlock(padded).map((bytes) => readClaim(bytes, binding))
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
