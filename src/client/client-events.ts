/** What happens to a client that no call of the program asked for. */
import type { SmpError } from '../protocol/error.ts'
import type { Version } from '../protocol/version.ts'
import type { EndReason } from './errors.ts'
import type { NotifierQueue } from './notifier-queue.ts'
import type { RecipientQueue } from './recipient-queue.ts'

export type ClientEvent =
  | { readonly tag: 'connected'; readonly version: Version }
  /** A connection was lost or could not be made; the next attempt is `retryMs` away. */
  | { readonly tag: 'disconnected'; readonly error: Error; readonly retryMs: number }
  /** No more messages or notifications come from here until it is subscribed again. */
  | {
      readonly tag: 'subscriptionEnded'
      readonly queue: RecipientQueue | NotifierQueue
      readonly reason: EndReason
    }
  /** Another connection of the service subscribed: so many notifiers tell it from now on. */
  | { readonly tag: 'serviceEnded'; readonly count: bigint }
  /** The operator blocked the queue. */
  | { readonly tag: 'blocked'; readonly queue: RecipientQueue; readonly error: SmpError }
  /** The queue had been full: senders were refused at `timestamp` (whole seconds since 1970). */
  | { readonly tag: 'overQuota'; readonly queue: RecipientQueue; readonly timestamp: number }
  /** A message or notification that does not open; it was acknowledged. */
  | {
      readonly tag: 'unreadable'
      readonly queue: RecipientQueue | NotifierQueue
      readonly error: Error
    }
  /** An error that belongs to no request, such as BLOCK for a damaged block. */
  | { readonly tag: 'serverError'; readonly error: SmpError }
