/** blocks.json: how the reference packs transmissions into blocks. */
import assert from 'node:assert/strict'
import { createPrivateKey, hash, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { BLOCK_BYTES, BlockPacker, decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, concatBytes, noBytes } from '../../src/protocol/bytes.ts'
import type { Command } from '../../src/protocol/command.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { entityIdOf, messageIdOf } from '../../src/protocol/ids.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import type { Reply } from '../../src/protocol/reply.ts'
import { writeReply } from '../../src/protocol/reply-encoder.ts'
import {
  authorizedPrefix,
  encodeTail,
  encodeTransmission,
  writeUnsignedHead,
} from '../../src/protocol/transmission.ts'
import type { Version } from '../../src/protocol/version.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'

interface Block {
  readonly count: number
  readonly contentLength: number
  readonly contentSha256: string
  readonly blockSha256: string
}

interface Batch {
  readonly name: string
  readonly version: Version
  readonly blocks: readonly (Block | { readonly error: string })[]
}

const vectors = loadVectors<{
  readonly keys: { readonly rcvEd25519: VectorKey }
  readonly sessionId: string
  readonly firstTransmissions: readonly {
    readonly version: Version
    readonly transmissions: readonly string[]
  }[]
  readonly batches: readonly Batch[]
  readonly plainBlocks: readonly { readonly content: string; readonly block: string }[]
}>('blocks')
const sessionId = fromHex(vectors.sessionId)

// RFC 8410: PKCS#8 of an Ed25519 seed
const signingKey = createPrivateKey({
  key: Buffer.from(
    concatBytes(
      fromHex('302e020100300506032b657004220420'),
      fromHex(vectors.keys.rcvEd25519.private),
    ),
  ),
  format: 'der',
  type: 'pkcs8',
})

const named = (name: string, length: number): Bytes =>
  new Uint8Array(hash('sha512', name, 'buffer')).subarray(0, length)

const idsOf = (i: number) => ({
  correlationId: named(`corr${i}`, 24),
  entityId: entityIdOf(named(`queue${i}`, 24)),
})

const request = (version: Version, i: number, command: Command): Bytes => {
  const fields = command.tag === 'PING' ? { ...idsOf(i), entityId: '' } : idsOf(i)
  const tail = encodeTail(fields, encodeCommand(command, version))
  const authorization =
    command.tag === 'SUB'
      ? new Uint8Array(sign(null, concatBytes(authorizedPrefix(sessionId), tail), signingKey))
      : noBytes
  return encodeTransmission({ version, sessionId }, authorization, tail)
}

const response = (version: Version, i: number, reply: Reply): Bytes => {
  const { correlationId, entityId } = idsOf(i)
  const isEvent = reply.tag !== 'SOK'
  const fields = { correlationId: isEvent ? noBytes : correlationId, entityId }
  const head = writeUnsignedHead(new Writer(), { version, sessionId }, fields)
  return writeReply(head, reply, version).bytes()
}

const message = (i: number): Reply => ({
  tag: 'MSG',
  messageId: messageIdOf(named(`msg${i}`, 24)),
  body: new Uint8Array(16_122).fill('m'.charCodeAt(0)),
})

/** A name's bytes over 64 are those of the names `name/0`, `name/1`, … */
const notification = (i: number): Reply => ({
  tag: 'NMSG',
  nonce: named(`nonce${i}`, 24),
  meta: concatBytes(named(`meta${i}/0`, 64), named(`meta${i}/1`, 64), named(`meta${i}/2`, 16)),
})

const send = (bytes: number): Command => ({
  tag: 'SEND',
  notification: false,
  body: new Uint8Array(bytes).fill('s'.charCodeAt(0)),
})

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1)

/** The transmissions that a batch is named after: `SUB x300`, `SOK x2 then MSG …`, `SUB, SEND …`. */
const transmissionsOf = ({ name, version }: Batch): readonly Bytes[] => {
  const [, what, count, then] = /^(\w+) x(\d+)( then MSG)?/.exec(name) ?? []
  const numbers = upTo(Number(count ?? 0))
  if (what === 'SUB' || what === 'PING')
    return numbers.map((i) => request(version, i, { tag: what }))
  if (what === 'END') return numbers.map((i) => response(version, i, { tag: 'END' }))
  if (what === 'NMSG') return numbers.map((i) => response(version, i, notification(i)))
  if (what === 'SOK') {
    const answers = numbers.map((i) => response(version, i, { tag: 'SOK' }))
    return then ? [...answers, response(version, 1, message(1))] : answers
  }
  const words = name.replace(/\(.*\)/, '').split(', ')
  return words.flatMap((text, index) => {
    if (text === 'error') return []
    const bytes = /^SEND (\d+)/.exec(text)?.[1]
    const command: Command = bytes === undefined ? { tag: 'SUB' } : send(Number(bytes))
    return [request(version, index + 1, command)]
  })
}

const pack = (transmissions: readonly Bytes[]): readonly Bytes[] => {
  const packer = new BlockPacker()
  for (const one of transmissions) packer.add((writer) => writer.raw(one))
  return packer.blocks(BLOCK_BYTES)
}

const described = (block: Bytes): Block => {
  const content = unpad(block)
  return {
    count: decodeBlock(block).length,
    contentLength: content.length,
    contentSha256: hash('sha256', content),
    blockSha256: hash('sha256', block),
  }
}

const isBlock = (one: Batch['blocks'][number]): one is Block => 'count' in one

describe('the transmissions of the batches', () => {
  for (const { version, transmissions } of vectors.firstTransmissions)
    test(`v${version}`, () => {
      const ours = transmissions.map((_, index) => request(version, index + 1, { tag: 'SUB' }))
      assert.deepEqual(ours.map(hex), transmissions)
    })
})

describe('packing', () => {
  for (const batch of vectors.batches) {
    if (!batch.blocks.every(isBlock)) continue
    test(`${batch.name}, v${batch.version}`, () => {
      const transmissions = transmissionsOf(batch)
      const blocks = pack(transmissions)
      assert.deepEqual(blocks.map(described), batch.blocks)
      assert.deepEqual(blocks.flatMap(decodeBlock).map(hex), transmissions.map(hex))
    })
  }
})

describe('what cannot be packed', () => {
  const batchNamed = (start: string): Batch => {
    const found = vectors.batches.find(({ name }) => name.startsWith(start))
    assert.ok(found)
    return found
  }

  test('one byte too many is refused', () => {
    const batch = batchNamed('SEND 16306 bytes')
    assert.deepEqual(batch.blocks, [{ error: 'LARGE_MSG' }])
    assert.throws(() => pack(transmissionsOf(batch)), RangeError)
  })

  // the reference closes a block at the error; we leave the transmission out and fill the block
  test('what stands before and after goes on', () => {
    const batch = batchNamed('SUB, SEND 16500 bytes')
    const [before, tooLarge, after] = transmissionsOf(batch)
    assert.ok(before && tooLarge && after)
    assert.deepEqual(
      [before, after].flatMap((one) => pack([one]).map(described)),
      [batch.blocks[0], batch.blocks[2]],
    )
    const packer = new BlockPacker()
    packer.add((writer) => writer.raw(before))
    assert.throws(() => packer.add((writer) => writer.raw(tooLarge)), RangeError)
    packer.add((writer) => writer.raw(after))
    const together = packer.blocks(BLOCK_BYTES).map(decodeBlock)
    assert.deepEqual(together, [[before, after]])
  })

  test('an error of the client is nobody’s transmission', () => {
    const batch = batchNamed('error, SUB')
    assert.deepEqual(pack(transmissionsOf(batch)).map(described), [batch.blocks[1]])
  })

  test('these are all batches with an error', () => {
    const failing = vectors.batches.filter(({ blocks }) => !blocks.every(isBlock))
    assert.equal(failing.length, 3)
  })
})

describe('whole blocks', () => {
  for (const { content, block } of vectors.plainBlocks)
    test(`of ${content.length / 2} bytes`, () => {
      assert.equal(hex(pad(fromHex(content), BLOCK_BYTES)), block)
      const transmissions = decodeBlock(fromHex(block))
      assert.deepEqual(pack(transmissions).map(hex), [block])
    })
})
