/** What a client is told when the store or the relay fails. */
import type { Answer } from '../commands/spec.ts'
import type { Tag } from '../protocol/command.ts'
import { errInternal, errQuota, refusal } from '../protocol/reply.ts'
import { StoreFull, StoreUnavailable } from '../store/store-error.ts'

const errFull = refusal({ code: 'STORE', text: 'full' })

/**
 * Undefined: nothing, and the connection is to be closed. Stock clients take every ERR of SUB or
 * SEND for final, but try again after a connection that was lost; and QUOTA is the one answer to
 * SEND after which they do.
 */
export const faultAnswer = (error: unknown, tag: Tag): Answer | undefined => {
  if (error instanceof StoreUnavailable) return undefined
  if (error instanceof StoreFull) return { reply: tag === 'SEND' ? errQuota : errFull }
  return { reply: errInternal }
}
