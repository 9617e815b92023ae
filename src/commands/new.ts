import { senderIdOfCorrelation } from '../crypto/short-link.ts'
import { utf8Bytes } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { ID_BYTES, linkIdOf, recipientIdOf, type ServiceId, senderIdOf } from '../protocol/ids.ts'
import { errAuth, errInternal, errProhibited, errQuota, type Reply } from '../protocol/reply.ts'
import type { NewQueue } from '../store/store.ts'
import { type Agreement, agree, errBadKey, newNotifier } from './agreement.ts'
import { type Answer, answer, type Context, type Request, type ServerCommand } from './spec.ts'

type New = Command<'NEW'>

const ATTEMPTS = 3

const isAllowed = ({ policy, crypto }: Context, { password }: New): boolean => {
  if (!policy.newQueues) return false
  if (policy.createPassword === undefined) return true
  return crypto.equal(utf8Bytes(password ?? ''), utf8Bytes(policy.createPassword))
}

/** Messaging links get a random id, contact links the one that their key derives. */
const linkOf = ({ crypto }: Context, { request }: New) => {
  if (request?.link === undefined) return undefined
  const { senderId, fixed, user } = request.link
  const linkId =
    request.mode === 'contact' && request.link
      ? request.link.linkId
      : linkIdOf(crypto.randomBytes(ID_BYTES))
  return { linkId, senderId, fixed, user }
}

const newQueue = (
  context: Context,
  command: New,
  message: Agreement,
  notifier: ReturnType<typeof newNotifier>,
): NewQueue => {
  const { crypto } = context
  const link = linkOf(context, command)
  return {
    recipientId: recipientIdOf(crypto.randomBytes(ID_BYTES)),
    senderId: link?.senderId ?? senderIdOf(crypto.randomBytes(ID_BYTES)),
    recipientKeys: [command.authKey],
    dhSecret: message.secret,
    ...(command.request && { mode: command.request.mode }),
    ...(notifier && { notifier: notifier.notifier }),
    ...(link && { link }),
  }
}

const idsOf = (
  queue: NewQueue,
  message: Agreement,
  notifier: ReturnType<typeof newNotifier>,
): Reply<'IDS'> => ({
  tag: 'IDS',
  recipientId: queue.recipientId,
  senderId: queue.senderId,
  serverDhKey: message.serverKey,
  ...(queue.mode && { mode: queue.mode }),
  ...(queue.link && { linkId: queue.link.linkId }),
  ...(queue.serviceId !== undefined && { serviceId: queue.serviceId }),
  ...(notifier && {
    notifier: {
      notifierId: notifier.notifier.notifierId,
      serverDhKey: notifier.serverKey,
    },
  }),
})

const taken = answer(errInternal)

/** Before the store is asked, so that what it delivers meanwhile finds the subscription. */
const createSubscribed = async (
  { connection, store }: Context,
  queue: NewQueue,
  ids: Reply<'IDS'>,
): Promise<Answer> => {
  const { recipientId, dhSecret } = queue
  const { id, subscriptions } = connection
  const claim = connection.nextClaim()
  const subscription = subscriptions.open(recipientId, { kind: 'subscriber', dhSecret, claim })
  subscription.busy += 1
  let isCreated = false
  try {
    isCreated = (await store.createQueue(queue, { connection: id, claim })).outcome === 'done'
  } finally {
    if (!isCreated) subscriptions.remove(recipientId)
  }
  const sent = (): void => subscriptions.release(recipientId, subscription)
  return isCreated ? { reply: ids, sent } : taken
}

const create = async (
  context: Context,
  command: New,
  serviceId: ServiceId | undefined,
): Promise<Answer> => {
  const { crypto } = context
  const message = agree(crypto, command.dhKey)
  const notifier = command.notifier && newNotifier(crypto, command.notifier)
  if (message === undefined || (command.notifier && notifier === undefined))
    return answer(errBadKey)
  const queue = {
    ...newQueue(context, command, message, notifier),
    ...(serviceId !== undefined && { serviceId }),
  }
  const ids = idsOf(queue, message, notifier)
  if (command.subscribe) return createSubscribed(context, queue, ids)
  const created = await context.store.createQueue(queue)
  return created.outcome === 'done' ? answer(ids) : taken
}

/** The sender id of a queue with link data is bound to the request (SMP, NEW). */
const isBound = ({ crypto }: Context, { command, correlationId }: Request<New>): boolean => {
  const senderId = command.request?.link?.senderId
  return (
    senderId === undefined || senderId === senderIdOf(senderIdOfCorrelation(crypto, correlationId))
  )
}

const isWithinLimits = ({ limits, connection }: Context, { subscribe }: New): boolean =>
  limits === undefined ||
  ((!subscribe || limits.maySubscribe(connection.subscriptions.size)) && limits.mayCreate())

export const NEW: ServerCommand<New> = {
  credentials: 'only-authorization',
  role: 'messaging',
  byService: 'too',
  ownKey: ({ authKey }) => authKey,
  async run(context, request) {
    const { command } = request
    const service = request.binding.service?.service
    if (!isAllowed(context, command)) return answer(errAuth)
    // a service's queues are for its connections
    if (service !== undefined && !command.subscribe) return answer(errProhibited)
    if (!isBound(context, request)) return answer(errProhibited)
    if (!isWithinLimits(context, command)) return answer(errQuota)
    const hasOwnIds = command.request?.link !== undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const created = await create(context, command, service?.serviceId)
      if (created !== taken) return created
      if (hasOwnIds) return answer(errAuth)
    }
    return taken
  },
}
