import { messageReply } from '../delivery/message-reply.ts'
import type { Subscription } from '../delivery/subscriptions.ts'
import type { Command } from '../protocol/command.ts'
import { errProhibited, type Reply } from '../protocol/reply.ts'
import { byRecipient } from './recipient.ts'
import {
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
  /** Made by this SUB: undone when it fails. */
  readonly isNew: boolean
}

const SOK: Reply<'SOK'> = { tag: 'SOK' }

/** Before the store is asked, so that what it delivers meanwhile finds the subscription. */
const open = ({ connection }: Context, request: QueueRequest<Sub>, claim: number): Opened => {
  const { recipientId, dhSecret } = request.queue
  const present = connection.subscriptions.get(recipientId)
  const subscription =
    present ?? connection.subscriptions.open(recipientId, { kind: 'subscriber', dhSecret, claim })
  subscription.claim = claim
  subscription.delivered = undefined
  subscription.busy += 1
  return { request, subscription, isNew: present === undefined }
}

const abandon = ({ connection }: Context, { request, subscription, isNew }: Opened): void => {
  const { recipientId } = request.queue
  if (isNew) connection.subscriptions.remove(recipientId)
  else connection.subscriptions.settle(recipientId, subscription)
}

const subscribe = async (
  context: Context,
  opened: readonly Opened[],
  claim: number,
): Promise<readonly Outcome[]> => {
  const { store, connection, crypto } = context
  const queues = opened.map(({ request }) => request.queue)
  try {
    const results = await store.subscribe(queues, { connection: connection.id, claim })
    return opened.map((one, index): Outcome => {
      const result = results[index]
      if (result?.outcome !== 'done') {
        abandon(context, one)
        return STALE
      }
      const { recipientId, dhSecret } = one.request.queue
      connection.subscriptions.settle(recipientId, one.subscription, result.head)
      if (result.head === undefined) return answer(SOK)
      return { reply: SOK, event: messageReply(crypto, dhSecret, result.head) }
    })
  } catch (error) {
    for (const one of opened) abandon(context, one)
    throw error
  }
}

export const SUB: QueueCommand<Sub> = {
  ...byRecipient,
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
  const isGetter = ({ queue }: QueueRequest<Sub>): boolean =>
    context.connection.subscriptions.get(queue.recipientId)?.kind === 'getter'
  const opened = requests
    .filter((request) => !isGetter(request))
    .map((request) => open(context, request, claim))
  const outcomes = (await subscribe(context, opened, claim)).values()
  const byRequest = new Map(opened.map(({ request }) => [request, outcomes.next().value]))
  return requests.map((request) => byRequest.get(request) ?? answer(errProhibited))
}
