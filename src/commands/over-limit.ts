/** SUBs and NSUBs that would give a connection more queues to read than it may have. */
import type { Command } from '../protocol/command.ts'
import type { Context, QueueRequest } from './spec.ts'

const none: ReadonlySet<never> = new Set()

/** `isNew`: not subscribed to by the connection yet; such a one counts for those after it. */
export const overLimit = <C extends Command>(
  { connection, limits }: Context,
  requests: readonly QueueRequest<C>[],
  isNew: (request: QueueRequest<C>) => boolean,
): ReadonlySet<QueueRequest<C>> => {
  if (limits === undefined) return none
  const over = new Set<QueueRequest<C>>()
  let { size } = connection.subscriptions
  for (const request of requests) {
    if (!isNew(request)) continue
    if (limits.maySubscribe(size)) size += 1
    else over.add(request)
  }
  return over
}
