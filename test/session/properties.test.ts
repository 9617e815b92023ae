/** Whatever is said, a session answers each request once, goes on, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_BYTES, BlockPacker } from '../../src/protocol/block.ts'
import { type Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { turn } from '../support/clock.ts'
import { randomText, SEND, signingKey, transmissionOf, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import type { ConnectOptions } from '../support/wire-hello.ts'
import { WireRelay } from '../support/wire-relay.ts'

const tags = [
  ...['NEW', 'SUB', 'SUBS', 'KEY', 'RKEY', 'LSET', 'LDEL', 'NKEY', 'NDEL', 'GET', 'ACK', 'OFF'],
  ...['DEL', 'QUE', 'SKEY', 'SEND', 'LKEY', 'LGET', 'NSUB', 'NSUBS', 'PING', 'PRXY', 'PFWD'],
  ...['RFWD', 'OK', 'MSG', 'END', '', ' ', 'constructor', '__proto__'],
]

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const connects: fc.Arbitrary<ConnectOptions> = fc.record({
  version: fc.integer({ min: 6, max: 18 }),
  hasKey: fc.boolean(),
})

/** Some of the bytes are another's ids, lengths and markers, so that it gets further. */
const parameters = fc
  .array(
    fc.oneof(bytes(60), fc.constantFrom(...['0', '1', 'S', 'C', 'M', 'T ', ','].map(Buffer.from))),
  )
  .map((parts) => Uint8Array.from(Buffer.concat(parts)))

const randomTransmission = fc
  .record({
    authorization: fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc
        .constantFrom(63, 64, 80, 114)
        .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    ),
    marker: fc.constantFrom('0', '1', ''),
    corrId: bytes(30),
    entityId: bytes(30),
    tag: fc.constantFrom(...tags),
    space: fc.boolean(),
    parameters,
  })
  .map((fields) => {
    const writer = new Writer().short(fields.authorization)
    if (fields.authorization.length > 0) writer.text(fields.marker)
    writer.short(fields.corrId).short(fields.entityId).text(fields.tag)
    return writer
      .text(fields.space ? ' ' : '')
      .raw(fields.parameters)
      .bytes()
  })

/** A relay with one queue of everything, which the garbage is said to. */
const scene = async (connect: ConnectOptions) => {
  const relay = new WireRelay()
  const [client, other] = [await relay.connect(connect), await relay.connect()]
  const q = await client.creates({ subscribe: true, notifierKey: signingKey() })
  await other.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
  await client.hears(['', q.rid, 'MSG F hello'])
  return { relay, client, other, q, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const expectAlive = async (client: WireClient): Promise<void> => {
  for (let turns = 0; turns < 5; turns++) await turn()
  client.takeAll()
  await client.asks([unsigned, 'alive', '', 'PING'], 'PONG')
  assert.equal(client.connection.fate, 'open')
}

const check = (property: fc.IAsyncProperty<never> | fc.IAsyncProperty<unknown>, numRuns: number) =>
  fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns })

describe('any input', () => {
  test('random blocks', async () => {
    const blocks = fc.array(fc.uint8Array({ minLength: BLOCK_BYTES, maxLength: BLOCK_BYTES }), {
      minLength: 1,
      maxLength: 5,
    })
    await check(
      fc.asyncProperty(connects, blocks, async (connect, all) => {
        // the chains of keys would part, since the client’s does not see these blocks
        await using at = await scene({ ...connect, hasKey: false })
        for (const block of all) at.client.connection.send(block)
        await expectAlive(at.client)
      }),
      20,
    )
  })

  test('random content', async () => {
    await check(
      fc.asyncProperty(connects, fc.array(bytes(300), { minLength: 1 }), async (connect, all) => {
        await using at = await scene(connect)
        for (const content of all) at.client.saysContent(content)
        await expectAlive(at.client)
      }),
      60,
    )
  })

  test('random transmissions: each is answered', async () => {
    const list = fc.array(randomTransmission, { minLength: 1, maxLength: 20 })
    await check(
      fc.asyncProperty(connects, list, async (connect, all) => {
        await using at = await scene(connect)
        const packer = new BlockPacker()
        for (const one of all) packer.add((writer) => writer.raw(one))
        for (const padded of packer.blocks(at.client.paddedBytes)) at.client.saysPadded(padded)
        for (const _ of all) await at.client.next()
        await expectAlive(at.client)
      }),
      150,
    )
  })

  test('good blocks with changed bytes', async () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: 700 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    await check(
      fc.asyncProperty(connects, changes, async (connect, all) => {
        await using at = await scene(connect)
        const { client, q } = at
        const block = goodBlock(client, q)
        for (const [index, change] of all) block[index] = (block[index] ?? 0) ^ change
        client.saysPadded(block)
        await expectAlive(client)
        // what was not changed is served, for what was changed cannot pass for it
        await at.other.asks([unsigned, 'alive', '', 'PING'], 'PONG')
      }),
      150,
    )
  })
})

/** Six commands that would each be done. */
const goodBlock = ({ session, paddedBytes }: WireClient, q: WireQueue): Bytes => {
  const packer = new BlockPacker()
  const lines = [
    [q.key, 'que', q.rid, 'QUE'],
    [q.key, 'ack', q.rid, q.ack('hello')],
    [unsigned, 'send', q.sid, SEND('more')],
    [q.key, 'sub', q.rid, 'SUB'],
    [q.key, 'ldel', q.rid, 'LDEL'],
    [unsigned, 'ping', '', 'PING'],
  ] as const
  for (const line of lines)
    packer.add((writer) => {
      writer.raw(transmissionOf(session, line))
    })
  const [block] = packer.blocks(paddedBytes)
  assert.ok(block)
  return block.slice()
}

test('a good block, unchanged, is done', async () => {
  await using at = await scene({})
  at.client.saysPadded(goodBlock(at.client, at.q))
  const heard = []
  for (let count = 0; count < 7; count++) heard.push((await at.client.next())[2].split(' ')[0])
  assert.deepEqual(heard, ['INFO', 'OK', 'OK', 'SOK', 'OK', 'PONG', 'MSG'])
})

test('what a session says is text of the protocol, whatever it was asked', async () => {
  // corrIds and ids of every length come back as they were
  await using at = await scene({})
  for (let length = 0; length <= 255; length += 15) {
    const [corrId, entityId] = [randomText(length), randomText(length)]
    const entity = entityId === '' ? 'x' : entityId
    await at.client.asks([signingKey(), corrId, entity, 'SUB'], 'ERR AUTH')
  }
  assert.equal(latin1Text(new Uint8Array(0)), '')
})
