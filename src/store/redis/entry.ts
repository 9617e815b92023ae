/** What pods write into each other's mailboxes: small, and without ids that mean anything. */
import { type Bytes, ProtocolError } from '../../protocol/bytes.ts'
import type { Blocking } from '../../protocol/error.ts'
import { bareBase64url, fromBase64url } from '../../protocol/text.ts'
import type { BlindId } from './cluster-keys.ts'
import type { Holder } from './holder.ts'

export type EntryType =
  | 'available'
  | 'ended'
  | 'deleted'
  | 'blocked'
  | 'notified'
  | 'notifier-ended'
  | 'notifier-deleted'
  | 'service-notified'
  | 'service-ended'
  | 'service-notifier-ended'
  | 'service-notifier-deleted'

export interface Entry {
  readonly type: EntryType
  readonly connection: number
  readonly claim: number
  /** The queue's blind recipient id; the service's name where it is about the service itself. */
  readonly queue: BlindId
  readonly blocking?: Blocking
  /** The sealed id of a service's notifier, which its holder does not know otherwise. */
  readonly notifier?: Bytes
  /** When the message was accepted, in milliseconds since the epoch. */
  readonly acceptedAt?: number
}

/** What there is besides, of most types nothing. */
export type EntryDetails = Pick<Entry, 'blocking' | 'notifier' | 'acceptedAt'>
export type BareEntry = Omit<Entry, keyof EntryDetails>

const letters: readonly (readonly [EntryType, string])[] = [
  ['available', 'a'],
  ['ended', 'e'],
  ['deleted', 'd'],
  ['blocked', 'b'],
  ['notified', 'n'],
  ['notifier-ended', 'E'],
  ['notifier-deleted', 'D'],
  ['service-notified', 'w'],
  ['service-ended', 'S'],
  ['service-notifier-ended', 'F'],
  ['service-notifier-deleted', 'G'],
]

export const entryTypes: readonly EntryType[] = letters.map(([type]) => type)

/** `letter:connection:claim:queue[:blocking as JSON, notifier, or the time of acceptance]` */
export const entryText = (
  type: EntryType,
  { connection, claim }: Holder,
  queue: BlindId,
  { blocking, notifier, acceptedAt }: EntryDetails = {},
): string => {
  const letter = letters.find(([known]) => known === type)?.[1] ?? ''
  const text = `${letter}:${connection.toString(36)}:${claim.toString(36)}:${queue}`
  if (notifier !== undefined) return `${text}:${bareBase64url(notifier)}`
  if (blocking !== undefined) return `${text}:${JSON.stringify(blocking)}`
  return acceptedAt === undefined ? text : `${text}:${acceptedAt.toString(36)}`
}

const parseBlocking = (json: string): Blocking => {
  const value: unknown = JSON.parse(json)
  if (typeof value !== 'object' || value === null || !('reason' in value))
    throw new ProtocolError('not a blocking')
  const reason = value.reason === 'spam' ? 'spam' : 'content'
  if (!('notice' in value) || typeof value.notice !== 'object' || value.notice === null)
    return { reason }
  const { notice } = value
  return 'ttlSeconds' in notice && typeof notice.ttlSeconds === 'number'
    ? { reason, notice: { ttlSeconds: notice.ttlSeconds } }
    : { reason, notice: {} }
}

/** @throws ProtocolError, SyntaxError for what no pod wrote */
export const parseEntry = (text: string): Entry => {
  const [letter, connection = '', claim = '', queue = '', ...rest] = text.split(':')
  const type = letters.find(([, known]) => known === letter)?.[0]
  if (type === undefined) throw new ProtocolError('an unknown mailbox entry')
  return {
    type,
    connection: Number.parseInt(connection, 36),
    claim: Number.parseInt(claim, 36),
    queue,
    ...(rest.length > 0 && detailOf(type, rest.join(':'))),
  }
}

const detailOf = (type: EntryType, text: string): EntryDetails => {
  if (type === 'blocked') return { blocking: parseBlocking(text) }
  if (isOfService(type)) return { notifier: fromBase64url(text) }
  return { acceptedAt: Number.parseInt(text, 36) }
}

export const isOfService = (type: EntryType): type is `service-${string}` & EntryType =>
  type.startsWith('service')

/** Whose subscription an entry is about. */
export const partyOf = (type: EntryType): 'recipient' | 'notifier' =>
  type.startsWith('notif') ? 'notifier' : 'recipient'
