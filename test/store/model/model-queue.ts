/** A queue as the model has it. */
import type { LinkContent } from '../../../src/protocol/command.ts'
import type {
  QueueRecord,
  StoredMessage,
  StoredNotification,
  StoreEvent,
  Subscriber,
} from '../../../src/store/store.ts'

export type Fields = Omit<QueueRecord, 'revision'>

export interface ModelQueue {
  fields: Fields
  /** Counts the revisions that the record had. */
  version: number
  /** The last call left the record as it was: whether that made a revision is the store's choice. */
  isRevisionOpen: boolean
  isDeleted: boolean
  content: LinkContent | undefined
  items: StoredMessage[]
  isFull: boolean
  owner: Subscriber | undefined
  listener: Subscriber | undefined
  pending: StoredNotification[]
}

/** A record as somebody loaded it. */
export interface Seen {
  readonly queue: ModelQueue
  readonly version: number
}

export interface ExpectedEvent {
  readonly connection: number
  readonly event: StoreEvent
  /** A store may leave out what tells no more than it told already, or of what is gone since. */
  isOptional: boolean
}
