/** What pods write into each other's mailboxes: small, and without ids that mean anything. */
import { ProtocolError } from '../../protocol/bytes.ts'
import type { Blocking } from '../../protocol/error.ts'
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

export interface Entry {
  readonly type: EntryType
  readonly connection: number
  readonly claim: number
  /** The queue's blind recipient id. */
  readonly queue: BlindId
  readonly blocking?: Blocking
  /** When the message was accepted, in milliseconds since the epoch. */
  readonly acceptedAt?: number
}

const letters: readonly (readonly [EntryType, string])[] = [
  ['available', 'a'],
  ['ended', 'e'],
  ['deleted', 'd'],
  ['blocked', 'b'],
  ['notified', 'n'],
  ['notifier-ended', 'E'],
  ['notifier-deleted', 'D'],
]

/** `letter:connection:claim:queue[:blocking as JSON, or the time of acceptance]` */
export const entryText = (
  type: EntryType,
  { connection, claim }: Holder,
  queue: BlindId,
  { blocking, acceptedAt }: Pick<Entry, 'blocking' | 'acceptedAt'> = {},
): string => {
  const letter = letters.find(([known]) => known === type)?.[1] ?? ''
  const text = `${letter}:${connection.toString(36)}:${claim.toString(36)}:${queue}`
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

const detailOf = (type: EntryType, text: string): Pick<Entry, 'blocking' | 'acceptedAt'> =>
  type === 'available'
    ? { acceptedAt: Number.parseInt(text, 36) }
    : { blocking: parseBlocking(text) }

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

/** Whose subscription an entry is about. */
export const partyOf = (type: EntryType): 'recipient' | 'notifier' =>
  type.startsWith('notif') ? 'notifier' : 'recipient'
