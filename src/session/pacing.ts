/** Commands of a block that come faster than they may: they wait, and their connection with them. */
import type { SessionLimits } from '../limits/session-limits.ts'
import { errQuota } from '../protocol/reply.ts'
import { type Claimed, isRefused, type Refused } from './authorize.ts'

type Claims = readonly (Claimed | Refused)[]

/**
 * Resolves when they may run; those that may not within a bounded time are refused. Before anything
 * is verified for them.
 */
export const paced = async (limits: SessionLimits, claims: Claims): Promise<Claims> => {
  let longestMs = 0
  let allowed: (Claimed | Refused)[] | undefined
  for (const [index, claim] of claims.entries()) {
    if (isRefused(claim)) continue
    const { tag } = claim.command
    if (tag !== 'SEND' && tag !== 'NEW') continue
    const ms = limits.reserve(tag)
    longestMs = Math.max(longestMs, ms)
    if (Number.isFinite(ms)) continue
    allowed ??= [...claims]
    allowed[index] = { ...claim, refusal: errQuota }
  }
  if (longestMs > 0) await limits.wait(longestMs)
  return allowed ?? claims
}
