/** One line of smp-server-ntfs.log (reference, notification log v1). */
import type { Bytes } from '../protocol/bytes.ts'
import {
  idBytes,
  type MessageId,
  messageIdOf,
  type NotifierId,
  notifierIdOf,
} from '../protocol/ids.ts'
import type { StoredNotification } from '../store/store.ts'
import {
  bytesField,
  idField,
  LineProblem,
  NONCE_LENGTH,
  printBytes,
  secondsField,
} from './fields.ts'

export interface LoggedNotification {
  readonly notifierId: NotifierId
  readonly messageId: MessageId
  readonly notification: StoredNotification
}

const META_LENGTH = { min: 144, max: 144 }
const WORDS = 6

/** @throws LineProblem */
export const parseNotificationLine = (text: string): LoggedNotification => {
  const words = text.split(' ')
  const [version, notifierId = '', messageId = '', time = '', nonce = '', meta = ''] = words
  if (version !== 'v1' || words.length !== WORDS)
    throw new LineProblem('not a notification of format v1')
  return {
    notifierId: notifierIdOf(idField('the notifier id', notifierId)),
    messageId: messageIdOf(bytesField('the message id', messageId, NONCE_LENGTH)),
    notification: {
      timestamp: secondsField('the time', time),
      nonce: bytesField('the nonce', nonce, NONCE_LENGTH),
      meta: bytesField('the metadata', meta, META_LENGTH),
    },
  }
}

const printId = (id: string): string => printBytes(idBytes(id))

export const printNotification = (logged: LoggedNotification): string => {
  const { notifierId, messageId, notification } = logged
  const { timestamp, nonce, meta } = notification
  const secrets: readonly Bytes[] = [nonce, meta]
  return `v1 ${printId(notifierId)} ${printId(messageId)} ${timestamp} ${secrets.map(printBytes).join(' ')}`
}
