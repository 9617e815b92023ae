/** What there is to tell the holders of queues, notifiers and services. */
import type { Blocking } from '../../protocol/error.ts'
import type { NotifierId } from '../../protocol/ids.ts'
import type { StoredMessage, StoreEvent } from '../store.ts'
import { type EntryType, isOfService } from './entry.ts'
import type { Interest } from './interests.ts'

/** What a holder is told: through its pod's mailbox, or at once when it is on this pod. */
export interface News {
  readonly mailbox: string
  /** Empty where there is nothing for another pod. */
  readonly entry: string
  /** To be called when the script has run. */
  deliver(message?: StoredMessage): void
}

/** The claim: one that it makes now, in place of an earlier one. */
export interface Besides {
  readonly connection: number
  readonly claim?: number
}

export interface Details {
  readonly message?: StoredMessage | undefined
  readonly blocking?: Blocking | undefined
  readonly acceptedAt?: number | undefined
  /** Of a service's notifier. */
  readonly notifierId?: NotifierId | undefined
}

/** Undefined fields are left out. */
export const given = (acceptedAt: number | undefined) => acceptedAt !== undefined && { acceptedAt }

export interface NewsOptions extends Pick<Details, 'blocking' | 'notifierId'> {
  /** A connection of this pod that is not told what it caused itself. */
  readonly besides?: Besides
}

/** What there is to tell who has a notifier, alone or as a service. */
export const notifierTypes = {
  notified: { own: 'notified', service: 'service-notified' },
  ended: { own: 'notifier-ended', service: 'service-notifier-ended' },
  deleted: { own: 'notifier-deleted', service: 'service-notifier-deleted' },
} as const satisfies Record<string, Record<string, EntryType>>

export const isEnding = (type: EntryType): boolean =>
  !isOfService(type) && type !== 'available' && type !== 'blocked' && type !== 'notified'

export const eventOf = (
  type: EntryType,
  interest: Interest,
  { message, blocking, acceptedAt }: Details,
): Without<StoreEvent, 'claim'> | undefined => {
  if (interest.party === 'notifier') {
    if (type === 'notified') return { type, notifierId: interest.id }
    return { type: type === 'notifier-ended' ? 'ended' : 'deleted', entityId: interest.id }
  }
  const recipientId = interest.id
  if (type === 'available')
    return { type, recipientId, ...(message && { message }), ...given(acceptedAt) }
  if (type === 'blocked') return blocking && { type, recipientId, blocking }
  return { type: type === 'ended' ? 'ended' : 'deleted', entityId: recipientId }
}

/** `Omit` for each member of a union. */
export type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
