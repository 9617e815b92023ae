/** Order, and how much is in work at once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turn } from '../support/clock.ts'
import { type Line, SEND, signingKey, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'

const BLOCK = 16_384
const BLOCKS_IN_WORK = 128
/** Above which nothing is read from a connection or pushed to it. */
const HIGH_WATER = 256 * 1024
const key = signingKey()

const scene = async () => {
  const store = new HeldStore()
  const relay = new WireRelay({ held: store })
  const [client, other] = [await relay.connect(), await relay.connect()]
  return { relay, store, client, other, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const create = async (
  client: WireClient,
  count: number,
  subscribe = false,
): Promise<readonly WireQueue[]> => {
  const queues: WireQueue[] = []
  for (let index = 0; index < count; index++) queues.push(await client.creates({ key, subscribe }))
  return queues
}

/** Each in a block of its own. */
const saysApart = (client: WireClient, lines: readonly Line[]): void => {
  for (const line of lines) client.says(line)
}

describe('commands on one queue', () => {
  test('wait for each other, and those on other queues do not wait for them', async () => {
    await using at = await scene()
    const { client, store } = at
    const [q, p] = (await create(client, 2)) as [WireQueue, WireQueue]
    const gate = store.hold('describeQueue')
    saysApart(client, [
      [key, 'que', q.rid, 'QUE'],
      [key, 'off', q.rid, 'OFF'],
      [key, 'del', q.rid, 'DEL'],
      [key, 'sub', p.rid, 'SUB'],
      [unsigned, 'send', p.sid, SEND('hello')],
      [unsigned, 'ping', '', 'PING'],
    ])
    await client.hearsAll(
      ['sub', p.rid, 'SOK 0'],
      ['', p.rid, 'MSG F hello'],
      ['send', p.sid, 'OK'],
      ['ping', '', 'PONG'],
    )
    await client.hearsNothing()
    assert.equal(store.calls.get('suspendQueue'), undefined)
    gate.release()
    const heard = [await client.next(), await client.next(), await client.next()]
    assert.deepEqual(
      heard.map(([corrId]) => corrId),
      ['que', 'off', 'del'],
    )
  })

  test('keep their order by whichever id they name the queue', async () => {
    await using at = await scene()
    const { client, store } = at
    const [q] = (await create(client, 1)) as [WireQueue]
    const gate = store.hold('appendMessage')
    saysApart(client, [
      [unsigned, 'send', q.sid, SEND('hello')],
      [key, 'get', q.rid, 'GET'],
    ])
    await gate.holds()
    await client.hearsNothing()
    gate.release()
    await client.hears(['send', q.sid, 'OK'], ['get', q.rid, 'MSG F hello'])
  })

  test('of one block run first to last', async () => {
    await using at = await scene()
    const { client, store } = at
    const [q] = (await create(client, 1)) as [WireQueue]
    store.hold('appendMessage').release()
    client.says(
      [unsigned, '1', q.sid, SEND('one')],
      [unsigned, '2', q.sid, SEND('two')],
      [key, '3', q.rid, 'SUB'],
      [key, '4', q.rid, 'QUE'],
    )
    const heard = [await client.next(), await client.next(), await client.next()]
    assert.deepEqual(
      heard.map(([corrId]) => corrId),
      ['1', '2', '3'],
    )
    const [, , info] = await client.next()
    assert.match(info, /"qSubThread":"noSub","qDelivered":.*"qiSize":2/)
    await client.hears(['', q.rid, 'MSG F one'])
    await client.asks([key, 'ack', q.rid, q.ack('one')], 'MSG F two')
  })

  test('fail one by one: the next ones run', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const [q] = (await create(client, 1)) as [WireQueue]
    store.break('describeQueue')
    saysApart(client, [
      [key, 'que', q.rid, 'QUE'],
      [key, 'get', q.rid, 'GET'],
    ])
    await client.hears(['que', q.rid, 'ERR INTERNAL'], ['get', q.rid, 'OK'])
    assert.deepEqual(relay.faults.splice(0), ['QUE'])
  })
})

describe('the SUBs of a block', () => {
  test('are one call of the store, and their queues one more', async () => {
    await using at = await scene()
    const { client, store } = at
    const queues = await create(client, 20)
    store.calls.clear()
    client.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    await client.hears(...queues.map(({ rid }, index) => [`${index}`, rid, 'SOK 0'] as const))
    assert.deepEqual(Object.fromEntries(store.calls), { loadQueues: 1, subscribe: 1 })
  })

  test('are refused where the queue is blocked, and only there', async () => {
    await using at = await scene()
    const { client, relay } = at
    const queues = (await create(client, 3)) as [WireQueue, WireQueue, WireQueue]
    const [, spam] = queues
    await relay.store.blockQueue(await relay.recordOf(spam.rid), { reason: 'spam' })
    client.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    await client.hears(
      ['0', queues[0].rid, 'SOK 0'],
      ['1', spam.rid, 'ERR BLOCKED reason=spam'],
      ['2', queues[2].rid, 'SOK 0'],
    )
    // nobody is subscribed to the blocked one, so nobody is told
    await relay.expectNoSubscriber(spam.rid)
  })

  test('wait for earlier commands on their queues one by one', async () => {
    await using at = await scene()
    const { client, store } = at
    const [slow, ...others] = (await create(client, 3)) as [WireQueue, WireQueue, WireQueue]
    const gate = store.hold('describeQueue')
    client.says([key, 'que', slow.rid, 'QUE'])
    await gate.holds()
    store.calls.clear()
    client.says(
      [key, 'sub', slow.rid, 'SUB'],
      ...others.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']),
    )
    await client.hearsNothing()
    assert.equal(store.calls.get('subscribe'), 1)
    gate.release()
    const heard = []
    for (let count = 0; count < 4; count++) heard.push((await client.next())[0])
    assert.deepEqual(heard, ['que', 'sub', '0', '1'])
    assert.equal(store.calls.get('subscribe'), 2)
  })
})

describe('work in progress', () => {
  test('is bounded by the messages that its answers may bring', async () => {
    await using at = await scene()
    const { client, store } = at
    const queues = await create(client, 40)
    const gate = store.hold('peekMessage')
    saysApart(
      client,
      queues.map(({ rid }, index) => [key, `${index}`, rid, 'GET']),
    )
    await gate.holds(HIGH_WATER / BLOCK)
    await turn()
    await turn()
    assert.equal(gate.waiting, HIGH_WATER / BLOCK)
    // one more block is in hand, and the others have not been read
    assert.equal(client.connection.unread, 40 - HIGH_WATER / BLOCK - 1)
    // room for one lets one more in
    gate.releaseOne()
    await turn()
    await gate.holds(HIGH_WATER / BLOCK)
    assert.equal(client.connection.unread, 40 - HIGH_WATER / BLOCK - 2)
    gate.release()
    await client.hearsAll(...queues.map(({ rid }, index) => [`${index}`, rid, 'OK'] as const))
  })

  test('is bounded in blocks, since each is answered with a block of its own', async () => {
    await using at = await scene()
    const { client, store } = at
    const queues = await create(client, 2 * BLOCKS_IN_WORK)
    const gate = store.hold('appendMessage')
    client.connection.stall()
    saysApart(
      client,
      queues.map(({ sid }, index) => [unsigned, `${index}`, sid, SEND('hello')]),
    )
    await gate.holds(BLOCKS_IN_WORK)
    await turn()
    await turn()
    assert.equal(gate.waiting, BLOCKS_IN_WORK)
    assert.equal(client.connection.unread, BLOCKS_IN_WORK - 1)
    gate.release()
    for (let turns = 0; turns < 50; turns++) await turn()
    const { queuedBytes } = client.connection
    assert.ok(queuedBytes <= (BLOCKS_IN_WORK + 1) * BLOCK, `${queuedBytes} bytes are queued`)
    client.connection.resume()
    await client.hearsAll(...queues.map(({ sid }, index) => [`${index}`, sid, 'OK'] as const))
  })

  test('a block that is larger than the bound goes alone', async () => {
    await using at = await scene()
    const { client, store } = at
    const queues = await create(client, 100)
    const gate = store.hold('subscribe')
    client.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    client.says([unsigned, 'ping', '', 'PING'])
    await gate.holds()
    await client.hearsNothing()
    gate.release()
    await client.hears(...queues.map(({ rid }, index) => [`${index}`, rid, 'SOK 0'] as const), [
      'ping',
      '',
      'PONG',
    ])
  })

  test('of one connection does not hold up another', async () => {
    await using at = await scene()
    const { client, other, store } = at
    const queues = await create(client, 40)
    const gate = store.hold('peekMessage')
    saysApart(
      client,
      queues.map(({ rid }, index) => [key, `${index}`, rid, 'GET']),
    )
    await gate.holds(HIGH_WATER / BLOCK)
    const [q] = queues as [WireQueue]
    await other.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    gate.release()
    const heard = []
    for (const _ of queues) heard.push((await client.next())[0])
    assert.equal(new Set(heard).size, 40)
  })
})

describe('the verification of many keys', () => {
  test('lets other connections have their turn', async () => {
    await using at = await scene()
    const { client, other, relay } = at
    const keys = Array.from({ length: 255 }, () => signingKey().publicKey)
    const queues = await create(client, 8)
    for (const { rid } of queues)
      await relay.store.replaceRecipientKeys(await relay.recordOf(rid), keys)
    client.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    const rounds: string[] = []
    for (let turns = 0; turns < 1000 && client.connection.take() === undefined; turns++) {
      other.says([unsigned, 'ping', '', 'PING'])
      await turn()
      rounds.push(...other.takeAll().map(([, , reply]) => reply))
    }
    // 255 keys for each queue: at least as many turns as there are queues
    assert.ok(rounds.length >= queues.length, `${rounds.length} PINGs were answered meanwhile`)
  })
})

describe('a client that does not read', () => {
  test('is not read from, and its answers are bounded', async () => {
    await using at = await scene()
    const { client } = at
    const [q] = (await create(client, 1)) as [WireQueue]
    await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    client.connection.stall()
    saysApart(
      client,
      Array.from({ length: 100 }, (_, index): Line => [key, `${index}`, q.rid, 'GET']),
    )
    for (let turns = 0; turns < 50; turns++) await turn()
    const { queuedBytes, unread } = client.connection
    assert.ok(queuedBytes > HIGH_WATER, `${queuedBytes} bytes are queued`)
    assert.ok(queuedBytes <= 2 * HIGH_WATER + BLOCK, `${queuedBytes} bytes are queued`)
    assert.ok(unread > 60, `${unread} blocks are unread`)
    client.connection.resume()
    for (let index = 0; index < 100; index++) {
      const [corrId, , reply] = await client.next()
      assert.deepEqual([corrId, reply], [`${index}`, 'MSG F hello'])
    }
  })

  test('gets no pushes until it does; then each message once', async () => {
    await using at = await scene()
    const { client, other } = at
    const queues = await create(client, 60, true)
    client.connection.stall()
    for (const [index, { sid }] of queues.entries())
      await other.asks([unsigned, 'send', sid, SEND(`${index}`)], 'OK')
    const { queuedBytes } = client.connection
    assert.ok(queuedBytes > HIGH_WATER, `${queuedBytes} bytes are queued`)
    assert.ok(queuedBytes <= HIGH_WATER + BLOCK, `${queuedBytes} bytes are queued`)
    client.connection.resume()
    await client.hearsAll(...queues.map(({ rid }, index) => ['', rid, `MSG F ${index}`] as const))
    await client.hearsNothing()
    for (const [index, q] of queues.entries())
      await client.asks([key, 'ack', q.rid, q.ack(`${index}`)], 'OK')
  })

  test('gets its ENDs when it does, in few blocks', async () => {
    await using at = await scene()
    const { client, other } = at
    const queues = await create(client, 120, true)
    client.connection.stall()
    // full of pushes
    for (const { sid } of queues.slice(0, 20))
      await other.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
    const full = client.connection.queuedBytes
    other.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    for (const _ of queues) await other.next()
    assert.equal(client.connection.queuedBytes, full)
    client.connection.resume()
    const heard = []
    for (let count = 0; count < full / BLOCK; count++) heard.push(...(await client.nextBlock()))
    assert.ok(heard.every(([, , reply]) => reply.startsWith('MSG')))
    // those whose message was about to be fetched come a moment later
    const ends = [...(await client.nextBlock()), ...(await client.nextBlock())]
    assert.deepEqual(ends.map(String).sort(), queues.map(({ rid }) => `,${rid},END`).sort())
    await client.hearsNothing()
  })

  test('may leave: nothing stays behind', async () => {
    await using at = await scene()
    const { client, other, relay } = at
    const queues = await create(client, 40, true)
    client.connection.stall()
    for (const { sid } of queues) await other.asks([unsigned, 'send', sid, SEND('hello')], 'OK')
    client.leaves()
    await turn()
    assert.equal(relay.hub.size, 1)
    other.says(...queues.map(({ rid }, index): Line => [key, `${index}`, rid, 'SUB']))
    const heard = []
    for (let count = 0; count < 80; count++) heard.push((await other.next())[2].split(' ')[0])
    assert.deepEqual(heard.sort(), [...Array(40).fill('MSG'), ...Array(40).fill('SOK')])
  })
})
