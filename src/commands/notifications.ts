/** NKEY, NDEL and NSUB: a notifier learns that messages came, never what they are. */
import type { Claim } from '../delivery/subscriptions.ts'
import type { Command } from '../protocol/command.ts'
import { asNotifierId, type NotifierId } from '../protocol/ids.ts'
import { errInternal, errQuota, OK, type Reply } from '../protocol/reply.ts'
import { errBadKey, newNotifier } from './agreement.ts'
import { overLimit } from './over-limit.ts'
import { byRecipient } from './recipient.ts'
import { associate } from './services.ts'
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

interface Opened {
  readonly notifierId: NotifierId
  readonly held: Claim
  /** What an NSUB that fails goes back to; none where it is the first. */
  readonly previous: number | undefined
}

/** Before the store is asked, so that what it delivers meanwhile finds the subscription. */
const open = ({ connection }: Context, { entityId }: QueueRequest<Nsub>, claim: number): Opened => {
  const notifierId = asNotifierId(entityId)
  const present = connection.subscriptions.notifier(notifierId)
  const previous = present?.claim
  const held = present ?? connection.subscriptions.openNotifier(notifierId, claim)
  held.claim = claim
  held.busy += 1
  return { notifierId, held, previous }
}

const abandon = ({ connection }: Context, { notifierId, held, previous }: Opened): void => {
  if (previous === undefined) connection.subscriptions.removeNotifier(notifierId)
  else held.claim = previous
  connection.subscriptions.releaseNotifier(held)
}

const opened = (
  { connection: { subscriptions } }: Context,
  { held, previous }: Opened,
): Outcome => {
  if (previous !== undefined) subscriptions.repeated('nsub')
  return { reply: SOK, sent: () => subscriptions.releaseNotifier(held) }
}

const subscribe = async (
  context: Context,
  requests: readonly QueueRequest<Nsub>[],
): Promise<readonly Outcome[]> => {
  const { store, connection } = context
  const { service } = connection.subscriptions
  if (service !== undefined) return associate(context, service, requests)
  const claim = connection.nextClaim()
  const all = requests.map((request) => open(context, request, claim))
  const queues = requests.map(({ queue }) => queue)
  try {
    const results = await store.subscribeNotifiers(queues, { connection: connection.id, claim })
    return all.map((one, index): Outcome => {
      if (results[index]?.outcome === 'done') return opened(context, one)
      abandon(context, one)
      return results[index]?.outcome === 'failed' ? results[index] : STALE
    })
  } catch (error) {
    for (const one of all) abandon(context, one)
    throw error
  }
}

const runBatch = async (
  context: Context,
  requests: readonly QueueRequest<Nsub>[],
): Promise<readonly Outcome[]> => {
  const { subscriptions } = context.connection
  // a service's connection keeps nothing of each notifier
  if (subscriptions.service !== undefined) return subscribe(context, requests)
  const isNew = ({ entityId }: QueueRequest<Nsub>): boolean =>
    subscriptions.notifier(asNotifierId(entityId)) === undefined
  const over = overLimit(context, requests, isNew)
  if (over.size === 0) return subscribe(context, requests)
  const allowed = requests.filter((request) => !over.has(request))
  const outcomes = (await subscribe(context, allowed)).values()
  return requests.map((request) =>
    over.has(request) ? answer(errQuota) : (outcomes.next().value ?? STALE),
  )
}

export const NSUB: QueueCommand<Nsub> = {
  credentials: 'both',
  byService: 'too',
  party: 'notifier',
  keys: ({ notifier }) => (notifier === undefined ? [] : [notifier.authKey]),
  whenBlocked: 'runs',
  async run(context, request) {
    const [outcome = STALE] = await runBatch(context, [request])
    return outcome
  },
  runBatch,
}
