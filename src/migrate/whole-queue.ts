/** A queue of the store as it was put there. */
import type { HeldQueue, WholeQueue } from '../store/transfer.ts'

/** A link id without its data, which no store should have, is left out. */
export const wholeQueue = async (held: HeldQueue): Promise<WholeQueue> => {
  const { linkId, ...fields } = held.record
  const content = await held.link()
  if (linkId === undefined || content === undefined) return fields
  return { ...fields, link: { ...content, linkId } }
}
