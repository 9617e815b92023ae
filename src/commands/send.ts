import { sealMessage, sealNotification } from '../crypto/message-box.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { ID_BYTES, messageIdOf } from '../protocol/ids.ts'
import { errAuth, errQuota, OK, refusal } from '../protocol/reply.ts'
import { maxBodyBytes } from '../protocol/version.ts'
import type { Append, QueueRecord, StoredNotification } from '../store/store.ts'
import { answer, type Context, type QueueCommand, STALE } from './spec.ts'

const NONCE_BYTES = 24

const notificationOf = (
  { crypto }: Context,
  { notifier }: QueueRecord,
  message: { readonly messageId: Bytes; readonly timestamp: number },
): StoredNotification | undefined => {
  if (notifier === undefined) return undefined
  const nonce = crypto.randomBytes(NONCE_BYTES)
  const meta = sealNotification(crypto, { secret: notifier.dhSecret, nonce }, message)
  return { timestamp: message.timestamp, nonce, meta }
}

const appendOf = (
  context: Context,
  queue: QueueRecord,
  { notification, body }: Command<'SEND'>,
): Append => {
  const messageId = context.crypto.randomBytes(ID_BYTES)
  const timestamp = Math.floor(context.now() / 1000)
  const sealed = sealMessage(
    context.crypto,
    { secret: queue.dhSecret, messageId },
    { tag: 'message', timestamp, notification, body },
  )
  const news = notification ? notificationOf(context, queue, { messageId, timestamp }) : undefined
  return {
    message: { kind: 'message', messageId: messageIdOf(messageId), timestamp, body: sealed },
    ...(news && { notification: news }),
  }
}

/** Link data is for the first message's sender only (SMP, SEND). */
const hasSpentLink = ({ mode, senderKey, linkId }: QueueRecord): boolean =>
  mode !== 'contact' && senderKey !== undefined && linkId !== undefined

export const SEND: QueueCommand<Command<'SEND'>> = {
  credentials: 'entity',
  party: 'sender',
  keys: ({ senderKey }) => (senderKey === undefined ? 'unsigned' : [senderKey]),
  // it has checks that come before
  whenBlocked: 'runs',
  isFrequent: true,
  async run(context, { command, queue, binding }) {
    const { store, limits } = context
    if (command.body.length > maxBodyBytes(binding.version))
      return answer(refusal({ code: 'LARGE_MSG' }))
    if (queue.status.state === 'suspended') return answer(errAuth)
    if (queue.status.state === 'blocked')
      return answer(refusal({ code: 'BLOCKED', blocking: queue.status.blocking }))
    if (hasSpentLink(queue)) {
      await store.deleteLinkData(queue)
      return STALE
    }
    if (limits?.mayStore() === false) return answer(errQuota)
    const { outcome } = await store.appendMessage(queue, appendOf(context, queue, command))
    if (outcome === 'stale') return STALE
    if (outcome === 'full') return answer(errQuota)
    limits?.stored()
    return answer(OK)
  },
}
