/** How answers and events share blocks (protocol.md 4.3 and 4.4). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Line, SEND, signingKey, unknownId, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'

const key = signingKey()

const create = async (client: WireClient, count: number): Promise<readonly WireQueue[]> => {
  const queues: WireQueue[] = []
  for (let index = 0; index < count; index++) queues.push(await client.creates({ key }))
  return queues
}

/** As long as those of stock clients. */
const corrIdOf = (index: number): string => `${index}`.padStart(24, 'c')

const subs = (queues: readonly WireQueue[]): readonly Line[] =>
  queues.map(({ rid }, index) => [key, corrIdOf(index), rid, 'SUB'])

/** The tags of the lines in each of the next blocks. */
const tagsOf = async (client: WireClient, blocks: number): Promise<readonly string[]> => {
  const tags: string[] = []
  for (let count = 0; count < blocks; count++) {
    const lines = await client.nextBlock()
    tags.push(lines.map(([, , reply]) => reply.split(' ')[0]).join(' '))
  }
  await client.hearsNothing()
  return tags
}

describe('replies and the messages that come with them', () => {
  const table: readonly (readonly [subs: number, messages: number, blocks: readonly string[]])[] = [
    [1, 0, ['SOK']],
    [1, 1, ['SOK MSG']],
    [2, 1, ['SOK SOK MSG']],
    [3, 3, ['SOK SOK SOK MSG', 'MSG', 'MSG']],
    // three replies fit beside a message; the packer fills the last block first
    [4, 1, ['SOK', 'SOK SOK SOK MSG']],
    [4, 2, ['SOK', 'SOK SOK SOK MSG', 'MSG']],
    [5, 1, ['SOK SOK SOK SOK SOK', 'MSG']],
    [5, 2, ['SOK SOK SOK SOK SOK', 'MSG', 'MSG']],
  ]
  for (const [count, messages, blocks] of table)
    test(`${count} SUBs, ${messages} messages: ${blocks.join(' | ')}`, async () => {
      await using relay = new WireRelay()
      const client = await relay.connect()
      const queues = await create(client, count)
      // in the last queues, so that the first message does not belong to the first reply
      for (const { sid } of queues.slice(count - messages))
        await client.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
      client.says(...subs(queues))
      assert.deepEqual(await tagsOf(client, blocks.length), blocks)
    })

  test('messages come in the order of the replies', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const queues = await create(client, 3)
    for (const { sid } of queues) await client.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
    client.says(...subs(queues))
    await client.hears(
      ...queues.map(({ rid }, index) => [corrIdOf(index), rid, 'SOK 0'] as const),
      ...queues.map(({ rid }) => ['', rid, 'MSG F hello'] as const),
    )
  })

  test('a message in an answer is no event', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const queues = await create(client, 2)
    for (const { sid } of queues) await client.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
    client.says(...queues.map(({ rid }): Line => [key, 'get', rid, 'GET']))
    // two of them do not fit one block
    assert.deepEqual(await tagsOf(client, 2), ['MSG', 'MSG'])
  })

  test('refusals stand among the other answers', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const [q] = await create(client, 1)
    assert.ok(q)
    client.says(
      [key, '1', q.rid, 'SUB'],
      [key, '2', unknownId(), 'HELLO'],
      [key, '3', q.rid, 'QUE'],
      [unsigned, '4', '', 'PING'],
    )
    assert.deepEqual(await tagsOf(client, 1), ['SOK ERR INFO PONG'])
  })
})

describe('300 SUBs', () => {
  const table = [
    [18, [30, 135, 135]],
    [15, [28, 136, 136]],
    [6, [88, 106, 106]],
  ] as const
  for (const [version, counts] of table)
    test(`v${version}: blocks of ${counts.join(', ')}, answered block by block`, async () => {
      await using relay = new WireRelay()
      const client = await relay.connect({ version })
      const queues = await create(client, 300)
      client.says(...subs(queues))
      assert.equal(client.connection.unread, counts.length)
      const heard = []
      for (const count of counts) {
        const lines = await client.nextBlock()
        assert.equal(lines.length, count)
        heard.push(...lines)
      }
      const sok = version >= 16 ? 'SOK 0' : 'OK'
      assert.deepEqual(
        heard,
        queues.map(({ rid }, index) => [corrIdOf(index), rid, sok]),
      )
    })

  test('the ENDs of a take-over share blocks of 255', async () => {
    await using relay = new WireRelay()
    const [first, second] = [await relay.connect(), await relay.connect()]
    const queues = await create(first, 300)
    first.says(...subs(queues))
    for (const count of [30, 135, 135]) assert.equal((await first.nextBlock()).length, count)
    second.says(...subs(queues))
    const ended = []
    for (const count of [30, 135, 135]) {
      const lines = await first.nextBlock()
      assert.equal(lines.length, count)
      ended.push(...lines)
    }
    assert.deepEqual(
      ended,
      queues.map(({ rid }) => ['', rid, 'END']),
    )
  })
})

test('255 answers fill a block by their number', async () => {
  await using relay = new WireRelay()
  const client = await relay.connect()
  const ping = (_: unknown, index: number): Line => [unsigned, `${index}`, '', 'PING']
  client.says(...Array.from({ length: 255 }, ping))
  assert.equal(client.connection.unread, 1)
  assert.equal((await client.nextBlock()).length, 255)
})

describe('an answer that no block can hold', () => {
  const longCorrId = 'c'.repeat(255)

  test('is replaced, and its neighbours are not lost', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const q = await client.creates()
    await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    client.says(
      [unsigned, 'one', '', 'PING'],
      [q.key, longCorrId, q.rid, 'GET'],
      [unsigned, 'two', '', 'PING'],
    )
    await client.hears(
      ['one', '', 'PONG'],
      [longCorrId, q.rid, 'ERR INTERNAL'],
      ['two', '', 'PONG'],
    )
    await client.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
  })
})
