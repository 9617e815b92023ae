/** One connection to a relay: requests with their answers, and events (SMP, "Transmissions"). */
import { BlockPacker, decodeBlock } from '../protocol/block.ts'
import { type Bytes, latin1Text, ProtocolError } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { noEntity, type ServiceId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { decodeReply } from '../protocol/reply-decoder.ts'
import { decodeTransmission, hasSessionId, type Transmission } from '../protocol/transmission.ts'
import type { Version } from '../protocol/version.ts'
import {
  createRequestEncoder,
  newCorrelationId,
  type Request,
  type RequestEncoder,
} from './authorization.ts'
import { ConnectionClosed } from './errors.ts'
import { EventBuffer, type EventOptions, type SmpEvent } from './event-buffer.ts'
import { type HandshakeOptions, type Session, shakeHands } from './handshake.ts'
import { PendingRequests } from './pending.ts'
import { acceptReply, type ReplyTo } from './replies.ts'
import { systemTimers, type Timers } from './timers.ts'
import type { ClientTransport } from './transport.ts'

export interface SessionOptions extends EventOptions {
  /** How long a request waits for its answer, in milliseconds. Default: 30,000. */
  readonly responseMs?: number
  readonly timers?: Timers
}

export interface ConnectionOptions extends HandshakeOptions, SessionOptions {}

export interface RequestOptions extends Omit<Request, 'command'> {
  /** In milliseconds; default: `responseMs` of the connection. */
  readonly timeoutMs?: number
}

/** `error` is what `request` would have thrown. */
export type BatchResult<R extends Reply = Reply> = { readonly reply: R } | { readonly error: Error }

const RESPONSE_MS = 30_000
const LENGTH_BYTES = 2

const closedBy = (cause: unknown): ConnectionClosed => {
  if (cause instanceof ConnectionClosed) return cause
  return cause instanceof ProtocolError
    ? new ConnectionClosed('protocol', 'the server broke the protocol', { cause })
    : new ConnectionClosed('network', 'the connection failed', { cause })
}

const settled = async <R extends Reply>(answer: Promise<R>): Promise<BatchResult<R>> => {
  try {
    return { reply: await answer }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error('not an error', { cause: error }) }
  }
}

/**
 * A connection after its handshake. Any number of requests may be in flight; answers are told apart
 * by correlation id. A command must not depend on another one in flight, least of all in the same
 * block, which the reference server executes from its end: await the answer first.
 */
export class SmpConnection implements AsyncDisposable {
  readonly session: Session
  /** What it was opened with. */
  readonly options: ConnectionOptions
  /** Resolves, never rejects, with the reason for the end. */
  readonly closed: Promise<ConnectionClosed>
  readonly #transport: ClientTransport
  readonly #encode: RequestEncoder
  readonly #newCorrelationId: () => Bytes
  readonly #pending: PendingRequests
  readonly #events: EventBuffer
  readonly #responseMs: number
  readonly #resolveClosed: (reason: ConnectionClosed) => void
  #end: ConnectionClosed | undefined
  #receivedBlocks = 0

  constructor(transport: ClientTransport, session: Session, options: ConnectionOptions) {
    const { crypto, timers = systemTimers, responseMs = RESPONSE_MS } = options
    this.#transport = transport
    this.session = session
    this.options = options
    this.#encode = createRequestEncoder(crypto, session)
    this.#newCorrelationId = () => newCorrelationId(crypto)
    this.#pending = new PendingRequests(timers)
    this.#events = new EventBuffer(options)
    this.#responseMs = responseMs
    const { promise, resolve } = Promise.withResolvers<ConnectionClosed>()
    this.closed = promise
    this.#resolveClosed = resolve
    void this.#read()
  }

  get version(): Version {
    return this.session.version
  }

  /** Where the session is a service's. */
  get serviceId(): ServiceId | undefined {
    return this.session.service?.serviceId
  }

  /** Blocks received since the handshake. */
  get receivedBlocks(): number {
    return this.#receivedBlocks
  }

  /**
   * One pass over the events. Ends after `close()`; fails with ConnectionClosed when the connection
   * ended otherwise. Events that do not parse are left out.
   */
  get events(): AsyncIterable<SmpEvent> {
    return this.#events.queue
  }

  /**
   * The answer to one command, which is sent in a block of its own.
   * @throws SmpRefusal (the server answered ERR), UnexpectedReply, RequestTimeout, ConnectionClosed,
   * UnsupportedOperation (X25519 key without a session key), RangeError (too large for a block)
   */
  async request<C extends Command>(
    command: C,
    options: RequestOptions = {},
  ): Promise<ReplyTo<C['tag']>> {
    return acceptReply<C['tag']>(command.tag, await this.exchange(command, options))
  }

  /** As `request`, but ERR and replies that the command does not have are results too. */
  async exchange(command: Command, options: RequestOptions = {}): Promise<Reply> {
    const [answer] = this.#send([{ ...options, command }], options.timeoutMs)
    if (answer === undefined) throw new TypeError('nothing was sent')
    return answer
  }

  /**
   * The answers to several commands in the order asked, packed into as few blocks as they need.
   * One that fails does not fail the others; what cannot be encoded fails the call before anything
   * is sent (UnsupportedOperation, RangeError), as does an ended connection (ConnectionClosed).
   */
  async requestBatch<C extends Command>(
    requests: readonly Request<C>[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<readonly BatchResult<ReplyTo<C['tag']>>[]> {
    const answers = this.#send(requests, options.timeoutMs)
    const accepted = requests.map(async ({ command }, i) =>
      acceptReply<C['tag']>(command.tag, await answers[i]),
    )
    return Promise.all(accepted.map(settled))
  }

  /** Ends the connection; requests in flight fail with the reason, default `local`. Repeatable. */
  close(reason = new ConnectionClosed('local', 'the connection was closed here')): void {
    this.#close(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.closed
  }

  /** Does not wait anywhere: blocks leave in the order in which they are sealed. */
  #send(requests: readonly Request[], timeoutMs = this.#responseMs): readonly Promise<Reply>[] {
    if (this.#end !== undefined) throw this.#end
    const { session } = this
    const encoded = requests.map((request) => {
      const { entityId = noEntity, correlationId = this.#newCorrelationId() } = request
      const transmission = this.#encode(request, correlationId)
      return { entityId, correlationId: latin1Text(correlationId), transmission }
    })
    this.#pending.checkFree(encoded.map(({ correlationId }) => correlationId))
    const bytes = encoded.reduce((sum, one) => sum + LENGTH_BYTES + one.transmission.length, 0)
    const packer = new BlockPacker(bytes)
    for (const { transmission } of encoded) packer.add((writer) => writer.raw(transmission))
    const answers = encoded.map(({ correlationId, entityId }) =>
      this.#pending.add(correlationId, entityId, timeoutMs),
    )
    for (const block of packer.blocks(session.paddedBytes))
      this.#transport.send(session.seal(block))
    this.#events.wake()
    return answers
  }

  async #read(): Promise<void> {
    const { blocks } = this.session
    try {
      for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
        this.#receivedBlocks += 1
        this.#receive(next.value)
        while (this.#events.isFull && this.#pending.isEmpty && this.#end === undefined)
          await this.#events.change()
      }
      this.#close(new ConnectionClosed('remote', 'the server closed the connection'))
    } catch (error) {
      this.#close(closedBy(error))
    }
  }

  #receive(block: Bytes): void {
    for (const bytes of decodeBlock(this.session.open(block))) {
      const transmission = decodeTransmission(bytes, this.version)
      if (!hasSessionId(transmission, this.session))
        throw new ProtocolError('a transmission of another session')
      this.#dispatch(transmission)
    }
  }

  #dispatch({ correlationId, entityId, command }: Transmission): void {
    const read = (): Reply => decodeReply(command, this.version)
    const id = latin1Text(correlationId)
    if (id === '') this.#emit(entityId, read)
    else if (this.#pending.settle({ correlationId: id, entityId, read }) === 'late')
      this.#emit(entityId, read, { isLate: true })
  }

  /** An event of an unknown form is of no use to anyone and must not end every later connection. */
  #emit(entityId: string, read: () => Reply, late: { readonly isLate?: true } = {}): void {
    let reply: Reply
    try {
      reply = read()
    } catch (error) {
      if (error instanceof ProtocolError) return
      throw error
    }
    this.#events.push({ entityId, reply, ...late })
  }

  #close(reason: ConnectionClosed): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#pending.failAll(reason)
    this.#events.queue.end(reason.reason === 'local' ? undefined : reason)
    this.#events.wake()
    this.#transport.close()
    this.#resolveClosed(reason)
  }
}

/**
 * Shakes hands over `transport` and opens the connection; the transport is closed on failure.
 * @throws HandshakeError
 */
export const openConnection = async (
  transport: ClientTransport,
  options: ConnectionOptions,
): Promise<SmpConnection> => {
  try {
    return new SmpConnection(transport, await shakeHands(transport, options), options)
  } catch (error) {
    transport.close()
    throw error
  }
}
