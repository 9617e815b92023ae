/**
 * Private message routing (SMP, "Proxying sender commands"): commands for a queue on one relay, sent through
 * another, so that the queue's relay does not learn who sends and the other not what.
 */
import { FORWARDED_BYTES } from '../crypto/forwarding.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { BlockPacker, decodeBlock } from '../protocol/block.ts'
import { type Bytes, equalBytes, ProtocolError } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { entityIdOf, noEntity } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { decodeReply } from '../protocol/reply-decoder.ts'
import { decodeTransmission } from '../protocol/transmission.ts'
import { agreeVersion, type Version, type VersionRange } from '../protocol/version.ts'
import {
  createRequestEncoder,
  newCorrelationId,
  type Request,
  type RequestEncoder,
} from './authorization.ts'
import type { SmpConnection } from './connection.ts'
import { HandshakeError, UnexpectedReply } from './errors.ts'
import { relayKeyOf } from './handshake.ts'
import { acceptReply, hasRightEntity, type ReplyTo } from './replies.ts'
import { sharedSecret } from './shared-secret.ts'

/** What a relay accepts through another. */
export type ForwardedCommand = Command<'SEND' | 'SKEY' | 'LKEY' | 'LGET'>

export interface ProxyOptions {
  /** Default: 8 to 17, those that can be forwarded. */
  readonly versions?: VersionRange
  /** Where the forwarding relay asks for one. */
  readonly password?: string
}

export type ForwardOptions = Omit<Request, 'command' | 'correlationId'>

const forwardedVersions: VersionRange = { min: 8, max: 17 }
// Client.hs: the forwarding relay may have to connect first, and both relays have to answer
const CONNECT_MS = 75_000
const FORWARD_MS = 60_000

interface RelaySession {
  readonly version: Version
  readonly sessionId: Bytes
  readonly serverKey: Bytes
}

/** A session with a distant relay, through the relay that `connection` leads to. */
export class ProxySession {
  readonly version: Version
  readonly #connection: SmpConnection
  readonly #crypto: CryptoProvider
  readonly #relay: RelaySession
  readonly #encode: RequestEncoder

  constructor(connection: SmpConnection, crypto: CryptoProvider, relay: RelaySession) {
    this.version = relay.version
    this.#connection = connection
    this.#crypto = crypto
    this.#relay = relay
    this.#encode = createRequestEncoder(crypto, relay)
  }

  /**
   * The distant relay's answer.
   * @throws as `request` of a connection; SmpRefusal PROXY where the way there failed:
   * NO_SESSION asks for a new session, BROKER says what went wrong with the distant relay
   */
  async request<C extends ForwardedCommand>(
    command: C,
    options: ForwardOptions = {},
  ): Promise<ReplyTo<C['tag']>> {
    return acceptReply<C['tag']>(command.tag, await this.exchange(command, options))
  }

  /** As `request`, but ERR of the distant relay is a result too. */
  async exchange(command: ForwardedCommand, options: ForwardOptions = {}): Promise<Reply> {
    const correlationId = newCorrelationId(this.#crypto)
    const { publicKey, privateKey } = this.#crypto.generateKeyPair('X25519')
    const raw = this.#relay.serverKey
    const secret = sharedSecret(this.#crypto, privateKey, { algorithm: 'X25519', raw })
    const { version } = this
    const transmission = this.#seal({ ...options, command }, correlationId, secret)
    const { response } = await this.#connection.request(
      { tag: 'PFWD', version, key: publicKey, transmission },
      { entityId: entityIdOf(this.#relay.sessionId), correlationId, timeoutMs: FORWARD_MS },
    )
    try {
      return this.#open(response, { correlationId, secret, entityId: options.entityId ?? noEntity })
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause
      throw new UnexpectedReply('the forwarded answer does not parse', { cause })
    }
  }

  #seal(request: Request, correlationId: Bytes, secret: Bytes): Bytes {
    const packer = new BlockPacker(FORWARDED_BYTES)
    packer.add((writer) => writer.raw(this.#encode(request, correlationId)))
    const [padded] = packer.blocks(FORWARDED_BYTES)
    if (padded === undefined) throw new TypeError('nothing to forward')
    return this.#crypto.box(secret, correlationId, padded)
  }

  #open(
    response: Bytes,
    sent: { readonly correlationId: Bytes; readonly secret: Bytes; readonly entityId: string },
  ): Reply {
    const padded = this.#crypto.openBox(sent.secret, sent.correlationId.toReversed(), response)
    if (padded === undefined) throw new ProtocolError('it does not open')
    const [bytes, ...others] = decodeBlock(padded)
    if (bytes === undefined || others.length > 0) throw new ProtocolError('not one transmission')
    const { correlationId, entityId, command } = decodeTransmission(bytes, this.version)
    const reply = decodeReply(command, this.version)
    if (reply.tag === 'ERR') return reply // BLOCK names no request
    if (!equalBytes(correlationId, sent.correlationId))
      throw new ProtocolError('an answer to another request')
    if (!hasRightEntity(reply, entityId, sent.entityId))
      throw new UnexpectedReply('the forwarded answer names another entity', { reply })
    return reply
  }
}

/**
 * Asks the relay of `connection` (v8 or later) for a session with another one.
 * @throws HandshakeError: identity, session-key, version; SmpRefusal PROXY: BASIC_AUTH, BROKER
 */
export const openProxySession = async (
  connection: SmpConnection,
  server: ServerAddress,
  { password, versions = forwardedVersions }: ProxyOptions = {},
): Promise<ProxySession> => {
  const { crypto } = connection.options
  const { hosts, port, keyHash } = server
  const relay = { hosts, keyHash, port: port === undefined ? '' : String(port) }
  const reply = await connection.request(
    { tag: 'PRXY', server: relay, ...(password !== undefined && { password }) },
    { timeoutMs: CONNECT_MS },
  )
  const version = agreeVersion(versions, reply.versions)
  if (version === undefined)
    throw new HandshakeError('version', 'the distant relay has no version in common')
  const serverKey = relayKeyOf(reply, keyHash, connection.options)
  return new ProxySession(connection, crypto, {
    version,
    sessionId: reply.sessionId.slice(),
    serverKey,
  })
}
