/** Queues of one relay over a connection that heals itself. */
import type { CryptoProvider, KeyAlgorithm, KeyPair } from '../crypto/provider.ts'
import type { ServerAddress } from '../protocol/address.ts'
import type { LinkContent } from '../protocol/command.ts'
import type { LinkId, SenderId } from '../protocol/ids.ts'
import { hasServerKey } from '../protocol/version.ts'
import { ClientCore, type CoreOptions } from './client-core.ts'
import type { ClientEvent } from './client-events.ts'
import type { SmpConnection } from './connection.ts'
import type { SubscribableQueue, SubscriptionFailure } from './context.ts'
import type { NotifierCredentials, RecipientCredentials, SenderCredentials } from './credentials.ts'
import { UnsupportedOperation } from './errors.ts'
import type { QueueMessage } from './message.ts'
import { type NewQueueOptions, prepareNewQueue, queueCredentials } from './new-queue.ts'
import { NotifierQueue } from './notifier-queue.ts'
import { RecipientQueue } from './recipient-queue.ts'
import { SenderQueue } from './sender-queue.ts'

export interface ClientOptions extends CoreOptions {
  /** The relay; its password, if any, is used to create queues. */
  readonly server: ServerAddress
}

/** What a short link leads to; both parts are opaque to the server. */
export interface LinkData extends LinkContent {
  readonly senderId: SenderId
}

/**
 * A client of one relay. When the connection is lost it connects again, with growing delays, and
 * renews all subscriptions; commands wait for that, commands in flight fail with ConnectionClosed.
 */
export class SmpClient implements AsyncDisposable {
  readonly server: ServerAddress
  readonly crypto: CryptoProvider
  readonly #core: ClientCore

  private constructor(options: ClientOptions) {
    this.server = options.server
    this.crypto = options.crypto
    this.#core = new ClientCore(options)
  }

  /**
   * Connects for the first time, which is not tried again.
   * @throws what `open` throws
   */
  static async open(options: ClientOptions): Promise<SmpClient> {
    const client = new SmpClient(options)
    await client.#core.start()
    return client
  }

  /** Messages of all queues whose own `messages` the program does not read. Ends with the client. */
  get messages(): AsyncIterable<QueueMessage> {
    return this.#core.inbox
  }

  /** What happens from now on; the latest 4096 are kept for a slow reader. Ends with the client. */
  events(): AsyncIterable<ClientEvent> {
    return this.#core.events()
  }

  /** For commands of any kind: the present connection, which a reconnection replaces. */
  connection(): Promise<SmpConnection> {
    return this.#core.connection()
  }

  /** NEW. After RequestTimeout or ConnectionClosed a queue that nobody knows may have been made. */
  async createQueue(options: NewQueueOptions = {}): Promise<RecipientQueue> {
    const { password } = this.server
    const connection = await this.#core.connection()
    const prepared = prepareNewQueue(this.crypto, connection.version, {
      ...(password !== undefined && { password }),
      ...options,
    })
    const { command, correlationId, key } = prepared
    const reply = await connection.request(command, { key: key.privateKey, correlationId })
    const queue = this.openQueue(queueCredentials(this.crypto, prepared, reply))
    if (command.subscribe) this.#core.adopt(queue)
    return queue
  }

  /** A queue made earlier; `subscribe` it, or `get` from it. */
  openQueue(credentials: RecipientCredentials): RecipientQueue {
    return new RecipientQueue(this.#core, credentials)
  }

  /** The sender's side of a queue. */
  openSender(credentials: SenderCredentials): SenderQueue {
    return new SenderQueue(this.#core, credentials)
  }

  openNotifier(credentials: NotifierCredentials): NotifierQueue {
    return new NotifierQueue(this.#core, credentials)
  }

  /** SUB and NSUB of many at once, 135 to a block; gives those that failed. */
  subscribe(queues: readonly SubscribableQueue[]): Promise<readonly SubscriptionFailure[]> {
    return this.#core.subscribe(queues)
  }

  /**
   * NSUBS, in a service's session: takes over the notifications of all notifiers that are the
   * service's, and gives their number; those of `queues` arrive here. After a reconnection each of
   * these is subscribed again.
   */
  async subscribeService(queues: readonly NotifierQueue[] = []): Promise<bigint> {
    const connection = await this.#core.connection()
    const { serviceId } = connection
    if (serviceId === undefined) throw new UnsupportedOperation('not a session of a service')
    for (const queue of queues) this.#core.adopt(queue)
    const { count } = await connection.request({ tag: 'NSUBS' }, { entityId: serviceId })
    return count
  }

  /** A key to send with: X25519, which can be denied, or Ed25519 at v6, which has nothing else. */
  async makeSenderKey(algorithm?: KeyAlgorithm): Promise<KeyPair> {
    const { version } = await this.#core.connection()
    return this.crypto.generateKeyPair(algorithm ?? (hasServerKey(version) ? 'X25519' : 'Ed25519'))
  }

  /** LGET: the link data of a contact queue; from v15. */
  async readContactLink(linkId: LinkId): Promise<LinkData> {
    const { senderId, fixed, user } = await this.#core.request(
      { tag: 'LGET' },
      { entityId: linkId },
    )
    return { senderId, fixed, user }
  }

  /** LKEY: the link data of a messaging queue, which `key` secures by it; from v15. */
  async readInvitationLink(linkId: LinkId, key: KeyPair): Promise<LinkData> {
    const { senderId, fixed, user } = await this.#core.request(
      { tag: 'LKEY', senderKey: key.publicKey },
      { entityId: linkId, key: key.privateKey },
    )
    return { senderId, fixed, user }
  }

  async ping(): Promise<void> {
    await this.#core.request({ tag: 'PING' })
  }

  /** Ends the connection; `messages` of all queues end, commands fail with ConnectionClosed. */
  close(): void {
    this.#core.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
