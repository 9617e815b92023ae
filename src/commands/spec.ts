/** The shape of a command's entry, and what a command sees of the relay. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Subscriptions } from '../delivery/subscriptions.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { Command, RelayServer } from '../protocol/command.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { Reply } from '../protocol/reply.ts'
import type { Version } from '../protocol/version.ts'
import type { Failed, QueueParty, QueueRecord, QueueStore, Service } from '../store/store.ts'

/** The parts of the relay's settings that commands decide by. */
export interface Policy {
  readonly newQueues: boolean
  readonly createPassword?: string
  /** Commands of one client that other relays work on at a time; more are not read. */
  readonly proxyClientConcurrency?: number
}

/** Relays that commands are forwarded to; each answer is PKEY or PRES, or says what failed. */
export interface Forwarder {
  open(server: RelayServer): Promise<Reply<'PKEY' | 'ERR'>>
  forward(sessionId: EntityId, command: ForwardedCommand): Promise<Reply<'PRES' | 'ERR'>>
}

/** A command of a client as it leaves for another relay, which alone can read it. */
export interface ForwardedCommand extends Omit<Command<'PFWD'>, 'tag'> {
  readonly correlationId: Bytes
}

/** One connection as commands see it. */
export interface Connection {
  readonly id: number
  readonly subscriptions: Subscriptions
  nextClaim(): number
}

/** What a connection may do, so that one does not hurt the others. */
export interface ConnectionLimits {
  /** Whether it may create one more queue, which then counts. */
  mayCreate(): boolean
  /** Whether it may read one more queue than these. */
  maySubscribe(present: number): boolean
  /** Whether the cluster takes one more message. */
  mayStore(): boolean
  stored(): void
}

export interface Context {
  readonly store: QueueStore
  readonly crypto: CryptoProvider
  readonly policy: Policy
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly connection: Connection
  /** Absent: none. */
  readonly limits?: ConnectionLimits
  /** Undefined where nothing is forwarded for clients. */
  readonly proxy?: Forwarder
  /** Runs what another relay forwards. */
  readonly runForwarded: (request: Request<Command<'RFWD'>>) => Promise<Outcome>
}

/** The service that a session is of. */
export interface ServiceBinding {
  readonly service: Service
  readonly role: ServiceRole
}

/** A command whose form and authorization are in order. */
export interface Request<C extends Command = Command> {
  readonly command: C
  readonly correlationId: Bytes
  readonly entityId: EntityId
  /** The session that it is from: a forwarded command has a version of its own. */
  readonly binding: { readonly version: Version; readonly service?: ServiceBinding }
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
  /**
   * What a service signs with the key of its session: the command `alone`, with its own id, or the
   * command of a queue's key, `too`; absent: nothing.
   */
  readonly byService?: 'alone' | 'too'
}

/** A command that addresses no queue. */
export interface ServerCommand<C extends Command> extends Entry {
  readonly party?: undefined
  /** The role of services that may send it; absent: any. */
  readonly role?: ServiceRole
  /**
   * Answered apart from the other commands of its block: `own` work, or work of a `remote` relay,
   * which may take long.
   */
  readonly apart?: 'own' | 'remote'
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
  /**
   * Sent over and over by one connection, and never answered ERR AUTH by an active queue whose key
   * made the credential: what an authenticator is opened with may be remembered.
   */
  readonly isFrequent?: boolean
  run(context: Context, request: QueueRequest<C>): Promise<Outcome>
  /** As `run`, for all requests with this command in one block. */
  runBatch?(context: Context, requests: readonly QueueRequest<C>[]): Promise<readonly Outcome[]>
}

export const answer = (reply: Reply): Answer => ({ reply })
