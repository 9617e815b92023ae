/** What one check has: connections, queues, and the facts about the server. */
import { ConnectionClosed } from '../client/errors.ts'
import type { Session } from '../client/handshake.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { KeyPair } from '../crypto/provider.ts'
import { senderIdOfCorrelation } from '../crypto/short-link.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import {
  asRecipientId,
  type EntityId,
  noEntity,
  type SenderId,
  senderIdOf,
} from '../protocol/ids.ts'
import type { DhKey } from '../protocol/keys.ts'
import type { Reply } from '../protocol/reply.ts'
import { Mismatch } from './check.ts'
import { type CommandOrText, dhKey, signingKey } from './commands.ts'
import { type DialOptions, dial } from './dial.ts'
import type { Facts } from './facts.ts'
import type { MadeQueues } from './made.ts'
import { Peer } from './peer.ts'
import { type CheckedNotifier, CheckedQueue } from './queue.ts'
import type { SharedScene } from './shared-scene.ts'
import type { Signer } from './signer.ts'
import type { Timing } from './timing.ts'
import { Transcript } from './transcript.ts'
import { Names, replyText } from './words.ts'

/** Sees every session; what it returns is used in its place. */
export type SessionHook = (session: Session) => Session

export interface SceneOptions {
  /** Pods of one server; connections go to them in turn. */
  readonly servers: readonly ServerAddress[]
  readonly facts: Facts
  readonly timing: Timing
  readonly made: MadeQueues
  readonly signal: AbortSignal
  readonly onSession?: SessionHook | undefined
}

export type NewOptions = Partial<Omit<Command<'NEW'>, 'tag' | 'authKey' | 'dhKey' | 'notifier'>> & {
  readonly key?: KeyPair
  readonly notifierKey?: KeyPair
  readonly correlationId?: Bytes
}

/** For the answer to NEW when the check is over. */
const SETTLE_MS = 2000

export class Scene implements SharedScene {
  readonly facts: Facts
  readonly timing: Timing
  readonly signal: AbortSignal
  readonly names = new Names()
  readonly transcript = new Transcript()
  readonly notes: string[] = []
  readonly #options: SceneOptions
  readonly #peers: Peer[] = []
  readonly #closers: (() => void)[] = []
  readonly #over = new AbortController()
  readonly #queues = new Map<EntityId, CheckedQueue>()

  constructor(options: SceneOptions) {
    this.#options = options
    this.facts = options.facts
    this.timing = options.timing
    this.signal = AbortSignal.any([options.signal, this.#over.signal])
  }

  /** Where the next connection goes to. */
  get server(): ServerAddress {
    const { servers } = this.#options
    const server = servers[this.#peers.length % servers.length]
    if (server === undefined) throw new TypeError('no server')
    return server
  }

  get limits() {
    return { ms: this.timing.answerMs, signal: this.signal }
  }

  /**
   * A connection under this name, in the highest version unless told.
   * @throws HandshakeError
   */
  async connect(name: string, options: DialOptions = {}): Promise<Peer> {
    const version = options.version ?? this.facts.versions.max
    const given = options.alpn === false ? options : { ...options, version }
    const { transport, session: agreed } = await dial(this.server, given, this.limits)
    const session = this.#options.onSession?.(agreed) ?? agreed
    this.transcript.said(name, `(connected, version ${session.version})`)
    const peer = new Peer(name, { transport, session }, this)
    this.#peers.push(peer)
    return peer
  }

  /** Two connections, on different pods where there are several. */
  async pair(options: DialOptions = {}): Promise<readonly [recipient: Peer, sender: Peer]> {
    return [await this.connect('recipient', options), await this.connect('sender', options)]
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text)
  }

  /** NEW, and the queue of its IDS; nobody subscribes unless told. */
  async create(peer: Peer, options: NewOptions = {}): Promise<CheckedQueue> {
    const { key = signingKey(), notifierKey, correlationId, ...fields } = options
    const [dh, notifierDh] = [dhKey(), dhKey()]
    const { password } = this.facts.told
    const command: Command<'NEW'> = {
      tag: 'NEW',
      subscribe: false,
      ...(password !== undefined && { password }),
      ...fields,
      authKey: key.publicKey,
      dhKey: dh.publicKey,
      ...(notifierKey && {
        notifier: { authKey: notifierKey.publicKey, dhKey: notifierDh.publicKey },
      }),
    }
    const ids = await peer.request([key, noEntity, command], 'IDS', correlationId)
    const queue = new CheckedQueue({
      rid: ids.recipientId,
      sid: ids.senderId,
      linkId: ids.linkId,
      mode: ids.mode,
      key,
      secret: secretOf(dh, ids.serverDhKey),
    })
    if (ids.notifier !== undefined)
      queue.notifier = {
        id: ids.notifier.notifierId,
        secret: secretOf(notifierDh, ids.notifier.serverDhKey),
      }
    this.#adopt(queue)
    return queue
  }

  /** NKEY, and the notifier of its NID. */
  async addNotifier(peer: Peer, queue: CheckedQueue, key: KeyPair): Promise<CheckedNotifier> {
    const dh = dhKey()
    const command = { tag: 'NKEY', authKey: key.publicKey, dhKey: dh.publicKey } as const
    const { notifierId: id, serverDhKey } = await peer.request(
      [queue.key, queue.rid, command],
      'NID',
    )
    this.names.set(id, 'the notifier id')
    return { id, secret: secretOf(dh, serverDhKey) }
  }

  /** The queue may have this key by now: it is tried when the queue is deleted. */
  alsoKey({ rid }: CheckedQueue, key: KeyPair): void {
    this.#options.made.addKey(rid, key)
  }

  textOf(entityId: EntityId, reply: Reply): string {
    const queue = reply.tag === 'MSG' ? this.#queues.get(entityId) : undefined
    if (reply.tag !== 'MSG' || queue === undefined) return replyText(reply, this.names)
    try {
      const text = queue.read(reply)
      this.names.set(reply.messageId, `the message ${text}`)
      return `MSG ${text}`
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return `MSG, which ${error.message}`
    }
  }

  onAsk(command: CommandOrText, to: EntityId): void {
    if (typeof command === 'string') return
    if (command.tag === 'NEW') this.#options.made.checkRoom()
    if (command.tag === 'DEL') this.#options.made.deleting(asRecipientId(to))
  }

  onAnswer(
    { by, command }: { readonly by: Signer; readonly command: CommandOrText },
    reply: Reply,
    entityId: EntityId,
  ): void {
    if (reply.tag === 'IDS' && by !== undefined && 'privateKey' in by)
      this.#options.made.add(reply.recipientId, by)
    const tag = typeof command === 'string' ? undefined : command.tag
    if (tag === 'DEL' && reply.tag === 'OK') this.#options.made.remove(asRecipientId(entityId))
  }

  /** Closes what a check opened by itself, when it is over. */
  defer(close: () => void): void {
    this.#closers.push(close)
  }

  /** Soon, but not before it is known which queues were made. */
  async close(): Promise<void> {
    // what a check that failed left running says nothing more
    this.#over.abort(new ConnectionClosed('local', 'the check is over'))
    for (const close of this.#closers) close()
    const ms = Math.min(this.timing.answerMs, SETTLE_MS)
    await Promise.all(this.#peers.map((peer) => peer.closeSettled(ms)))
  }

  #adopt(queue: CheckedQueue): void {
    const number = this.#queues.size === 0 ? '' : ` ${this.#queues.size + 1}`
    this.#queues.set(queue.rid, queue)
    this.names.set(queue.rid, `recipient id${number}`)
    this.names.set(queue.sid, `sender id${number}`)
    if (queue.linkId !== undefined) this.names.set(queue.linkId, `link id${number}`)
    if (queue.notifier !== undefined) this.names.set(queue.notifier.id, `notifier id${number}`)
  }
}

const secretOf = (pair: KeyPair<'X25519'>, serverKey: DhKey): Bytes => {
  const secret = crypto.x25519(pair.privateKey, serverKey.raw)
  if (secret === undefined) throw new Mismatch('a key of the server', 'one of low order')
  return secret
}

/** The sender id that a queue with link data has to have (SMP, "Create queue command"). */
export const senderIdFor = (correlationId: Bytes): SenderId =>
  senderIdOf(senderIdOfCorrelation(crypto, correlationId))
