/**
 * Two programs that talk, from a link that one gives the other: two queues, one each way, with
 * messages sealed end to end. Our own small protocol on SMP's queues and envelopes; it has no
 * double ratchet, so a stolen queue secret opens all messages of that queue, past ones included.
 *
 * The inviter prints the URI of its queue. The guest secures that queue with SKEY and sends a
 * confirmation: its half of the secret and the URI of its own queue. The inviter secures that one
 * and confirms in turn. From then on each body is one text.
 */
import type { ServerAddress } from '../protocol/address.ts'
import { type Bytes, equalBytes, utf8Bytes, utf8Text } from '../protocol/bytes.ts'
import type { SmpClient } from './client.ts'
import { ConnectionClosed, SmpRefusal, UnsupportedOperation } from './errors.ts'
import { IncomingQueue, ifValid, OutgoingQueue } from './peer-queues.ts'
import { parseQueueUri, printQueueUri, type QueueUri } from './queue-uri.ts'

export interface ConversationOptions {
  /** Opens a client for the peer's queue where it is on another relay; closed with the conversation. */
  readonly openClient: (server: ServerAddress) => Promise<SmpClient>
}

/** What a body is, in its first byte. */
type Kind = 'confirm' | 'accept' | 'text' | 'leave'

interface Content {
  readonly kind: Kind
  readonly text: string
}

const kindLetters: readonly (readonly [Kind, string])[] = [
  ['confirm', 'C'],
  ['accept', 'A'],
  ['text', 'T'],
  ['leave', 'L'],
]

const encodeContent = (kind: Kind, text = ''): Bytes => {
  const letter = kindLetters.find(([one]) => one === kind)?.[1] ?? ''
  return utf8Bytes(letter + text)
}

const decodeContent = (body: Bytes): Content | undefined => {
  const whole = utf8Text(body)
  const kind = kindLetters.find(([, letter]) => whole.startsWith(letter))?.[0]
  return kind && { kind, text: whole.slice(1) }
}

/** Contents from the peer, each acknowledged when the loop goes on or is left. */
async function* contentsOf(incoming: IncomingQueue): AsyncGenerator<Content, void, undefined> {
  for await (const message of incoming.queue.messages) {
    try {
      const body = incoming.open(message.body)
      const content = body && ifValid(() => decodeContent(body))
      if (content !== undefined) yield content
    } finally {
      await message.ack()
    }
  }
}

const firstOf = async (incoming: IncomingQueue, kind: Kind): Promise<string> => {
  for await (const content of contentsOf(incoming)) if (content.kind === kind) return content.text
  throw new ConnectionClosed('local', 'the client was closed before the peer answered')
}

interface Peer {
  readonly client: SmpClient
  /** Whether the client was opened for this conversation alone. */
  readonly isOwn: boolean
}

const peerOf = async (
  client: SmpClient,
  { server }: QueueUri,
  options: ConversationOptions | undefined,
): Promise<Peer> => {
  if (equalBytes(server.keyHash, client.server.keyHash)) return { client, isOwn: false }
  if (options === undefined)
    throw new UnsupportedOperation(
      "the peer's queue is on another relay, and there is no openClient",
    )
  return { client: await options.openClient(server), isOwn: true }
}

/** Commands fail as those of RecipientQueue and SenderQueue. */
export class Conversation implements AsyncDisposable {
  readonly #incoming: IncomingQueue
  readonly #outgoing: OutgoingQueue
  readonly #peer: Peer

  constructor(incoming: IncomingQueue, outgoing: OutgoingQueue, peer: Peer) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#peer = peer
  }

  /**
   * Resolves when the peer's relay has the text.
   * @throws RangeError over 15,996 bytes of UTF-8, SmpRefusal: QUOTA, or AUTH when the peer has left
   */
  send(text: string, options?: { readonly notification?: boolean }): Promise<void> {
    return this.#outgoing.send(encodeContent('text', text), options)
  }

  /**
   * The peer's texts in the order sent; each is acknowledged when the loop asks for the next or is
   * left. Ends when the peer has left or the client is closed; for one loop at a time.
   */
  get messages(): AsyncIterable<string> {
    return this.#texts()
  }

  /** Tells the peer, and deletes the own queue with what is in it. */
  async leave(): Promise<void> {
    try {
      await this.#outgoing.send(encodeContent('leave'))
    } catch (error) {
      // AUTH: the peer has left before
      if (!(error instanceof SmpRefusal && error.error.code === 'AUTH')) throw error
    }
    await this.#incoming.queue.delete()
  }

  /** Closes what the conversation opened; the queues stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#peer.isOwn) this.#peer.client.close()
  }

  async *#texts(): AsyncGenerator<string, void, undefined> {
    for await (const { kind, text } of contentsOf(this.#incoming)) {
      if (kind === 'leave') return
      if (kind === 'text') yield text
    }
  }
}

export interface Invitation {
  /** To be given to one peer over a channel that nobody else can change. */
  readonly link: string
  /** Resolves when the peer has accepted; call it once. */
  accepted(): Promise<Conversation>
  /** Deletes the queue of the link. */
  cancel(): Promise<void>
}

const introduce = async (
  incoming: IncomingQueue,
  peer: Peer,
  greeting: { readonly uri: QueueUri; readonly body: Bytes },
): Promise<Conversation> => {
  const outgoing = await OutgoingQueue.open(peer.client, greeting.uri, greeting.body)
  return new Conversation(incoming, outgoing, peer)
}

/**
 * A queue of ours as a link; needs v9.
 * @throws UnsupportedOperation where the relay is older
 */
export const createInvitation = async (
  client: SmpClient,
  options?: ConversationOptions,
): Promise<Invitation> => {
  const incoming = await IncomingQueue.create(client)
  return {
    link: printQueueUri(incoming.uri),
    async accepted() {
      const uri = parseQueueUri(await firstOf(incoming, 'confirm'))
      const peer = await peerOf(client, uri, options)
      return introduce(incoming, peer, { uri, body: encodeContent('accept') })
    },
    cancel: () => incoming.queue.delete(),
  }
}

/**
 * Takes up an invitation; resolves when its maker has confirmed. A link works once.
 * @throws ProtocolError for a link that is none, SmpRefusal AUTH for a link already used or
 * cancelled, UnsupportedOperation
 */
export const acceptInvitation = async (
  client: SmpClient,
  link: string,
  options?: ConversationOptions,
): Promise<Conversation> => {
  const uri = parseQueueUri(link)
  const peer = await peerOf(client, uri, options)
  const incoming = await IncomingQueue.create(client)
  try {
    const body = encodeContent('confirm', printQueueUri(incoming.uri))
    const conversation = await introduce(incoming, peer, { uri, body })
    await firstOf(incoming, 'accept')
    return conversation
  } catch (error) {
    await incoming.queue.delete().catch(() => undefined)
    if (peer.isOwn) peer.client.close()
    throw error
  }
}
