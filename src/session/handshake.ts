/** The server's side of the SMP handshake (SMP, "Transport handshake"). */
import { createBlockCipher } from '../crypto/block-cipher.ts'
import type { CryptoProvider, KeyPair, PrivateKey, SignAlgorithm } from '../crypto/provider.ts'
import { RememberedSecrets } from '../crypto/remembered-secrets.ts'
import { BLOCK_BYTES } from '../protocol/block.ts'
import { type Bytes, equalBytes, ProtocolError } from '../protocol/bytes.ts'
import {
  type ClientHello,
  decodeClientHello,
  encodeServerHello,
  encodeSignedKey,
  type ServerHello,
  signedKeyContent,
} from '../protocol/handshake.ts'
import type { DhKey } from '../protocol/keys.ts'
import { pad, unpad } from '../protocol/padding.ts'
import { authorizedPrefix } from '../protocol/transmission.ts'
import { hasBlockEncryption, hasServerKey, type VersionRange } from '../protocol/version.ts'
import type { Transport } from '../transport/transport.ts'
import type { SessionBinding } from './authorize.ts'
import { type BlockLayer, plainBlocks, sealedBlocks } from './block-layer.ts'
import { type ServiceHelloOptions, type SessionService, welcomeService } from './service-hello.ts'

/** What the handshake needs of the relay's identity. */
export interface SessionIdentity {
  /** SHA-256 of the identity certificate: what clients know the relay by. */
  readonly fingerprint: Bytes
  /** Leaf first, DER. */
  readonly chainDer: readonly [Bytes, ...Bytes[]]
  readonly leafKey: PrivateKey<SignAlgorithm>
}

export interface HandshakeOptions {
  readonly crypto: CryptoProvider
  readonly identity: SessionIdentity
  readonly versions: VersionRange
  readonly registerService: ServiceHelloOptions['registerService']
  readonly measures?: ServiceHelloOptions['measures']
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface AgreedSession {
  readonly version: number
  readonly sessionId: Bytes
  /** The server's key of this session, which authenticators are made with; none in v6. */
  readonly sessionKey: PrivateKey<'X25519'> | undefined
  /** The client's key of this session, where its hello carried one. */
  readonly clientKey: DhKey | undefined
  readonly blocks: BlockLayer
  /** Of a service's session; its role restricts the whole of it. */
  readonly service?: SessionService
}

export const bindingOf = ({
  version,
  sessionId,
  sessionKey,
  service,
}: AgreedSession): SessionBinding => ({
  version,
  sessionId,
  sessionKey,
  secrets: new RememberedSecrets(),
  authorizedPrefix: authorizedPrefix(sessionId),
  ...(service && { service }),
})

/** Clients without ALPN speak v6 and expect no key. */
const offeredVersions = (transport: Transport, { min, max }: VersionRange): VersionRange => {
  if (transport.alpn !== undefined) return { min, max }
  if (min > 6) throw new ProtocolError('a client without ALPN, which v6 clients are')
  return { min: 6, max: 6 }
}

const serverHello = (
  { crypto, identity }: HandshakeOptions,
  versions: VersionRange,
  sessionId: Bytes,
  key: KeyPair<'X25519'>,
): ServerHello => {
  if (!hasServerKey(versions.max)) return { versions, sessionId }
  const signature = crypto.sign(identity.leafKey, signedKeyContent(key.publicKey))
  const signedKey = encodeSignedKey(key.publicKey, signature)
  return { versions, sessionId, authentication: { chain: identity.chainDer, signedKey } }
}

const checkHello = (hello: ClientHello, identity: SessionIdentity, offered: VersionRange): void => {
  if (!equalBytes(hello.keyHash, identity.fingerprint))
    throw new ProtocolError('a client of another identity')
  if (hello.version < offered.min || hello.version > offered.max)
    throw new ProtocolError('a version that was not offered')
}

/** Proxies encrypt what they forward themselves, so their blocks are plain. */
const blockLayer = (
  crypto: CryptoProvider,
  { version, proxyServer, sessionKey }: ClientHello,
  sessionId: Bytes,
  key: PrivateKey<'X25519'>,
): BlockLayer => {
  if (!hasBlockEncryption(version) || proxyServer || sessionKey === undefined) return plainBlocks
  const secret = crypto.x25519(key, sessionKey.raw)
  if (secret === undefined) throw new ProtocolError('a session key of low order')
  return sealedBlocks(createBlockCipher(crypto, { sessionId, secret, side: 'server' }))
}

const firstBlock = async (transport: Transport): Promise<Bytes> => {
  const { value, done } = await transport.blocks[Symbol.asyncIterator]().next()
  if (done) throw new ProtocolError('closed before the client hello')
  return value
}

/**
 * Hellos both ways.
 * @throws ProtocolError when the connection is to be closed: the peer is told nothing, except a
 * service; or what the store throws of a service
 */
export const shakeHands = async (
  transport: Transport,
  options: HandshakeOptions,
): Promise<AgreedSession> => {
  const { crypto, identity } = options
  const { sessionId } = transport
  const offered = offeredVersions(transport, options.versions)
  const key = crypto.generateKeyPair('X25519')
  const hello = serverHello(options, offered, sessionId, key)
  transport.send(pad(encodeServerHello(hello), BLOCK_BYTES))
  const clientHello = decodeClientHello(unpad(await firstBlock(transport)))
  checkHello(clientHello, identity, offered)
  const blocks = blockLayer(crypto, clientHello, sessionId, key.privateKey)
  const service =
    clientHello.service && (await welcomeService(clientHello.service, transport, options))
  return {
    version: clientHello.version,
    sessionId,
    sessionKey: hasServerKey(offered.max) ? key.privateKey : undefined,
    clientKey: clientHello.sessionKey,
    blocks,
    ...(service && { service }),
  }
}
