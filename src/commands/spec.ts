/** The shape of a command's entry, and what a command sees of the relay. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Subscriptions } from '../delivery/subscriptions.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { Reply } from '../protocol/reply.ts'
import type { Version } from '../protocol/version.ts'
import type { Failed, QueueParty, QueueRecord, QueueStore } from '../store/store.ts'

/** The parts of the relay's settings that commands decide by. */
export interface Policy {
  readonly newQueues: boolean
  readonly createPassword?: string
}

/** One connection as commands see it. */
export interface Connection {
  readonly id: number
  readonly version: Version
  readonly subscriptions: Subscriptions
  nextClaim(): number
}

export interface Context {
  readonly store: QueueStore
  readonly crypto: CryptoProvider
  readonly policy: Policy
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly connection: Connection
}

/** A command whose form and authorization are in order. */
export interface Request<C extends Command = Command> {
  readonly command: C
  readonly correlationId: Bytes
  readonly entityId: EntityId
}

export interface QueueRequest<C extends Command = Command> extends Request<C> {
  readonly queue: QueueRecord
}

export interface Answer {
  readonly reply: Reply
  /** Sent after the replies of the block, with an empty correlation id: SUB's first message. */
  readonly event?: Reply<'MSG'>
  /** Called when the answer is on its way: what must not come before it may follow. */
  readonly sent?: () => void
}

/** The queue changed under the command: load, authorise and run it again. */
export const STALE = 'stale'
export type Outcome = Answer | typeof STALE | Failed

/** Which of authorization and entity id a command must have (SMP, credentials of commands). */
export type Credentials = 'both' | 'only-authorization' | 'only-entity' | 'entity' | 'none'

interface Entry {
  readonly credentials: Credentials
}

/** A command that addresses no queue. */
export interface ServerCommand<C extends Command> extends Entry {
  readonly party?: undefined
  /** The key that must verify, where the command brings one. */
  readonly ownKey?: (command: C) => AuthKey
  run(context: Context, request: Request<C>): Promise<Outcome>
}

/** A command on a queue. */
export interface QueueCommand<C extends Command> extends Entry {
  readonly party: QueueParty
  /** Any of these must verify; `unsigned`: only without authorization. */
  keys(queue: QueueRecord, command: C): readonly AuthKey[] | 'unsigned'
  readonly whenBlocked: 'refused' | 'runs'
  run(context: Context, request: QueueRequest<C>): Promise<Outcome>
  /** As `run`, for all requests with this command in one block. */
  runBatch?(context: Context, requests: readonly QueueRequest<C>[]): Promise<readonly Outcome[]>
}

export const answer = (reply: Reply): Answer => ({ reply })
