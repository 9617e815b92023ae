/** The client's side of the SMP handshake, and the session that follows (SMP, "Transport handshake"). */
import { type BlockCipher, createBlockCipher } from '../crypto/block-cipher.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { BLOCK_BYTES, SEALED_BYTES } from '../protocol/block.ts'
import { type Bytes, copyBytes, equalBytes, ProtocolError } from '../protocol/bytes.ts'
import {
  type ChainAndKey,
  decodeServerHello,
  decodeSignedKey,
  encodeClientHello,
  equalChains,
  type ServerHello,
} from '../protocol/handshake.ts'
import { isDhKey, type PublicKey } from '../protocol/keys.ts'
import { pad, unpad } from '../protocol/padding.ts'
import {
  agreeVersion,
  hasBlockEncryption,
  hasProxyFlag,
  hasServerKey,
  supportedVersions,
  type Version,
  type VersionRange,
} from '../protocol/version.ts'
import { HandshakeError } from './errors.ts'
import { offerService, type ServiceCredentials, type ServiceSession } from './service.ts'
import type { ClientTransport } from './transport.ts'

/**
 * Checks a chain (DER, leaf first) against the SHA-256 of the identity certificate and throws
 * when it does not hold (SMP, "TLS certificate chains").
 */
export type ChainVerifier = (
  chain: readonly Bytes[],
  keyHash: Bytes,
) => { readonly leafKey: PublicKey }

export interface HandshakeOptions {
  readonly keyHash: Bytes
  readonly crypto: CryptoProvider
  readonly verifyChain: ChainVerifier
  /** Default: 6 to 18. */
  readonly versions?: VersionRange
  /** Default true. Without it blocks are not encrypted inside TLS. */
  readonly sendSessionKey?: boolean
  /** Default false. True for a relay that forwards: no block encryption then. */
  readonly proxyServer?: boolean
  /** Makes the session a service's, from v16 on; TLS has to have shown the same certificates. */
  readonly service?: ServiceCredentials
}

/** What the handshake agreed. `seal` and `open` advance a key per block: once each, in order. */
export interface Session {
  readonly version: Version
  readonly sessionId: Bytes
  /** The server's X25519 key of this session; absent at v6. */
  readonly serverKey?: Bytes
  /** X25519 of both session keys, 32 bytes; absent unless both were sent. */
  readonly secret?: Bytes
  /** The versions that both sides speak, of which the highest was agreed. */
  readonly versions: VersionRange
  /** The server's certificates and signed session key, for a relay that passes them on. */
  readonly authentication?: ChainAndKey
  /** The service that the session is of. */
  readonly service?: ServiceSession
  readonly isEncrypted: boolean
  /** Blocks are to be padded to this length before `seal`. */
  readonly paddedBytes: number
  seal(padded: Bytes): Bytes
  /** @throws ProtocolError for a block that does not decrypt */
  open(block: Bytes): Bytes
  /** What follows on the transport. */
  readonly blocks: AsyncIterator<Bytes>
}

/** The first version whose blocks are encrypted by itself (see ClientTransport). */
const MIN_UNBOUND_VERSION = 11
// A relay up to v13 does not know the proxy flag and would encrypt (Client/Agent.hs, proxy role)
const MAX_PROXY_VERSION = 10

const readHello = async (blocks: AsyncIterator<Bytes>): Promise<ServerHello> => {
  const first = await blocks.next().catch((cause: unknown) => {
    throw new HandshakeError('closed', 'the connection failed during the handshake', { cause })
  })
  if (first.done) throw new HandshakeError('closed', 'the server closed during the handshake')
  try {
    return decodeServerHello(unpad(first.value))
  } catch (cause) {
    throw new HandshakeError('unreadable', 'the server hello does not parse', { cause })
  }
}

const offeredVersions = (
  { binding }: ClientTransport,
  { versions = supportedVersions, proxyServer, sendSessionKey }: HandshakeOptions,
): VersionRange => {
  if (binding?.chain !== undefined) return versions
  if (proxyServer === true || sendSessionKey === false)
    throw new HandshakeError('version', 'without the relay’s own TLS, blocks have to be encrypted')
  if (versions.max < MIN_UNBOUND_VERSION)
    throw new HandshakeError(
      'version',
      `only from v${MIN_UNBOUND_VERSION} without the relay’s own TLS`,
    )
  return { ...versions, min: Math.max(versions.min, MIN_UNBOUND_VERSION) }
}

const agreedVersions = (
  hello: ServerHello,
  ours: VersionRange,
  options: HandshakeOptions,
): VersionRange => {
  const isOldRelay = options.proxyServer === true && !hasProxyFlag(hello.versions.max)
  const capped = isOldRelay ? { ...ours, max: Math.min(ours.max, MAX_PROXY_VERSION) } : ours
  const version = agreeVersion(capped, hello.versions)
  if (version !== undefined) return { min: Math.max(capped.min, hello.versions.min), max: version }
  const [mine, theirs] = [ours, hello.versions].map(({ min, max }) => `${min}-${max}`)
  throw new HandshakeError('version', `the server speaks ${theirs}, this client ${mine}`)
}

const checkSession = (hello: ServerHello, transport: ClientTransport): void => {
  const { binding } = transport
  if (binding !== undefined && !equalBytes(binding.sessionId, hello.sessionId))
    throw new HandshakeError('session', 'the hello belongs to another TLS session')
}

const identified = (verify: () => PublicKey | undefined): PublicKey => {
  try {
    const leafKey = verify()
    if (leafKey === undefined) throw new ProtocolError('no certificates')
    return leafKey
  } catch (cause) {
    throw new HandshakeError('identity', 'the server is not the one in the address', { cause })
  }
}

/** The key that must have signed the session key: of the TLS leaf where we see TLS, else the hello's. */
const checkIdentity = (
  hello: ServerHello,
  transport: ClientTransport,
  { verifyChain, keyHash }: HandshakeOptions,
): PublicKey => {
  const tlsChain = transport.binding?.chain
  const helloChain = hello.authentication?.chain
  return identified(() => {
    const tls = tlsChain && verifyChain(tlsChain, keyHash)
    const isSame = tlsChain && helloChain && equalChains(tlsChain, helloChain)
    const named = helloChain && !isSame ? verifyChain(helloChain, keyHash) : undefined
    return (tls ?? named)?.leafKey
  })
}

const sessionKeyOf = (
  { signedKey }: ChainAndKey,
  leafKey: PublicKey,
  crypto: CryptoProvider,
): Bytes => {
  try {
    const { key, content, signature } = decodeSignedKey(signedKey)
    if (!isDhKey(key)) throw new ProtocolError('not an X25519 key')
    if (!crypto.verify(leafKey, content, signature)) throw new ProtocolError('wrong signature')
    return key.raw
  } catch (cause) {
    throw new HandshakeError('session-key', 'the session key of the server is not valid', { cause })
  }
}

/**
 * The session key of a relay that is seen only through another one (SMP, "Request proxied session").
 * @throws HandshakeError: identity, session-key
 */
export const relayKeyOf = (
  relay: ChainAndKey,
  keyHash: Bytes,
  { crypto, verifyChain }: Pick<HandshakeOptions, 'crypto' | 'verifyChain'>,
): Bytes => {
  const leafKey = identified(() => verifyChain(relay.chain, keyHash).leafKey)
  return sessionKeyOf(relay, leafKey, crypto)
}

const plainBlocks = {
  isEncrypted: false,
  paddedBytes: BLOCK_BYTES,
  seal: (padded: Bytes): Bytes => padded,
  open: (block: Bytes): Bytes => block,
}

const encryptedBlocks = (cipher: BlockCipher) => ({
  isEncrypted: true,
  paddedBytes: SEALED_BYTES,
  seal: (padded: Bytes): Bytes => cipher.seal(padded),
  open: (block: Bytes): Bytes => {
    const padded = cipher.open(block)
    if (padded === undefined) throw new ProtocolError('a block does not decrypt')
    return padded
  },
})

const sharedSecret = (
  crypto: CryptoProvider,
  serverKey: Bytes,
): { readonly publicKey: PublicKey & { algorithm: 'X25519' }; readonly secret: Bytes } => {
  const { publicKey, privateKey } = crypto.generateKeyPair('X25519')
  const secret = crypto.x25519(privateKey, serverKey)
  if (secret === undefined)
    throw new HandshakeError('session-key', 'the session key of the server has a low order')
  return { publicKey, secret }
}

/** Free of the block that they came in. */
const copied = ({ chain: [leaf, ...others], signedKey }: ChainAndKey): ChainAndKey => ({
  chain: [copyBytes(leaf), ...others.map(copyBytes)],
  signedKey: copyBytes(signedKey),
})

/**
 * Shakes hands; with the returned session transmissions may start at once.
 * @throws HandshakeError
 */
export const shakeHands = async (
  transport: ClientTransport,
  options: HandshakeOptions,
): Promise<Session> => {
  const { crypto, keyHash, proxyServer = false } = options
  const blocks = transport.blocks[Symbol.asyncIterator]()
  const hello = await readHello(blocks)
  checkSession(hello, transport)
  const versions = agreedVersions(hello, offeredVersions(transport, options), options)
  const version = versions.max
  const leafKey = checkIdentity(hello, transport, options)
  const serverKey = hello.authentication && sessionKeyOf(hello.authentication, leafKey, crypto)
  const sendsKey = options.sendSessionKey !== false && hasServerKey(version)
  const ours = sendsKey && serverKey ? sharedSecret(crypto, serverKey) : undefined
  const offer = offerService(crypto, version, options.service)
  const clientHello = encodeClientHello({
    version,
    keyHash,
    ...(ours && { sessionKey: ours.publicKey }),
    proxyServer,
    ...(offer && { service: offer.hello }),
  })
  transport.send(pad(clientHello, BLOCK_BYTES))
  const service = await offer?.accept(blocks)
  const [{ sessionId }, secret] = [hello, ours?.secret]
  const isEncrypted = hasBlockEncryption(version) && !proxyServer && secret !== undefined
  return {
    version,
    versions,
    ...(proxyServer && hello.authentication && { authentication: copied(hello.authentication) }),
    sessionId: sessionId.slice(),
    ...(serverKey && { serverKey }),
    ...(secret && { secret }),
    ...(service && { service }),
    ...(isEncrypted
      ? encryptedBlocks(createBlockCipher(crypto, { sessionId, secret, side: 'client' }))
      : plainBlocks),
    blocks,
  }
}
