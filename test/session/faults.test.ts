/** Faults of the store: ERR INTERNAL, a line in the log without ids, and the session goes on. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import {
  dhKey,
  KEY,
  type Line,
  LKEY,
  LSET,
  NEW,
  NKEY,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore, type StoreCall } from '../support/wire-store.ts'
import { senderIdFor } from './rows/links.ts'

const [sKey, nKey] = [signingKey(), signingKey()]

const scene = async () => {
  const store = new HeldStore()
  const relay = new WireRelay({ held: store })
  const client = await relay.connect()
  const content = { fixed: Uint8Array.of(0x66), user: Uint8Array.of(0x75) }
  const messaging = await client.creates({
    corrId: 'messaging',
    request: { mode: 'messaging', link: { senderId: senderIdFor('messaging'), ...content } },
  })
  const linkId = linkIdOf(nativeCrypto.randomBytes(24))
  const contact = await client.creates({
    corrId: 'contact',
    notifierKey: nKey,
    request: { mode: 'contact', link: { linkId, senderId: senderIdFor('contact'), ...content } },
  })
  await client.asks([unsigned, 'send', contact.sid, SEND('hello')], 'OK')
  await client.asks([contact.key, 'get', contact.rid, 'GET'], 'MSG F hello')
  return {
    ...{ relay, store, client, messaging, contact },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

type Queues = { readonly messaging: WireQueue; readonly contact: WireQueue }
const newFields = { authKey: sKey.publicKey, dhKey: dhKey().publicKey }

const commands: readonly (readonly [tag: string, StoreCall, (queues: Queues) => Line])[] = [
  ['NEW', 'createQueue', () => [sKey, 'x', '', NEW(newFields)]],
  ['NEW', 'createQueue', () => [sKey, 'x', '', NEW({ ...newFields, subscribe: true })]],
  ['SUB', 'subscribe', ({ messaging: q }) => [q.key, 'x', q.rid, 'SUB']],
  ['KEY', 'secureQueue', ({ messaging: q }) => [q.key, 'x', q.rid, KEY(sKey)]],
  ['RKEY', 'replaceRecipientKeys', ({ contact: q }) => [q.key, 'x', q.rid, RKEY(sKey)]],
  ['LSET', 'setLinkData', ({ contact: q }) => [q.key, 'x', q.rid, LSET(q.linkId ?? '', 'f', 'v')]],
  ['LDEL', 'deleteLinkData', ({ contact: q }) => [q.key, 'x', q.rid, 'LDEL']],
  ['NKEY', 'setNotifier', ({ contact: q }) => [q.key, 'x', q.rid, NKEY(nKey, dhKey())]],
  ['NDEL', 'removeNotifier', ({ contact: q }) => [q.key, 'x', q.rid, 'NDEL']],
  ['GET', 'peekMessage', ({ contact: q }) => [q.key, 'x', q.rid, 'GET']],
  ['ACK', 'acknowledge', ({ contact: q }) => [q.key, 'x', q.rid, q.ack('hello')]],
  ['OFF', 'suspendQueue', ({ contact: q }) => [q.key, 'x', q.rid, 'OFF']],
  ['DEL', 'deleteQueue', ({ contact: q }) => [q.key, 'x', q.rid, 'DEL']],
  ['QUE', 'describeQueue', ({ contact: q }) => [q.key, 'x', q.rid, 'QUE']],
  ['SKEY', 'secureQueue', ({ messaging: q }) => [sKey, 'x', q.sid, SKEY(sKey)]],
  ['SEND', 'appendMessage', ({ contact: q }) => [unsigned, 'x', q.sid, SEND('more')]],
  ['LKEY', 'openLink', ({ messaging: q }) => [sKey, 'x', q.linkId ?? '', LKEY(sKey)]],
  ['LGET', 'openLink', ({ contact: q }) => [unsigned, 'x', q.linkId ?? '', 'LGET']],
  ['NSUB', 'subscribeNotifiers', ({ contact: q }) => [nKey, 'x', q.notifier?.nid ?? '', 'NSUB']],
]

describe('a command whose store call fails', () => {
  for (const [tag, call, line] of commands)
    test(`${tag}: ERR INTERNAL, and the same command works later`, async () => {
      await using at = await scene()
      const { relay, store, client } = at
      const said = line(at)
      const before = await relay.recordOf(at.contact.rid)
      store.break(call)
      await client.asks(said, 'ERR INTERNAL')
      assert.deepEqual(relay.faults.splice(0), [tag])
      assert.deepEqual(await relay.recordOf(at.contact.rid), before)
      await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
      store.mend(call)
      client.says(said)
      const [corrId, entityId, reply] = await client.next()
      assert.deepEqual([corrId, entityId], [said[1], said[2]])
      assert.doesNotMatch(reply, /^ERR/)
    })
})

describe('a block whose queues cannot be loaded', () => {
  test('is answered line by line: what needs no queue is not held up', async () => {
    await using at = await scene()
    const { relay, store, client, contact: q } = at
    store.break('loadQueues')
    client.says(
      [q.key, '1', q.rid, 'GET'],
      [unsigned, '2', '', 'PING'],
      [unsigned, '3', q.sid, SEND('more')],
      [unsigned, '4', '', 'HELLO'],
      [unsigned, '5', q.rid, 'SUB'],
      [new Uint8Array(63), '6', q.rid, 'SUB'],
      [nKey, '7', '', NEW(newFields)],
      [q.key, '8', unknownId(), 'SUB'],
    )
    await client.hears(
      ['1', q.rid, 'ERR INTERNAL'],
      ['2', '', 'PONG'],
      ['3', q.sid, 'ERR INTERNAL'],
      ['4', '', 'ERR CMD UNKNOWN'],
      ['5', q.rid, 'ERR CMD NO_AUTH'],
      ['6', '', 'ERR BLOCK'],
      ['7', '', 'ERR AUTH'],
    )
    assert.deepEqual((await client.next())[2], 'ERR INTERNAL')
    assert.deepEqual(relay.faults.splice(0), ['load'])
    store.mend('loadQueues')
    await client.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
  })

  test('again, after a change that made a command stale', async () => {
    await using at = await scene()
    const { relay, store, client, contact: q } = at
    const gate = store.hold('describeQueue')
    client.says([q.key, 'que', q.rid, 'QUE'])
    await gate.holds()
    await relay.store.suspendQueue(await relay.recordOf(q.rid))
    store.break('loadQueues')
    gate.release()
    await client.hears(['que', q.rid, 'ERR INTERNAL'])
    assert.deepEqual(relay.faults.splice(0), ['QUE'])
  })
})

test('the SUBs of a block fail together, and the session keeps none of them', async () => {
  await using at = await scene()
  const { relay, store, client, contact } = at
  const queues = [await client.creates(), await client.creates()] as const
  store.break('subscribe')
  client.says(...queues.map((q): Line => [q.key, 'sub', q.rid, 'SUB']), [unsigned, 'p', '', 'PING'])
  await client.hears(...queues.map(({ rid }) => ['sub', rid, 'ERR INTERNAL'] as const), [
    'p',
    '',
    'PONG',
  ])
  assert.deepEqual(relay.faults.splice(0), ['SUB', 'SUB'])
  store.mend('subscribe')
  // GET is not prohibited, as it would be to a subscriber
  for (const q of queues) await client.asks([q.key, 'get', q.rid, 'GET'], 'OK')
  // and for the getter that there is, SUB still is
  await client.asks([contact.key, 'sub', contact.rid, 'SUB'], 'ERR CMD PROHIBITED')
})
