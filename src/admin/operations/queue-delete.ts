import { type Operation, onInput } from '../operation.ts'
import { onQueue, queueInput } from '../queues.ts'

/** No connection has this number: all that are subscribed are told. */
const NO_CONNECTION = 0

export const queueDelete: Operation = {
  method: 'POST',
  path: '/v1/queues/delete',
  run: onInput(queueInput, (context, input) =>
    onQueue(context, input, async (queue) => {
      const { store } = context
      const described = await store.describeQueue(queue)
      if (described.outcome === 'stale') return described
      const result = await store.deleteQueue(queue, NO_CONNECTION)
      if (result.outcome === 'stale') return result
      return { body: { deleted: true, messages: described.size }, audit: {} }
    }),
  ),
}
