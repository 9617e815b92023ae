/** A client that says lines and hears lines, over a connection inside the process. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { BlockCipher } from '../../src/crypto/block-cipher.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import { BLOCK_BYTES, BlockPacker, decodeBlock, SEALED_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, latin1Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import type { Command } from '../../src/protocol/command.ts'
import type { DhKey } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import type { Reply } from '../../src/protocol/reply.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { decodeTransmission } from '../../src/protocol/transmission.ts'
import { turn } from './clock.ts'
import type { FarEnd, MemoryConnection } from './memory-transport.ts'
import {
  commandText,
  dhKey,
  type Heard,
  type Line,
  type Signer,
  signingKey,
  transmissionOf,
  type WireSession,
} from './wire.ts'
import { type WireDirectory, type WireNotifier, WireQueue } from './wire-directory.ts'

/** Turns of the event loop after which what was not heard will not be. */
const PATIENCE = 100

export type New = Partial<Omit<Command<'NEW'>, 'tag' | 'authKey' | 'dhKey' | 'notifier'>> & {
  readonly key?: KeyPair
  readonly notifierKey?: KeyPair
  readonly corrId?: string
}

const secretOf = (pair: KeyPair<'X25519'>, serverKey: DhKey): Bytes => {
  const secret = crypto.x25519(pair.privateKey, serverKey.raw)
  assert.ok(secret)
  return secret
}

const LONG = 80

/** For messages of failures: bodies have up to 16 KB. */
const brief = (heard: Heard): readonly string[] =>
  heard.map((text) =>
    text.length > LONG ? `${text.slice(0, LONG)}... (${text.length} bytes)` : text,
  )

const expectHeard = (actual: Heard, expected: Heard): void => {
  assert.deepEqual(brief(actual), brief(expected))
  assert.ok(isDeepStrictEqual(actual, expected), 'the same beginning and length, another end')
}

export class WireClient<C extends FarEnd = MemoryConnection> {
  readonly connection: C
  readonly session: WireSession
  readonly #cipher: BlockCipher | undefined
  readonly #directory: WireDirectory
  /** Heard, not yet looked at, and as encrypted as it came. */
  readonly #inbox: Heard[] = []
  #isDamaging = false

  constructor(
    connection: C,
    session: WireSession,
    secrets: { readonly cipher: BlockCipher | undefined; readonly directory: WireDirectory },
  ) {
    this.connection = connection
    this.session = session
    this.#cipher = secrets.cipher
    this.#directory = secrets.directory
  }

  get version(): number {
    return this.session.version
  }

  get isEncrypted(): boolean {
    return this.#cipher !== undefined
  }

  /** In a service's session both keys sign. */
  both(key: KeyPair): Signer {
    const { service } = this.session
    return service === undefined ? key : { queue: key, service: service.key }
  }

  /** Sends the lines together, in one block if they fit. */
  says(...lines: readonly Line[]): void {
    this.saysTransmissions(...lines.map((line) => transmissionOf(this.session, line)))
  }

  saysTransmissions(...all: readonly Bytes[]): void {
    const packer = new BlockPacker()
    for (const bytes of all) packer.add((writer) => writer.raw(bytes))
    for (const padded of packer.blocks(this.paddedBytes)) this.saysPadded(padded)
  }

  /** A block with any content. */
  saysContent(content: Bytes): void {
    this.saysPadded(pad(content, this.paddedBytes))
  }

  saysPadded(padded: Bytes): void {
    const block = this.#cipher ? this.#cipher.seal(padded) : padded
    this.connection.send(this.#isDamaging ? block.map((byte) => byte ^ 1) : block)
    this.#isDamaging = false
  }

  /** The next block that is said changes on its way. */
  damagesNextBlock(): void {
    this.#isDamaging = true
  }

  get paddedBytes(): number {
    return this.#cipher ? SEALED_BYTES : BLOCK_BYTES
  }

  /** Hears exactly these, in this order, in one block or more. */
  async hears(...expected: readonly Heard[]): Promise<void> {
    for (const one of expected) expectHeard(await this.next(), one)
  }

  /** Hears these in any order. */
  async hearsAll(...expected: readonly Heard[]): Promise<void> {
    const heard: Heard[] = []
    for (const _ of expected) heard.push(await this.next())
    assert.deepEqual(heard.map(brief).map(String).sort(), expected.map(brief).map(String).sort())
  }

  async hearsNothing(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) await turn()
    assert.deepEqual(this.takeAll().map(brief), [])
  }

  /** Says one line and hears its answer, with the line's corrId and entity id. */
  async asks(line: Line, reply: string): Promise<void> {
    this.says(line)
    await this.hears([line[1], line[2], reply])
  }

  /** Says lines one after the other, each with the reply that it gets. */
  async table(...lines: readonly (readonly [...Line, reply: string])[]): Promise<void> {
    for (const [signer, corrId, entityId, command, reply] of lines)
      await this.asks([signer, corrId, entityId, command], reply)
  }

  async next(): Promise<Heard> {
    for (let turns = 0; turns < PATIENCE; turns++) {
      if (this.#inbox.length === 0) this.#takeBlocks()
      const heard = this.#inbox.shift()
      if (heard !== undefined) return this.#decrypted(heard)
      await this.connection.arrival()
    }
    assert.fail('heard nothing')
  }

  /** All that has come and was not looked at. */
  takeAll(): readonly Heard[] {
    this.#takeBlocks()
    return this.#inbox.splice(0).map((heard) => this.#decrypted(heard))
  }

  /** The lines of the next block. */
  async nextBlock(): Promise<readonly Heard[]> {
    assert.deepEqual(this.#inbox, [], 'lines of an earlier block')
    for (let turns = 0; turns < PATIENCE; turns++) {
      const block = this.connection.take()
      if (block !== undefined) return this.#open(block).map((heard) => this.#decrypted(heard))
      await this.connection.arrival()
    }
    assert.fail('no block')
  }

  leaves(): void {
    this.connection.leave()
  }

  /** NEW, and the queue of its IDS; `subscribe` is off unless given. */
  async creates(options: New = {}): Promise<WireQueue> {
    const { key = signingKey(), corrId = 'new', notifierKey, ...fields } = options
    const [dh, notifierDh] = [dhKey(), dhKey()]
    const notifier = notifierKey && {
      authKey: notifierKey.publicKey,
      dhKey: notifierDh.publicKey,
    }
    const command = {
      tag: 'NEW',
      subscribe: false,
      ...fields,
      authKey: key.publicKey,
      dhKey: dh.publicKey,
      ...(notifier && { notifier }),
    } as const
    this.says([this.both(key), corrId, '', commandText(command, this.version)])
    const ids = await this.#nextReply(corrId, '', 'IDS')
    const { recipientId: rid, senderId: sid, linkId } = ids
    const queue = new WireQueue({ rid, sid, key, linkId, secret: secretOf(dh, ids.serverDhKey) })
    if (ids.notifier !== undefined) {
      const secret = secretOf(notifierDh, ids.notifier.serverDhKey)
      queue.notifier = { nid: ids.notifier.notifierId, secret, messageIds: [] }
    }
    this.#directory.add(queue)
    return queue
  }

  /** NKEY, and the notifier of its NID. */
  async addsNotifier(queue: WireQueue, notifierKey: KeyPair): Promise<WireNotifier> {
    const dh = dhKey()
    const command = {
      tag: 'NKEY',
      authKey: notifierKey.publicKey,
      dhKey: dh.publicKey,
    } as const
    this.says([queue.key, 'nkey', queue.rid, commandText(command, this.version)])
    const { notifierId, serverDhKey } = await this.#nextReply('nkey', queue.rid, 'NID')
    const notifier = { nid: notifierId, secret: secretOf(dh, serverDhKey), messageIds: [] }
    queue.notifier = notifier
    this.#directory.addNotifier(notifier)
    return notifier
  }

  async #nextReply<T extends 'IDS' | 'NID'>(
    corrId: string,
    entityId: string,
    tag: T,
  ): Promise<Reply<T>> {
    const [heardCorrId, heardEntityId, text] = await this.next()
    assert.deepEqual([heardCorrId, heardEntityId, text.split(' ')[0]], [corrId, entityId, tag])
    return decodeReply(latin1Bytes(text), this.version) as Reply<T>
  }

  #takeBlocks(): void {
    for (;;) {
      const block = this.connection.take()
      if (block === undefined) return
      this.#inbox.push(...this.#open(block))
    }
  }

  #open(block: Bytes): readonly Heard[] {
    const padded = this.#cipher ? this.#cipher.open(block) : block
    assert.ok(padded, 'a block of the relay does not decrypt')
    return decodeBlock(padded).map((bytes) => this.#read(bytes))
  }

  #read(bytes: Bytes): Heard {
    const { version, sessionId } = this.session
    const transmission = decodeTransmission(bytes, version)
    assert.equal(transmission.authorization.length, 0)
    if (version < 7) assert.deepEqual(transmission.sessionId, sessionId)
    const { correlationId, entityId, command } = transmission
    return [latin1Text(correlationId), entityId, latin1Text(command)]
  }

  /** When it is looked at: the queue may only be known by then. */
  #decrypted([corrId, entityId, reply]: Heard): Heard {
    return [corrId, entityId, this.#directory.read(entityId, reply)]
  }
}
