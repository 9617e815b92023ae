/** The answer to QUE (SMP, "Queue information"). */
import { ProtocolError } from '../protocol/bytes.ts'

export interface QueueInfo {
  /** A sender's key is set. */
  readonly isSecured: boolean
  readonly hasNotifier: boolean
  /** Stored items, with the marker of a full queue. */
  readonly size: number
  /** Of this connection; `state` is a word of the server: `subThread`, `noSub`, `prohibitSub`. */
  readonly subscription?: { readonly state: string; readonly deliveredId?: string }
  /** The oldest stored item: `id` in base64, `timestamp` in ISO 8601, `type` message or quota. */
  readonly head?: { readonly id: string; readonly timestamp: string; readonly type: string }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const field = (from: Fields, name: string): unknown =>
  Object.hasOwn(from, name) ? from[name] : undefined

const text = (from: Fields, name: string): string => {
  const value = field(from, name)
  return typeof value === 'string' ? value : ''
}

const subscriptionOf = (fields: Fields): NonNullable<QueueInfo['subscription']> => {
  const deliveredId = text(fields, 'qDelivered')
  return { state: text(fields, 'qSubThread'), ...(deliveredId !== '' && { deliveredId }) }
}

/** @throws ProtocolError for JSON without the fields that a server must send */
export const parseQueueInfo = (json: string): QueueInfo => {
  const parsed: unknown = JSON.parse(json)
  if (!isFields(parsed)) throw new ProtocolError('INFO is not an object')
  const [isSecured, hasNotifier, size] = ['qiSnd', 'qiNtf', 'qiSize'].map((name) =>
    field(parsed, name),
  )
  if (typeof isSecured !== 'boolean' || typeof hasNotifier !== 'boolean')
    throw new ProtocolError('INFO without its flags')
  if (typeof size !== 'number') throw new ProtocolError('INFO without a size')
  const subscription = field(parsed, 'qiSub')
  const head = field(parsed, 'qiMsg')
  return {
    isSecured,
    hasNotifier,
    size,
    ...(isFields(subscription) && { subscription: subscriptionOf(subscription) }),
    ...(isFields(head) && {
      head: {
        id: text(head, 'msgId'),
        timestamp: text(head, 'msgTs'),
        type: text(head, 'msgType'),
      },
    }),
  }
}
