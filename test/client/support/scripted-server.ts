/** A relay whose every block is written by the test. */
import assert from 'node:assert/strict'
import { verifyAuthorization } from '../../../src/crypto/authenticator.ts'
import { type BlockCipher, createBlockCipher } from '../../../src/crypto/block-cipher.ts'
import { nativeCrypto as crypto } from '../../../src/crypto/native.ts'
import type { KeyPair, PrivateKey } from '../../../src/crypto/provider.ts'
import { BLOCK_BYTES, BlockPacker, decodeBlock, SEALED_BYTES } from '../../../src/protocol/block.ts'
import { type Bytes, concatBytes, noBytes } from '../../../src/protocol/bytes.ts'
import type { Command, Tag } from '../../../src/protocol/command.ts'
import { decodeCommand } from '../../../src/protocol/command-decoder.ts'
import {
  type ClientHello,
  decodeClientHello,
  encodeServerHello,
  encodeSignedKey,
  type ServerHello,
  signedKeyContent,
} from '../../../src/protocol/handshake.ts'
import type { EntityId } from '../../../src/protocol/ids.ts'
import type { AuthKey } from '../../../src/protocol/keys.ts'
import { pad, unpad } from '../../../src/protocol/padding.ts'
import type { Reply } from '../../../src/protocol/reply.ts'
import { writeReply } from '../../../src/protocol/reply-encoder.ts'
import {
  authorizedPrefix,
  decodeTransmission,
  writeUnsignedHead,
} from '../../../src/protocol/transmission.ts'
import { hasBlockEncryption, type VersionRange } from '../../../src/protocol/version.ts'
import type { TestIdentity } from './identity.ts'
import type { ServerEnd } from './memory-transport.ts'

export interface Received<T extends Tag = Tag> {
  readonly command: Command<T>
  readonly entityId: EntityId
  readonly correlationId: Bytes
  readonly authorization: Bytes
  isAuthorizedBy(key: AuthKey): boolean
}

export interface Sent {
  readonly correlationId?: Bytes
  readonly entityId?: EntityId
  readonly reply: Reply
}

export interface ServerOptions {
  readonly identity: TestIdentity
  readonly versions?: VersionRange
}

export class ScriptedServer {
  readonly end: ServerEnd
  readonly sessionId: Bytes
  readonly hello: ClientHello
  readonly #key: KeyPair<'X25519'>
  readonly #cipher: BlockCipher | undefined

  constructor(end: ServerEnd, sessionId: Bytes, hello: ClientHello, key: KeyPair<'X25519'>) {
    this.end = end
    this.sessionId = sessionId
    this.hello = hello
    this.#key = key
    const secret = hello.sessionKey && crypto.x25519(key.privateKey, hello.sessionKey.raw)
    if (secret && hasBlockEncryption(hello.version) && !hello.proxyServer)
      this.#cipher = createBlockCipher(crypto, { sessionId, secret, side: 'server' })
  }

  /** Sends an honest hello and reads the client's. */
  static async accept(end: ServerEnd, options: ServerOptions): Promise<ScriptedServer> {
    const key = crypto.generateKeyPair('X25519')
    const hello = honestHello(end, options, key)
    end.send(pad(encodeServerHello(hello), BLOCK_BYTES))
    const first = await end.received.next()
    assert.ok(!first.done, 'no client hello')
    return new ScriptedServer(end, hello.sessionId, decodeClientHello(unpad(first.value)), key)
  }

  /** Of the key in its hello. */
  get privateKey(): PrivateKey<'X25519'> {
    return this.#key.privateKey
  }

  get version(): number {
    return this.hello.version
  }

  /** The requests of the next block. */
  async receive(): Promise<readonly Received[]> {
    const { value: block, done } = await this.end.received.next()
    assert.ok(!done, 'the client closed')
    const padded = this.#cipher ? this.#cipher.open(block) : block
    assert.ok(padded, 'a block of the client does not decrypt')
    return decodeBlock(padded).map((bytes) => this.#read(bytes))
  }

  /** The only request of the next block, which must have this tag. */
  async expect<T extends Tag>(tag: T): Promise<Received<T>> {
    const [request, ...others] = await this.receive()
    assert.equal(others.length, 0)
    assert.equal(request?.command.tag, tag)
    return request as unknown as Received<T>
  }

  /** One block with these transmissions. */
  send(...all: readonly Sent[]): void {
    const packer = new BlockPacker()
    for (const { correlationId = noBytes, entityId = '', reply } of all)
      packer.add((writer) => {
        const session = { version: this.version, sessionId: this.sessionId }
        writeUnsignedHead(writer, session, { correlationId, entityId })
        writeReply(writer, reply, this.version)
      })
    for (const padded of packer.blocks(this.paddedBytes)) this.sendPadded(padded)
  }

  answer({ correlationId, entityId }: Received, reply: Reply): void {
    this.send({ correlationId, entityId, reply })
  }

  get paddedBytes(): number {
    return this.#cipher ? SEALED_BYTES : BLOCK_BYTES
  }

  /** A block with any content, encrypted where the session is. */
  sendPadded(padded: Bytes): void {
    this.end.send(this.#cipher ? this.#cipher.seal(padded) : padded)
  }

  #read(bytes: Bytes): Received {
    const transmission = decodeTransmission(bytes, this.version)
    const { authorization, correlationId, entityId, tail } = transmission
    const authorized = concatBytes(authorizedPrefix(this.sessionId), tail)
    const credential = {
      authorization,
      authorized,
      correlationId,
      sessionKey: this.#key.privateKey,
    }
    return {
      command: decodeCommand(transmission.command, this.version),
      entityId,
      correlationId,
      authorization,
      isAuthorizedBy: (key) => verifyAuthorization(crypto, credential, [key]),
    }
  }
}

/** What an honest relay says first. */
export const honestHello = (
  end: ServerEnd,
  { identity, versions = { min: 6, max: 18 } }: ServerOptions,
  key: KeyPair<'X25519'> = crypto.generateKeyPair('X25519'),
): ServerHello => {
  const sessionId = end.binding?.sessionId ?? crypto.randomBytes(32)
  const signature = crypto.sign(identity.leafKey, signedKeyContent(key.publicKey))
  const authentication = {
    chain: identity.chain,
    signedKey: encodeSignedKey(key.publicKey, signature),
  }
  return { versions, sessionId, ...(versions.max >= 7 && { authentication }) }
}
