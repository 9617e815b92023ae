/** What the answers to a block may take, by which blocks in work are bounded. */
import type { Tag } from '../protocol/command.ts'
import type { Claimed, Refused } from './authorize.ts'

/** A message for each of these. */
const messageTags: ReadonlySet<Tag> = new Set<Tag>(['SUB', 'GET', 'ACK'])
const MESSAGE_WEIGHT = 16_384
const REPLY_WEIGHT = 128

export const weightOf = (claims: readonly (Claimed | Refused)[]): number => {
  let weight = 0
  for (const claim of claims)
    weight +=
      'command' in claim && messageTags.has(claim.command.tag) ? MESSAGE_WEIGHT : REPLY_WEIGHT
  return weight
}
