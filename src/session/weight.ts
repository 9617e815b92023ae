/** What a block may come to: its possible answers, a message for each of some commands. */
import type { Tag } from '../protocol/command.ts'
import type { Claimed, Refused } from './authorize.ts'

const messageTags: ReadonlySet<Tag> = new Set<Tag>(['SUB', 'GET', 'ACK'])
const MESSAGE_WEIGHT = 16_384
const REPLY_WEIGHT = 128

/** Bytes. */
export const weightOf = (claims: readonly (Claimed | Refused)[]): number => {
  let weight = 0
  for (const claim of claims)
    weight +=
      'command' in claim && messageTags.has(claim.command.tag) ? MESSAGE_WEIGHT : REPLY_WEIGHT
  return weight
}
