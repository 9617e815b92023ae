import type { QueueRecord, QueueStatus } from '../../store/store.ts'
import { type Operation, onInput } from '../operation.ts'
import { onQueue, queueInput } from '../queues.ts'

export const statusBody = (status: QueueStatus): Readonly<Record<string, unknown>> => {
  if (status.state !== 'blocked') return { state: status.state }
  const { reason, notice } = status.blocking
  const { ttlSeconds } = notice ?? {}
  return {
    state: status.state,
    reason,
    ...(notice && { notice: ttlSeconds === undefined ? {} : { ttl: ttlSeconds } }),
  }
}

/** What a sender may do shows in these; keys and ids do not. */
const recordBody = ({ status, mode, senderKey, linkId }: QueueRecord) => ({
  ...statusBody(status),
  mode: mode ?? null,
  secured: senderKey !== undefined,
  link: linkId !== undefined,
})

export const queueStatus: Operation = {
  method: 'POST',
  path: '/v1/queues/status',
  run: onInput(queueInput, (context, input) =>
    onQueue(context, input, async (queue) => {
      const { store } = context
      const described = await store.describeQueue(queue)
      if (described.outcome === 'stale') return described
      const subscriptions = await store.subscriptionsOf(queue)
      if (subscriptions.outcome === 'stale') return subscriptions
      return {
        body: {
          ...recordBody(queue),
          messages: described.size,
          subscribed: subscriptions.recipient,
          notifier: queue.notifier === undefined ? null : { subscribed: subscriptions.notifier },
        },
      }
    }),
  ),
}
