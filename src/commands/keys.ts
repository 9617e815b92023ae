/** KEY, SKEY and RKEY: who may send to a queue, and who may read it. */
import type { Command } from '../protocol/command.ts'
import { type AuthKey, equalKeys } from '../protocol/keys.ts'
import { errAuth, OK } from '../protocol/reply.ts'
import type { QueueRecord } from '../store/store.ts'
import { byRecipient } from './recipient.ts'
import { answer, type Context, type Outcome, type QueueCommand, STALE } from './spec.ts'

/** Setting the same key again is fine: the first answer may have been lost. */
const secure = async (
  { store }: Context,
  queue: QueueRecord,
  senderKey: AuthKey,
): Promise<Outcome> => {
  if (queue.senderKey !== undefined)
    return answer(equalKeys(queue.senderKey, senderKey) ? OK : errAuth)
  const { outcome } = await store.secureQueue(queue, senderKey)
  return outcome === 'stale' ? STALE : answer(OK)
}

/** The key that a sender brings, where it may (still) secure the queue with it. */
export const keyToSecureWith = (queue: QueueRecord, senderKey: AuthKey): readonly AuthKey[] => {
  const isOpen = queue.senderKey === undefined || equalKeys(queue.senderKey, senderKey)
  return queue.mode === 'messaging' && isOpen ? [senderKey] : []
}

export const KEY: QueueCommand<Command<'KEY'>> = {
  ...byRecipient,
  run: (context, { queue, command }) => secure(context, queue, command.senderKey),
}

export const SKEY: QueueCommand<Command<'SKEY'>> = {
  credentials: 'both',
  party: 'sender',
  keys: (queue, { senderKey }) => keyToSecureWith(queue, senderKey),
  whenBlocked: 'refused',
  run: (context, { queue, command }) => secure(context, queue, command.senderKey),
}

export const RKEY: QueueCommand<Command<'RKEY'>> = {
  ...byRecipient,
  async run({ store }, { queue, command }) {
    if (queue.mode !== 'contact') return answer(errAuth)
    const { outcome } = await store.replaceRecipientKeys(queue, command.recipientKeys)
    return outcome === 'stale' ? STALE : answer(OK)
  },
}
