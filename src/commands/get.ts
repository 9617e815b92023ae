import { messageReply } from '../delivery/message-reply.ts'
import type { Command } from '../protocol/command.ts'
import { errProhibited, errQuota, OK } from '../protocol/reply.ts'
import { byRecipient } from './recipient.ts'
import { answer, type QueueCommand, STALE } from './spec.ts'

/** Reads without subscribing: the reader gets no pushes and ends nobody's subscription. */
export const GET: QueueCommand<Command<'GET'>> = {
  ...byRecipient,
  async run({ store, crypto, connection, limits }, { queue }) {
    const { recipientId, dhSecret } = queue
    const present = connection.subscriptions.get(recipientId)
    if (present?.kind === 'subscriber') return answer(errProhibited)
    if (present === undefined && limits?.maySubscribe(connection.subscriptions.size) === false)
      return answer(errQuota)
    const found = await store.peekMessage(queue)
    if (found.outcome === 'stale') return STALE
    if (present?.delivered !== undefined) connection.subscriptions.repeated('get')
    const reader =
      present ?? connection.subscriptions.open(recipientId, { kind: 'getter', dhSecret, claim: 0 })
    if (found.head === undefined) return answer(OK)
    connection.subscriptions.delivered(recipientId, reader, found.head.messageId)
    return answer(messageReply(crypto, dhSecret, found.head))
  },
}
