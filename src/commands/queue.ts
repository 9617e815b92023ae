/** OFF, DEL and QUE: the life of a queue. */

import type { Subscription } from '../delivery/subscriptions.ts'
import type { Command } from '../protocol/command.ts'
import { idBytes, type MessageId } from '../protocol/ids.ts'
import { OK } from '../protocol/reply.ts'
import { base64 } from '../protocol/text.ts'
import type { StoredMessage } from '../store/store.ts'
import { byRecipient } from './recipient.ts'
import { answer, type QueueCommand, STALE } from './spec.ts'

export const OFF: QueueCommand<Command<'OFF'>> = {
  ...byRecipient,
  whenBlocked: 'runs',
  async run({ store }, { queue }) {
    const { outcome } = await store.suspendQueue(queue)
    return outcome === 'stale' ? STALE : answer(OK)
  },
}

export const DEL: QueueCommand<Command<'DEL'>> = {
  ...byRecipient,
  whenBlocked: 'runs',
  async run({ store, connection }, { queue }) {
    const { outcome } = await store.deleteQueue(queue, connection.id)
    if (outcome === 'stale') return STALE
    connection.subscriptions.remove(queue.recipientId)
    if (queue.notifier) connection.subscriptions.removeNotifier(queue.notifier.notifierId)
    return answer(OK)
  },
}

const idText = (id: MessageId): string => base64(idBytes(id))

/** This connection's state only (SMP, QUE). */
const subscriptionInfo = (subscription: Subscription) => ({
  qSubThread: subscription.kind === 'getter' ? 'prohibitSub' : 'noSub',
  ...(subscription.delivered && { qDelivered: idText(subscription.delivered) }),
})

const messageInfo = ({ kind, messageId, timestamp }: StoredMessage) => ({
  msgId: idText(messageId),
  msgTs: new Date(timestamp * 1000).toISOString().replace('.000Z', 'Z'),
  msgType: kind,
})

export const QUE: QueueCommand<Command<'QUE'>> = {
  ...byRecipient,
  async run({ store, connection }, { queue }) {
    const described = await store.describeQueue(queue)
    if (described.outcome === 'stale') return STALE
    const subscription = connection.subscriptions.get(queue.recipientId)
    const json = JSON.stringify({
      qiSnd: queue.senderKey !== undefined,
      qiNtf: queue.notifier !== undefined,
      ...(subscription && { qiSub: subscriptionInfo(subscription) }),
      qiSize: described.size,
      ...(described.head && { qiMsg: messageInfo(described.head) }),
    })
    return answer({ tag: 'INFO', json })
  },
}
