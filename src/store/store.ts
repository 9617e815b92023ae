/**
 * The queue store in domain words: the one seam between the relay and where queues are kept.
 * One call per command, one outcome per call; what concerns another connection is delivered as an
 * event. Every store passes `test/store/contract.ts`.
 */
import type { StoreMeasures } from '../measures/store-measures.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { LinkContent } from '../protocol/command.ts'
import type { Blocking } from '../protocol/error.ts'
import type {
  EntityId,
  LinkId,
  MessageId,
  NotifierId,
  RecipientId,
  SenderId,
  ServiceId,
} from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { QueueMode } from '../protocol/reply.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { ActiveQueues, StoreCounts } from './counts.ts'
import type { Notifier, NotifierStore, Service, StoredNotification } from './notifier-store.ts'
import type { OperatorCalls } from './operator-calls.ts'
import type { ServiceStore } from './service-store.ts'

export type { Notifier, Service, StoredNotification } from './notifier-store.ts'

export type QueueStatus =
  | { readonly state: 'active' | 'suspended' }
  | { readonly state: 'blocked'; readonly blocking: Blocking }

/**
 * What commands are authorised against. Records are immutable: every change makes a new one with
 * a higher `revision`, and a call made with an older one answers `stale`.
 */
export interface QueueRecord {
  readonly recipientId: RecipientId
  readonly senderId: SenderId
  readonly revision: number
  readonly recipientKeys: readonly AuthKey[]
  /** 32 bytes; encrypts message bodies to the recipient. */
  readonly dhSecret: Bytes
  readonly senderKey?: AuthKey
  readonly mode?: QueueMode
  readonly linkId?: LinkId
  readonly notifier?: Notifier
  /** The messaging service that made the queue. */
  readonly serviceId?: ServiceId
  readonly status: QueueStatus
}

export type NewQueue = Omit<QueueRecord, 'revision' | 'status' | 'linkId' | 'notifier'> & {
  readonly notifier?: Omit<Notifier, 'service'>
  readonly link?: LinkContent & { readonly linkId: LinkId }
}

/** A message in its final form for the recipient, or the marker that senders met a full queue. */
export type StoredMessage =
  | {
      readonly kind: 'message'
      readonly messageId: MessageId
      /** Whole seconds since the epoch: when it was accepted. */
      readonly timestamp: number
      /** Encrypted to the recipient, 16122 bytes. */
      readonly body: Bytes
    }
  | { readonly kind: 'quota'; readonly messageId: MessageId; readonly timestamp: number }

/**
 * A connection's claim on a queue, notifier or service. Each SUB, NSUB and NSUBS makes a new claim,
 * so that news about an earlier one is told apart.
 */
export interface Subscriber {
  readonly connection: number
  readonly claim: number
}

/** What a store has for a connection; `claim` is the one that it concerns. */
export type StoreEvent = { readonly claim: number } & (
  | {
      /** A message reached an empty queue; `message` is absent when it has to be fetched. */
      readonly type: 'available'
      readonly recipientId: RecipientId
      readonly message?: StoredMessage
      /** When it was, in milliseconds since the epoch by the clock of its pod, if that is known. */
      readonly acceptedAt?: number
    }
  /** Also of a notifier that was a service's: then the claim is the one on the service. */
  | { readonly type: 'ended' | 'deleted'; readonly entityId: RecipientId | NotifierId }
  | {
      readonly type: 'blocked'
      readonly recipientId: RecipientId
      readonly blocking: Blocking
    }
  | { readonly type: 'notified'; readonly notifierId: NotifierId }
  /** `service-notified`: notifications of a service wait; `service-ended`: others hold it now. */
  | { readonly type: 'service-notified' | 'service-ended' }
  /** Nothing reaches the connection here any more, whatever its claims: elsewhere it might. */
  | { readonly type: 'isolated' }
)

export type Deliver = (connection: number, event: StoreEvent) => void

/** By whose id a queue is addressed. */
export type QueueParty = 'recipient' | 'sender' | 'link' | 'notifier'

/** The record changed, or the queue is gone, since it was loaded: load and authorise again. */
export type Stale = { readonly outcome: 'stale' }
export type Done = { readonly outcome: 'done' }
/** An id is in use by another queue. */
export type Taken = { readonly outcome: 'taken' }
/** The oldest message after the call, if any. */
export type Head = { readonly outcome: 'done'; readonly head?: StoredMessage }

/** What an id led to. */
export type Lookup =
  /** `isFresh`: as it is stored; otherwise it may be of the past. */
  | { readonly outcome: 'found'; readonly queue: QueueRecord; readonly isFresh: boolean }
  /** There is no such queue now. */
  | { readonly outcome: 'missing' }
  | Failed

/** One of a batch that could not be asked about; the others stand. */
export interface Failed {
  readonly outcome: 'failed'
  readonly cause: unknown
}

/** The oldest message of a queue that the connection holds; `lost`: it holds it no more. */
export type Fetched = Head | { readonly outcome: 'lost' } | { readonly outcome: 'gone' } | Failed

export interface Acknowledgement {
  /** Removed when it is the oldest; otherwise nothing is. */
  readonly messageId: MessageId
  /** Whose claim must still hold; absent for GET's readers, which hold none. */
  readonly subscriber?: Subscriber
}

export interface Append {
  readonly message: Extract<StoredMessage, { readonly kind: 'message' }>
  readonly notification?: StoredNotification
}

export interface QueueStore extends NotifierStore, ServiceStore, OperatorCalls {
  /**
   * In the order of the ids. A record may be one of the past, which is good enough to act on, as
   * calls refuse it; a refusal has to rest on a `fresh` one. The same work whether or not there is a
   * queue.
   */
  loadQueues(
    party: QueueParty,
    ids: readonly EntityId[],
    options?: { readonly fresh?: boolean },
  ): Promise<readonly Lookup[]>

  /** The record as stored, or `taken` when any of its ids is in use. */
  createQueue(queue: NewQueue, subscriber?: Subscriber): Promise<Done | Taken>
  /** Takes the queues over: earlier subscribers get `ended`. In the order of the queues. */
  subscribe(
    queues: readonly QueueRecord[],
    subscriber: Subscriber,
  ): Promise<readonly (Stale | Head | Failed)[]>
  /** In the order of the ids. */
  fetchHeads(
    recipientIds: readonly RecipientId[],
    subscriber: Pick<Subscriber, 'connection'>,
  ): Promise<readonly Fetched[]>
  peekMessage(queue: QueueRecord): Promise<Stale | Head>
  /** `lost`: the subscriber's claim was taken over. */
  acknowledge(
    queue: QueueRecord,
    acknowledgement: Acknowledgement,
  ): Promise<Stale | { readonly outcome: 'lost' } | Head>
  /** `full`: over the quota, or waiting to be emptied after that. */
  appendMessage(
    queue: QueueRecord,
    append: Append,
  ): Promise<Stale | Done | { readonly outcome: 'full' }>

  secureQueue(queue: QueueRecord, senderKey: AuthKey): Promise<Stale | Done>
  replaceRecipientKeys(queue: QueueRecord, keys: readonly AuthKey[]): Promise<Stale | Done>
  suspendQueue(queue: QueueRecord): Promise<Stale | Done>
  /** Subscribers other than `by` get `deleted`. */
  deleteQueue(queue: QueueRecord, by: number): Promise<Stale | Done>
  /** Stored items, the quota marker included. */
  describeQueue(
    queue: QueueRecord,
  ): Promise<
    Stale | { readonly outcome: 'done'; readonly size: number; readonly head?: StoredMessage }
  >

  /** `refused`: another link id or other fixed data is set. */
  setLinkData(
    queue: QueueRecord,
    link: LinkContent & { readonly linkId: LinkId },
  ): Promise<Stale | Done | Taken | { readonly outcome: 'refused' }>
  deleteLinkData(queue: QueueRecord): Promise<Stale | Done>
  /** Reads link data and, given a key, secures the queue with it in the same step. */
  openLink(
    queue: QueueRecord,
    senderKey?: AuthKey,
  ): Promise<Stale | { readonly outcome: 'done'; readonly content?: LinkContent }>

  /** Gives up all that a closed connection still holds, which is what it says. */
  release(
    connection: number,
    held: {
      readonly recipients: readonly RecipientId[]
      readonly notifiers: readonly NotifierId[]
      readonly service?: Service
    },
  ): Promise<void>
  /**
   * What keeps it from serving, in a few words each without addresses or ids; empty: nothing that
   * is known of. Asks nobody.
   */
  problems(): readonly string[]
  /** Of the whole cluster. Not for the path of a command. */
  count(): Promise<StoreCounts>
  /** Of the whole cluster, in the present periods. Not for the path of a command. */
  countActive(): Promise<ActiveQueues>
  /**
   * Tells the other relays of the cluster how many connections this one has, undefined: that it is
   * not one to be counted. Returns what the living ones told, itself included. Absent where there
   * are no others. Every ten seconds.
   */
  shareLoad?(connections: number | undefined): Promise<readonly number[]>
  close(): Promise<void>
}

/** What every store is told. */
export interface StoreOptions {
  readonly deliver: Deliver
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: StoreLimits
  /** Absent: nothing is counted, and no queue counts as active. */
  readonly measures?: StoreMeasures | undefined
  readonly tracing?: Tracing | undefined
}

export interface StoreLimits {
  readonly queueQuota: number
  readonly messageTtlSeconds: number
  readonly expiryIntervalSeconds: number
  readonly expireOnSend: boolean
  readonly notificationTtlSeconds: number
}

/**
 * Messages accepted before this second are expired: those that a check at the last multiple of
 * the interval would have removed, so that no store has to visit every queue.
 */
export const expiryHorizon = (limits: StoreLimits, nowSeconds: number): number => {
  const interval = limits.expiryIntervalSeconds
  return Math.floor(nowSeconds / interval) * interval - limits.messageTtlSeconds
}
