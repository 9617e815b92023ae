/** One line of smp-server-messages.log (reference, message log v3): as it was sent, not encrypted yet. */
import { PADDED_MESSAGE_BYTES } from '../crypto/message-box.ts'
import type { Bytes } from '../protocol/bytes.ts'
import {
  idBytes,
  type MessageId,
  messageIdOf,
  type RecipientId,
  recipientIdOf,
} from '../protocol/ids.ts'
import {
  bytesField,
  idField,
  LineProblem,
  NONCE_LENGTH,
  printBytes,
  secondsField,
} from './fields.ts'

export interface LoggedMessage {
  readonly recipientId: RecipientId
  readonly messageId: MessageId
  /** Whole seconds since the epoch. */
  readonly timestamp: number
  /** Absent for the marker that senders met a full queue. */
  readonly content?: { readonly notification: boolean; readonly body: Bytes }
}

/** Length, time, flag and space come before it. */
const BODY_LENGTH = { min: 0, max: PADDED_MESSAGE_BYTES - 12 }

const flagOf = (text: string): boolean => {
  if (text !== 'flags=T' && text !== 'flags=F')
    throw new LineProblem('flags are none that are known')
  return text === 'flags=T'
}

/** An empty body leaves nothing after its space: the reference writes it and cannot read it. */
const contentOf = (words: readonly string[]): Pick<LoggedMessage, 'content'> => {
  const [flags = '', body, ...more] = words
  if (flags === 'quota' && body === undefined) return {}
  if (body === undefined || more.length > 0) throw new LineProblem('neither a message nor a marker')
  const notification = flagOf(flags)
  return { content: { notification, body: bytesField('the body', body, BODY_LENGTH) } }
}

/** @throws LineProblem */
export const parseMessageLine = (text: string): LoggedMessage => {
  const [version, recipientId = '', messageId = '', time = '', ...words] = text.split(' ')
  if (version !== 'v3')
    throw new LineProblem('not a message of format v3: start and stop smp-server 6 once to convert')
  return {
    recipientId: recipientIdOf(idField('the recipient id', recipientId)),
    messageId: messageIdOf(bytesField('the message id', messageId, NONCE_LENGTH)),
    timestamp: secondsField('the time', time),
    ...contentOf(words),
  }
}

export const printMessage = ({
  recipientId,
  messageId,
  timestamp,
  content,
}: LoggedMessage): string => {
  const start = `v3 ${printBytes(idBytes(recipientId))} ${printBytes(idBytes(messageId))} ${timestamp}`
  if (content === undefined) return `${start} quota`
  return `${start} flags=${content.notification ? 'T' : 'F'} ${printBytes(content.body)}`
}
