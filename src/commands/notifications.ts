/** NKEY, NDEL and NSUB: a notifier learns that messages came, never what they are. */
import type { Command } from '../protocol/command.ts'
import { errInternal, OK, type Reply } from '../protocol/reply.ts'
import { errBadKey, newNotifier } from './agreement.ts'
import { byRecipient } from './recipient.ts'
import {
  answer,
  type Context,
  type Outcome,
  type QueueCommand,
  type QueueRequest,
  STALE,
} from './spec.ts'

const ATTEMPTS = 3
const SOK: Reply<'SOK'> = { tag: 'SOK' }

const dropOwn = ({ connection }: Context, { queue }: QueueRequest): void => {
  if (queue.notifier !== undefined)
    connection.subscriptions.removeNotifier(queue.notifier.notifierId)
}

export const NKEY: QueueCommand<Command<'NKEY'>> = {
  ...byRecipient,
  async run(context, request) {
    const { store, crypto, connection } = context
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const made = newNotifier(crypto, request.command)
      if (made === undefined) return answer(errBadKey)
      const { outcome } = await store.setNotifier(request.queue, made.notifier, connection.id)
      if (outcome === 'stale') return STALE
      if (outcome === 'taken') continue
      dropOwn(context, request)
      const { notifierId } = made.notifier
      return answer({ tag: 'NID', notifierId, serverDhKey: made.serverKey })
    }
    return answer(errInternal)
  },
}

export const NDEL: QueueCommand<Command<'NDEL'>> = {
  ...byRecipient,
  async run(context, request) {
    const { outcome } = await context.store.removeNotifier(request.queue, context.connection.id)
    if (outcome === 'stale') return STALE
    dropOwn(context, request)
    return answer(OK)
  },
}

type Nsub = Command<'NSUB'>

const subscribe = async (
  { store, connection }: Context,
  requests: readonly QueueRequest<Nsub>[],
): Promise<readonly Outcome[]> => {
  const claim = connection.nextClaim()
  // before the store is asked, so that what it delivers meanwhile finds the subscription
  for (const { queue } of requests)
    if (queue.notifier) connection.subscriptions.openNotifier(queue.notifier.notifierId, claim)
  const queues = requests.map(({ queue }) => queue)
  const results = await store.subscribeNotifiers(queues, { connection: connection.id, claim })
  return results.map(({ outcome }) => (outcome === 'stale' ? STALE : answer(SOK)))
}

export const NSUB: QueueCommand<Nsub> = {
  credentials: 'both',
  party: 'notifier',
  keys: ({ notifier }) => (notifier === undefined ? [] : [notifier.authKey]),
  whenBlocked: 'runs',
  async run(context, request) {
    const [outcome = STALE] = await subscribe(context, [request])
    return outcome
  },
  runBatch: subscribe,
}
