/** A session with another relay, shared by all clients whose commands go there. */
import type { SmpConnection } from '../client/connection.ts'
import { RequestTimeout } from '../client/errors.ts'
import type { Session } from '../client/handshake.ts'
import type { ClientTransport } from '../client/transport.ts'
import type { ForwardedCommand } from '../commands/spec.ts'
import { type ForwardingKey, openResponse, sealForwarded } from '../crypto/forwarding.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { type Bytes, equalBytes, ProtocolError } from '../protocol/bytes.ts'
import { type EntityId, entityIdOf } from '../protocol/ids.ts'
import { type Reply, refusal } from '../protocol/reply.ts'
import type { VersionRange } from '../protocol/version.ts'
import {
  crypto as cryptoFailure,
  noKey,
  noVersion,
  RelayFailure,
  response,
  timeout,
  unexpectedReply,
} from './failures.ts'

type Answer = Reply<'PRES' | 'ERR'>

/** Versions whose commands can be forwarded (Transport.hs, proxied versions). */
const forwardedVersions: VersionRange = { min: 8, max: 17 }
const CORRELATION_BYTES = 24
/** What a relay that takes nothing may hold here: commands fail at once then. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024

export interface RelaySessionOptions {
  readonly crypto: CryptoProvider
  readonly connection: SmpConnection
  readonly transport: ClientTransport
  /** Commands that may wait for this relay's answers at a time. */
  readonly concurrency: number
  /** Whether it is one of the operator's own. */
  readonly isOwn: boolean
  readonly now: () => number
}

/** @throws RelayFailure for a session in which nothing can be forwarded */
const pkeyOf = ({ version, versions, sessionId, authentication }: Session): Reply<'PKEY'> => {
  const min = Math.max(versions.min, forwardedVersions.min)
  const max = Math.min(versions.max, forwardedVersions.max)
  if (version < forwardedVersions.min || min > max) throw new RelayFailure(noVersion)
  if (authentication === undefined) throw new RelayFailure(noKey)
  return { tag: 'PKEY', sessionId, versions: { min, max }, ...authentication }
}

export class RelaySession {
  readonly id: EntityId
  readonly #options: RelaySessionOptions
  readonly #pkey: Reply<'PKEY'>
  readonly #secret: Bytes
  #inFlight = 0
  #lastUsedAt: number

  /** @throws RelayFailure */
  constructor(options: RelaySessionOptions) {
    const { session } = options.connection
    this.#options = options
    this.#pkey = pkeyOf(session)
    this.id = entityIdOf(session.sessionId)
    if (session.secret === undefined) throw new RelayFailure(noKey)
    this.#secret = session.secret
    this.#lastUsedAt = options.now()
  }

  /** Resolves when it has ended, for whatever reason. */
  get closed(): Promise<unknown> {
    return this.#options.connection.closed
  }

  /** Milliseconds since the epoch; undefined while it is in use. */
  get idleSince(): number | undefined {
    return this.#inFlight === 0 ? this.#lastUsedAt : undefined
  }

  get isOwn(): boolean {
    return this.#options.isOwn
  }

  /** What the next client is told of it. */
  use(): Reply<'PKEY'> {
    this.#lastUsedAt = this.#options.now()
    return this.#pkey
  }

  close(): void {
    this.#options.connection.close()
  }

  /** @throws what a request of a connection throws */
  async forward(command: ForwardedCommand): Promise<Answer> {
    const { concurrency, transport } = this.#options
    const isBusy = this.#inFlight >= concurrency
    // one relay that does not answer must not take the places of all others
    if (isBusy || (transport.bufferedBytes ?? 0) > MOST_BUFFERED_BYTES) return refusal(timeout)
    this.#inFlight += 1
    try {
      return await this.#exchange(command)
    } finally {
      this.#inFlight -= 1
      this.use()
    }
  }

  async #exchange(command: ForwardedCommand): Promise<Answer> {
    const { crypto, connection } = this.#options
    const key = { secret: this.#secret, correlationId: crypto.randomBytes(CORRELATION_BYTES) }
    const transmission = sealForwarded(crypto, key, command)
    const { correlationId } = key
    const receivedBefore = connection.receivedBlocks
    try {
      const reply = await connection.exchange({ tag: 'RFWD', transmission }, { correlationId })
      return this.#answerOf(reply, key, command)
    } catch (error) {
      // nothing at all was heard since: whoever comes next should try anew
      if (error instanceof RequestTimeout && connection.receivedBlocks === receivedBefore)
        this.close()
      throw error
    }
  }

  #answerOf(reply: Reply, key: ForwardingKey, command: ForwardedCommand): Answer {
    if (reply.tag === 'ERR')
      return refusal({ code: 'PROXY', proxy: { code: 'PROTOCOL', error: reply.error } })
    if (reply.tag !== 'RRES') return refusal(unexpectedReply(reply))
    try {
      const opened = openResponse(this.#options.crypto, key, reply.response)
      if (opened === undefined) return refusal(cryptoFailure)
      if (equalBytes(opened.correlationId, command.correlationId))
        return { tag: 'PRES', response: opened.response }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
    return refusal(response('BLOCK'))
  }
}
