import { messageReply } from '../delivery/message-reply.ts'
import type { Subscription } from '../delivery/subscriptions.ts'
import type { Command } from '../protocol/command.ts'
import type { MessageId } from '../protocol/ids.ts'
import { OK, refusal } from '../protocol/reply.ts'
import { byRecipient } from './recipient.ts'
import {
  answer,
  type Context,
  type Outcome,
  type QueueCommand,
  type QueueRequest,
  STALE,
} from './spec.ts'

type Ack = Command<'ACK'>

const noMessage = answer(refusal({ code: 'NO_MSG' }))

/** Runs `call` for a subscription whose delivered mark is cleared; without success it is put back. */
const acknowledge = async (
  { store, crypto, connection }: Context,
  { command, queue }: QueueRequest<Ack>,
  subscription: Subscription,
  delivered: MessageId,
): Promise<Outcome> => {
  const { claim, kind, deliveredAt } = subscription
  const { subscriptions } = connection
  const { recipientId } = queue
  const subscriber = { connection: connection.id, claim }
  const sent = (): void => subscriptions.release(recipientId, subscription)
  const restore = (): void => {
    subscriptions.mark(recipientId, subscription, { delivered, deliveredAt })
    sent()
  }
  subscriptions.mark(recipientId, subscription, { delivered: undefined, deliveredAt: 0 })
  subscription.busy += 1
  try {
    const result = await store.acknowledge(queue, {
      messageId: command.messageId,
      ...(kind === 'subscriber' && { subscriber }),
    })
    if (result.outcome === 'stale') {
      restore()
      return STALE
    }
    if (result.outcome === 'lost') return { ...noMessage, sent }
    if (command.messageId !== '') subscriptions.acknowledged(subscription, deliveredAt)
    if (result.head === undefined || kind === 'getter') return { reply: OK, sent }
    subscriptions.delivered(recipientId, subscription, result.head.messageId)
    return { reply: messageReply(crypto, queue.dhSecret, result.head), sent }
  } catch (error) {
    restore()
    throw error
  }
}

/** An empty id stands for whatever was delivered, which is then not removed (as the reference). */
export const ACK: QueueCommand<Ack> = {
  ...byRecipient,
  isFrequent: true,
  async run(context, request) {
    const { messageId } = request.command
    const subscription = context.connection.subscriptions.get(request.queue.recipientId)
    const delivered = subscription?.delivered
    if (subscription === undefined || delivered === undefined) return noMessage
    if (messageId !== '' && messageId !== delivered) return noMessage
    return acknowledge(context, request, subscription, delivered)
  },
}
