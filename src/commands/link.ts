/** LSET, LDEL, LKEY and LGET: the data behind short links (SMP, "Short links"). */
import type { Command } from '../protocol/command.ts'
import type { AuthKey } from '../protocol/keys.ts'
import { errAuth, OK } from '../protocol/reply.ts'
import type { QueueRecord } from '../store/store.ts'
import { keyToSecureWith } from './keys.ts'
import { byRecipient } from './recipient.ts'
import { answer, type Context, type Outcome, type QueueCommand, STALE } from './spec.ts'

const isSecuredMessaging = ({ mode, senderKey }: QueueRecord): boolean =>
  mode !== 'contact' && senderKey !== undefined

export const LSET: QueueCommand<Command<'LSET'>> = {
  ...byRecipient,
  async run({ store }, { queue, command }) {
    const hasOtherId = queue.linkId !== undefined && queue.linkId !== command.linkId
    if (isSecuredMessaging(queue) || hasOtherId) return answer(errAuth)
    const { linkId, fixed, user } = command
    const { outcome } = await store.setLinkData(queue, { linkId, fixed, user })
    if (outcome === 'stale') return STALE
    return answer(outcome === 'done' ? OK : errAuth)
  },
}

export const LDEL: QueueCommand<Command<'LDEL'>> = {
  ...byRecipient,
  async run({ store }, { queue }) {
    const { outcome } = await store.deleteLinkData(queue)
    return outcome === 'stale' ? STALE : answer(OK)
  },
}

const open = async (
  { store }: Context,
  queue: QueueRecord,
  senderKey?: AuthKey,
): Promise<Outcome> => {
  const opened = await store.openLink(queue, senderKey)
  if (opened.outcome === 'stale') return STALE
  if (opened.content === undefined) return answer(errAuth)
  return answer({ tag: 'LNK', senderId: queue.senderId, ...opened.content })
}

/** Secures the queue and reads the link in one step: an invitation is for one sender. */
export const LKEY: QueueCommand<Command<'LKEY'>> = {
  credentials: 'both',
  party: 'link',
  keys: (queue, { senderKey }) => keyToSecureWith(queue, senderKey),
  whenBlocked: 'refused',
  run: (context, { queue, command }) => open(context, queue, command.senderKey),
}

export const LGET: QueueCommand<Command<'LGET'>> = {
  credentials: 'only-entity',
  party: 'link',
  keys: () => 'unsigned',
  whenBlocked: 'refused',
  async run(context, { queue }) {
    const isContact =
      queue.mode === 'contact' || (queue.mode === undefined && queue.senderKey === undefined)
    return isContact ? open(context, queue) : answer(errAuth)
  },
}
