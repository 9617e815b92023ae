import { messageReply } from '../delivery/message-reply.ts'
import type { Subscription } from '../delivery/subscriptions.ts'
import type { Command } from '../protocol/command.ts'
import { errProhibited, errQuota, type Reply } from '../protocol/reply.ts'
import type { StoredMessage } from '../store/store.ts'
import { overLimit } from './over-limit.ts'
import { byRecipient } from './recipient.ts'
import {
  type Answer,
  answer,
  type Context,
  type Outcome,
  type QueueCommand,
  type QueueRequest,
  STALE,
} from './spec.ts'

type Sub = Command<'SUB'>

interface Opened {
  readonly request: QueueRequest<Sub>
  readonly subscription: Subscription
  /** What a SUB that fails goes back to; none where it made the subscription. */
  readonly previous?: Pick<Subscription, 'claim' | 'delivered' | 'deliveredAt'>
}

/** Names the service that the queue belongs to, if that is whose session this is. */
const sokOf = ({ queue, binding }: QueueRequest<Sub>): Reply<'SOK'> => {
  const { serviceId } = queue
  const isOurs = serviceId !== undefined && serviceId === binding.service?.service.serviceId
  return { tag: 'SOK', ...(isOurs && { serviceId }) }
}

/** Before the store is asked, so that what it delivers meanwhile finds the subscription. */
const open = ({ connection }: Context, request: QueueRequest<Sub>, claim: number): Opened => {
  const { recipientId, dhSecret } = request.queue
  const present = connection.subscriptions.get(recipientId)
  const previous = present && { ...present }
  const subscription =
    present ?? connection.subscriptions.open(recipientId, { kind: 'subscriber', dhSecret, claim })
  subscription.claim = claim
  const nothing = { delivered: undefined, deliveredAt: 0 }
  connection.subscriptions.mark(recipientId, subscription, nothing)
  subscription.busy += 1
  return { request, subscription, ...(previous && { previous }) }
}

const abandon = ({ connection }: Context, { request, subscription, previous }: Opened): void => {
  const { recipientId } = request.queue
  if (previous === undefined) connection.subscriptions.remove(recipientId)
  else {
    subscription.claim = previous.claim
    connection.subscriptions.mark(recipientId, subscription, previous)
  }
  connection.subscriptions.release(recipientId, subscription)
}

const opened = (context: Context, one: Opened, head: StoredMessage | undefined): Answer => {
  const { subscriptions } = context.connection
  const { recipientId, dhSecret } = one.request.queue
  const sent = (): void => subscriptions.release(recipientId, one.subscription)
  if (one.previous !== undefined) subscriptions.repeated('sub')
  const reply = sokOf(one.request)
  if (head === undefined) return { reply, sent }
  subscriptions.delivered(recipientId, one.subscription, head.messageId)
  return { reply, event: messageReply(context.crypto, dhSecret, head), sent }
}

const subscribe = async (
  context: Context,
  all: readonly Opened[],
  claim: number,
): Promise<readonly Outcome[]> => {
  const { store, connection } = context
  const queues = all.map(({ request }) => request.queue)
  try {
    const results = await store.subscribe(queues, { connection: connection.id, claim })
    return all.map((one, index): Outcome => {
      const result = results[index]
      if (result?.outcome === 'done') return opened(context, one, result.head)
      abandon(context, one)
      return result?.outcome === 'failed' ? result : STALE
    })
  } catch (error) {
    for (const one of all) abandon(context, one)
    throw error
  }
}

export const SUB: QueueCommand<Sub> = {
  ...byRecipient,
  byService: 'too',
  async run(context, request) {
    const [outcome = STALE] = await runBatch(context, [request])
    return outcome
  },
  runBatch: (context, requests) => runBatch(context, requests),
}

const runBatch = async (
  context: Context,
  requests: readonly QueueRequest<Sub>[],
): Promise<readonly Outcome[]> => {
  const claim = context.connection.nextClaim()
  const present = ({ queue }: QueueRequest<Sub>): Subscription | undefined =>
    context.connection.subscriptions.get(queue.recipientId)
  const over = overLimit(context, requests, (request) => present(request) === undefined)
  const all = requests
    .filter((request) => present(request)?.kind !== 'getter' && !over.has(request))
    .map((request) => open(context, request, claim))
  const outcomes = (await subscribe(context, all, claim)).values()
  const byRequest = new Map(all.map(({ request }) => [request, outcomes.next().value]))
  return requests.map(
    (request) => byRequest.get(request) ?? answer(over.has(request) ? errQuota : errProhibited),
  )
}
