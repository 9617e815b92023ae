/** SUBS, NSUBS and NSUB of services, which get the notifications of very many queues (SMP, "Services"). */
import type { ServiceSubscription } from '../delivery/service-subscription.ts'
import type { Command } from '../protocol/command.ts'
import { errProhibited, type Reply, refusal } from '../protocol/reply.ts'
import {
  answer,
  type Context,
  type Outcome,
  type QueueRequest,
  type ServerCommand,
  STALE,
} from './spec.ts'

const errService = answer(refusal({ code: 'SERVICE' }))

/** Makes the connection the service's holder; gives the number of its notifiers. */
const takeOver = async (
  { store, connection }: Context,
  held: ServiceSubscription,
): Promise<number> => {
  const claim = connection.nextClaim()
  // before the store is asked, so that what it delivers meanwhile is heard
  held.hold(claim)
  try {
    const subscriber = { connection: connection.id, claim }
    return (await store.subscribeService(held.service, subscriber)).count
  } catch (error) {
    if (held.claim === claim) held.ended()
    throw error
  }
}

const sok = ({ service }: ServiceSubscription): Reply<'SOK'> => ({
  tag: 'SOK',
  serviceId: service.serviceId,
})

/** NSUB in a service's session: the notifiers become the service's, and the connection its holder. */
export const associate = async (
  context: Context,
  held: ServiceSubscription,
  requests: readonly QueueRequest<Command<'NSUB'>>[],
): Promise<readonly Outcome[]> => {
  const { store, connection } = context
  const sent = (): void => connection.subscriptions.releaseNotifier(held)
  held.busy += requests.length
  try {
    if (!held.isHeld) await takeOver(context, held)
    const queues = requests.map(({ queue }) => queue)
    const results = await store.associateNotifiers(queues, held.service)
    return requests.map(({ queue }, index): Outcome => {
      const result = results[index]
      if (result?.outcome === 'done') {
        held.added(result.isNew, queue.notifier?.service)
        return { reply: sok(held), sent }
      }
      sent()
      return result?.outcome === 'failed' ? result : STALE
    })
  } catch (error) {
    for (const _ of requests) sent()
    throw error
  }
}

/** A repeat takes nothing over while the connection still holds the service (Server.hs). */
export const NSUBS: ServerCommand<Command<'NSUBS'>> = {
  credentials: 'both',
  role: 'notifier',
  byService: 'alone',
  async run(context) {
    const { subscriptions } = context.connection
    const held = subscriptions.service
    if (held === undefined) return errService
    const sent = (): void => subscriptions.releaseNotifier(held)
    held.busy += 1
    try {
      if (held.isWhole) held.repeated()
      else held.counted(await takeOver(context, held))
      return { reply: { tag: 'SOKS', count: BigInt(held.count) }, sent }
    } catch (error) {
      sent()
      throw error
    }
  },
}

/** Queues are not subscribed to as a service's: no client asks for it, and the reference refuses. */
export const SUBS: ServerCommand<Command<'SUBS'>> = {
  credentials: 'both',
  role: 'messaging',
  byService: 'alone',
  run: async () => answer(errProhibited),
}
