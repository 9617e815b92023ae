import { senderIdOfCorrelation } from '../crypto/short-link.ts'
import { utf8Bytes } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { ID_BYTES, linkIdOf, recipientIdOf, senderIdOf } from '../protocol/ids.ts'
import { errAuth, errInternal, errProhibited, type Reply } from '../protocol/reply.ts'
import type { NewQueue } from '../store/store.ts'
import { type Agreement, agree, errBadKey, newNotifier } from './agreement.ts'
import { answer, type Context, type Request, type ServerCommand } from './spec.ts'

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
  ...(notifier && {
    notifier: {
      notifierId: notifier.notifier.notifierId,
      serverDhKey: notifier.serverKey,
    },
  }),
})

const create = async (context: Context, command: New): Promise<Reply> => {
  const { crypto, connection, store } = context
  const message = agree(crypto, command.dhKey)
  const notifier = command.notifier && newNotifier(crypto, command.notifier)
  if (message === undefined || (command.notifier && notifier === undefined)) return errBadKey
  const queue = newQueue(context, command, message, notifier)
  const { recipientId, dhSecret } = queue
  const subscriber = { connection: connection.id, claim: connection.nextClaim() }
  const created = await store.createQueue(queue, command.subscribe ? subscriber : undefined)
  if (created.outcome === 'taken') return errInternal
  if (command.subscribe)
    connection.subscriptions.open(recipientId, { kind: 'subscriber', dhSecret, ...subscriber })
  return idsOf(queue, message, notifier)
}

/** The sender id of a queue with link data is bound to the request (SMP, NEW). */
const isBound = ({ crypto }: Context, { command, correlationId }: Request<New>): boolean => {
  const senderId = command.request?.link?.senderId
  return (
    senderId === undefined || senderId === senderIdOf(senderIdOfCorrelation(crypto, correlationId))
  )
}

export const NEW: ServerCommand<New> = {
  credentials: 'only-authorization',
  ownKey: ({ authKey }) => authKey,
  async run(context, request) {
    const { command } = request
    if (!isAllowed(context, command)) return answer(errAuth)
    if (!isBound(context, request)) return answer(errProhibited)
    const hasOwnIds = command.request?.link !== undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reply = await create(context, command)
      if (reply !== errInternal) return answer(reply)
      if (hasOwnIds) return answer(errAuth)
    }
    return answer(errInternal)
  },
}
