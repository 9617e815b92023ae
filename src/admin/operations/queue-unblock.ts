import { type Operation, onInput, refuse } from '../operation.ts'
import { onQueue, queueInput } from '../queues.ts'
import { statusBody } from './queue-status.ts'

const notBlocked = refuse(409, 'not_blocked', 'the queue is not blocked')

export const queueUnblock: Operation = {
  method: 'POST',
  path: '/v1/queues/unblock',
  run: onInput(queueInput, (context, input) =>
    onQueue(context, input, async (queue) => {
      if (queue.status.state !== 'blocked') return notBlocked
      const result = await context.store.unblockQueue(queue)
      if (result.outcome === 'stale') return result
      return { body: statusBody({ state: 'active' }), audit: {} }
    }),
  ),
}
