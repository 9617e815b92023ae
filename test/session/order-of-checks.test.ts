/**
 * protocol.md 5.4, 5.5 and 6: the order of the checks. Each line violates two neighbours in it and
 * must be answered by the earlier one.
 */
import { describe, test } from 'node:test'
import { Writer } from '../../src/protocol/writer.ts'
import {
  bigSigningKey,
  dhKey,
  KEY,
  LSET,
  NEW,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  transmissionOf,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { senderIdFor } from './rows/links.ts'

interface Scene {
  readonly relay: WireRelay
  readonly client: WireClient
}

const scene = async (version = 18): Promise<Scene & AsyncDisposable> => {
  const relay = new WireRelay({ queueQuota: 1 })
  const client = await relay.connect({ version })
  return { relay, client, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

const block = async ({ relay }: Scene, { rid }: WireQueue): Promise<void> => {
  await relay.store.blockQueue(await relay.recordOf(rid), { reason: 'spam' })
}

const key = signingKey()
const other = signingKey()
const anyId = unknownId()
const badLength = new Uint8Array(63)
const newCommand = NEW({ authKey: key.publicKey, dhKey: dhKey().publicKey })
const blocked = 'ERR BLOCKED reason=spam'

describe('before verification (5.4)', () => {
  test('the block, before its transmissions: one answer for all of them', async () => {
    await using at = await scene()
    const broken = Uint8Array.of(0xff)
    at.client.saysContent(new Writer().u8(2).large(broken).large(broken).u8(0).bytes())
    await at.client.hears(['', '', 'ERR BLOCK'])
    await at.client.hearsNothing()
  })

  test('the fields of a transmission, before its session id', async () => {
    await using at = await scene(6)
    // authorization, another session id, corrId, and no entity id
    const fields = new Writer()
      .u8(0)
      .short(Uint8Array.of(1, 2, 3))
      .short(Uint8Array.of(0x61))
    at.client.saysTransmissions(fields.bytes())
    await at.client.hears(['', '', 'ERR BLOCK'])
  })

  test('the session id, before the length of the authorization', async () => {
    await using at = await scene(6)
    const session = { ...at.client.session, sessionId: Uint8Array.of(1) }
    at.client.saysTransmissions(transmissionOf(session, [badLength, 'abcd', anyId, 'SUB']))
    await at.client.hears(['abcd', '', 'ERR SESSION'])
  })

  test('the length of the authorization, before the command', async () => {
    await using at = await scene()
    at.client.says([badLength, 'abcd', anyId, 'HELLO'])
    await at.client.hears(['abcd', '', 'ERR BLOCK'])
  })

  const table = [
    ['the tag, before its parameters', key, anyId, 'HELLO \xff', 'ERR CMD UNKNOWN'],
    ['parameters, before credentials', unsigned, anyId, 'KEY', 'ERR CMD SYNTAX'],
    ['parameters, before credentials', unsigned, '', 'SUB x', 'ERR CMD SYNTAX'],
    ['NEW: authorization, before the entity', unsigned, anyId, newCommand, 'ERR CMD NO_AUTH'],
    ['LGET: the entity, before authorization', key, '', 'LGET', 'ERR CMD NO_ENTITY'],
    ['credentials, before the queue', unsigned, anyId, 'SUB', 'ERR CMD NO_AUTH'],
    ['credentials, before the queue', key, '', SEND('hello'), 'ERR CMD NO_ENTITY'],
    ['credentials, before the queue', key, anyId, 'LGET', 'ERR CMD HAS_AUTH'],
    ['credentials, before the key', other, anyId, newCommand, 'ERR CMD HAS_AUTH'],
  ] as const
  for (const [name, signer, entityId, command, reply] of table)
    test(`${name}: ${reply}`, async () => {
      await using at = await scene()
      await at.client.asks([signer, 'abcd', entityId, command], reply)
    })
})

describe('verification (5.5) and after it', () => {
  test('the queue, before the service signature', async () => {
    await using at = await scene()
    const service = signingKey()
    await at.client.asks([{ queue: key, service }, 'abcd', anyId, 'SUB'], 'ERR AUTH')
  })

  test('the service signature, before the key', async () => {
    await using at = await scene()
    const q = await at.client.creates()
    const signer = { queue: other, service: signingKey() }
    await at.client.table(
      [signer, '1', q.rid, 'SUB', 'ERR SERVICE'],
      [signer, '2', q.sid, SEND('hello'), 'ERR SERVICE'],
      [signer, '3', '', newCommand, 'ERR SERVICE'],
    )
  })

  test('the key, before the block', async () => {
    await using at = await scene()
    const q = await at.client.creates({ request: { mode: 'messaging' } })
    await block(at, q)
    await at.client.table(
      [other, '1', q.rid, 'SUB', 'ERR AUTH'],
      [other, '2', q.sid, SEND('hello'), 'ERR AUTH'],
      [other, '3', q.sid, SKEY(key), 'ERR AUTH'],
      [bigSigningKey(), '4', q.rid, 'OFF', 'ERR AUTH'],
    )
  })

  test('the key, before the size of a message', async () => {
    await using at = await scene()
    const q = await at.client.creates()
    const large = SEND('x'.repeat(16_049))
    await at.client.table(
      [other, '1', q.sid, large, 'ERR AUTH'],
      [unsigned, '2', anyId, large, 'ERR AUTH'],
      [unsigned, '3', q.sid, large, 'ERR LARGE_MSG'],
    )
  })

  test('the size of a message, before OFF and the block', async () => {
    await using at = await scene()
    const [suspended, spam] = [await at.client.creates(), await at.client.creates()]
    await block(at, spam)
    const large = SEND('x'.repeat(16_049))
    await at.client.table(
      [suspended.key, '1', suspended.rid, 'OFF', 'OK'],
      [unsigned, '2', suspended.sid, large, 'ERR LARGE_MSG'],
      [unsigned, '3', spam.sid, large, 'ERR LARGE_MSG'],
    )
  })

  test('OFF and the block, before the quota', async () => {
    await using at = await scene()
    const [suspended, spam] = [await at.client.creates(), await at.client.creates()]
    for (const { sid } of [suspended, spam])
      await at.client.table(
        [unsigned, '1', sid, SEND('hello'), 'OK'],
        [unsigned, '2', sid, SEND('hello'), 'ERR QUOTA'],
      )
    await at.client.asks([suspended.key, '3', suspended.rid, 'OFF'], 'OK')
    await block(at, spam)
    await at.client.table(
      [unsigned, '4', suspended.sid, SEND('hello'), 'ERR AUTH'],
      [unsigned, '5', spam.sid, SEND('hello'), blocked],
    )
  })

  test('the block, before what the mode and state of the queue allow', async () => {
    await using at = await scene()
    const q = await at.client.creates({ request: { mode: 'messaging' } })
    await at.client.table([q.key, '1', q.rid, 'GET', 'OK'], [q.key, '2', q.rid, KEY(key), 'OK'])
    await block(at, q)
    await at.client.table(
      [q.key, '3', q.rid, 'SUB', blocked],
      [q.key, '4', q.rid, RKEY(key), blocked],
      [q.key, '5', q.rid, KEY(other), blocked],
      [q.key, '6', q.rid, LSET(unknownId(), 'fixed', 'user'), blocked],
      [q.key, '7', q.rid, 'ACK \0', blocked],
      // who may secure the queue is a question of the key, which comes first
      [other, '8', q.sid, SKEY(other), 'ERR AUTH'],
      [key, '9', q.sid, SKEY(key), blocked],
    )
  })

  test('the key, before what the mode and state of the queue allow', async () => {
    await using at = await scene()
    const q = await at.client.creates({ subscribe: true })
    await at.client.table(
      [other, '1', q.rid, 'GET', 'ERR AUTH'],
      [q.key, '2', q.rid, 'GET', 'ERR CMD PROHIBITED'],
      [other, '3', q.rid, 'ACK \0', 'ERR AUTH'],
      [q.key, '4', q.rid, 'ACK \0', 'ERR NO_MSG'],
    )
  })
})

describe('NEW (6.3)', () => {
  const link = (corrId: string) => ({
    senderId: senderIdFor(corrId),
    fixed: new Uint8Array(1),
    user: new Uint8Array(1),
  })
  const messaging = (corrId: string, password?: string): string =>
    NEW({
      authKey: key.publicKey,
      dhKey: dhKey().publicKey,
      ...(password && { password }),
      request: { mode: 'messaging', link: link(corrId) },
    })

  test('the password, before the sender id', async () => {
    await using relay = new WireRelay({ createPassword: 'secret' })
    const client = await relay.connect()
    await client.table(
      [key, 'abcd', '', messaging('other', 'wrong'), 'ERR AUTH'],
      [key, 'abcd', '', messaging('other', 'secret'), 'ERR CMD PROHIBITED'],
    )
  })

  test('the key, before the sender id', async () => {
    await using at = await scene()
    await at.client.asks([other, 'abcd', '', messaging('other')], 'ERR AUTH')
  })

  test('the sender id, before whether it is in use', async () => {
    await using at = await scene()
    await at.client.creates({ corrId: 'one', request: { mode: 'messaging', link: link('one') } })
    await at.client.table(
      [key, 'two', '', messaging('one'), 'ERR CMD PROHIBITED'],
      [key, 'one', '', messaging('one'), 'ERR AUTH'],
    )
  })
})
