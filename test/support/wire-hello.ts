/** The client's side of the handshake, as stock clients do it and with variations. */
import assert from 'node:assert/strict'
import { createBlockCipher } from '../../src/crypto/block-cipher.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import {
  decodeServerHello,
  decodeServiceResponse,
  decodeSignedKey,
  encodeClientHello,
  type ServerHello,
} from '../../src/protocol/handshake.ts'
import { type DhKey, isDhKey } from '../../src/protocol/keys.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import { hasBlockEncryption } from '../../src/protocol/version.ts'
import { makeIdentity } from '../client/support/identity.ts'
import type { FarEnd } from './memory-transport.ts'
import { dhKey } from './wire.ts'
import { WireClient } from './wire-client.ts'
import type { WireDirectory } from './wire-directory.ts'
import { serviceHello, type WireService } from './wire-service.ts'

/** A block may come in pieces. */
const PATIENCE = 20

/** One for all tests of a file: making certificates takes longer than most tests. */
export const identity = makeIdentity()

export interface ConnectOptions {
  readonly version?: number
  /** Whether the client hello carries a key. */
  readonly hasKey?: boolean
  readonly proxyServer?: boolean
  /** `none`: the client offers no ALPN. */
  readonly alpn?: 'none'
  /** Shown in TLS and in the hello; from v16. */
  readonly service?: WireService
  /** What TLS shows; default: the certificates of the service. */
  readonly chain?: readonly Bytes[]
  /** 12 bytes in TLS 1.2, 32 in TLS 1.3. */
  readonly sessionId?: Bytes
}

/** Says a hello after the relay's; nothing tells whether it was accepted. */
export const sayHello = async <C extends FarEnd>(
  connection: C,
  directory: WireDirectory,
  { version = 18, hasKey = true, proxyServer = false, service }: ConnectOptions = {},
): Promise<WireClient<C>> => {
  const hello = await takeServerHello(connection)
  const pair = dhKey()
  const sessionKey = hasKey ? { sessionKey: pair.publicKey } : {}
  const { keyHash } = identity
  const said = service && serviceHello(service)
  const asService = said && { service: said.hello }
  const content = encodeClientHello({ version, keyHash, ...sessionKey, proxyServer, ...asService })
  connection.send(pad(content, BLOCK_BYTES))
  const { sessionId } = connection.binding
  const serverKey = serverKeyOf(hello)
  const isEncrypted = hasKey && !proxyServer && hasBlockEncryption(version)
  const secret = hasKey && serverKey ? secretOf(pair, serverKey) : undefined
  const cipher = isEncrypted ? cipherOf(connection, secret) : undefined
  const session = {
    ...{ version, sessionId },
    ...(serverKey && { serverKey }),
    ...(secret && { secret }),
    ...(said && service && { service: await serviceOf(connection, service, said.key) }),
  }
  return new WireClient(connection, session, { cipher, directory })
}

export const takeServerHello = async (connection: FarEnd): Promise<ServerHello> => {
  return decodeServerHello(unpad(await takeBlock(connection)))
}

/** What the relay answers a service, which it has to accept. */
const serviceOf = async (
  connection: FarEnd,
  { identity: { keyHash: certificateHash } }: WireService,
  key: KeyPair<'Ed25519'>,
) => {
  const response = decodeServiceResponse(unpad(await takeBlock(connection)))
  assert.ok('serviceId' in response, 'the service is accepted')
  return { serviceId: response.serviceId, certificateHash, key }
}

export const takeBlock = async (connection: FarEnd): Promise<Bytes> => {
  for (let arrivals = 0; arrivals < PATIENCE; arrivals++) {
    await connection.arrival()
    const block = connection.take()
    if (block !== undefined) return block
  }
  assert.fail('no block')
}

const serverKeyOf = ({ authentication }: ServerHello): DhKey | undefined => {
  if (authentication === undefined) return undefined
  const { key } = decodeSignedKey(authentication.signedKey)
  assert.ok(isDhKey(key))
  return key
}

const secretOf = (pair: KeyPair<'X25519'>, serverKey: DhKey): Bytes => {
  const secret = nativeCrypto.x25519(pair.privateKey, serverKey.raw)
  assert.ok(secret)
  return secret
}

const cipherOf = ({ binding }: FarEnd, secret: Bytes | undefined) => {
  assert.ok(secret)
  const { sessionId } = binding
  return createBlockCipher(nativeCrypto, { sessionId, secret, side: 'client' })
}
