/** Queues that change under a command: it is authorised again, and a revoked key cannot act. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { KeyPair } from '../../src/crypto/provider.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import type { QueueRecord } from '../../src/store/store.ts'
import { withTimers } from '../support/clock.ts'
import {
  type CommandText,
  dhKey,
  KEY,
  LKEY,
  LNK,
  LSET,
  NKEY,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { WireQueue } from '../support/wire-directory.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore, type StoreCall } from '../support/wire-store.ts'
import { senderIdFor } from './rows/links.ts'

const scene = async () => {
  const store = new HeldStore()
  const relay = new WireRelay({ held: store })
  const client = await relay.connect()
  return { relay, store, client, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

/** A contact queue with a message, a link and a notifier, so that every command has work to do. */
const richQueue = async (client: WireClient): Promise<WireQueue> => {
  const link = {
    linkId: linkIdOf(nativeCrypto.randomBytes(24)),
    senderId: senderIdFor('rich'),
    fixed: Uint8Array.of(0x66),
    user: Uint8Array.of(0x75),
  }
  const request = { mode: 'contact', link } as const
  const q = await client.creates({ corrId: 'rich', request, notifierKey: signingKey() })
  await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
  return q
}

/** What a recipient's command asks of the store, and how it is said. */
const recipientCommands: readonly (readonly [StoreCall, (q: WireQueue) => CommandText])[] = [
  ['subscribe', () => 'SUB'],
  ['peekMessage', () => 'GET'],
  ['secureQueue', () => KEY(signingKey())],
  ['replaceRecipientKeys', () => RKEY(signingKey())],
  ['setLinkData', (q) => LSET(q.linkId ?? '', 'f', 'new')],
  ['deleteLinkData', () => 'LDEL'],
  ['setNotifier', () => NKEY(signingKey(), dhKey())],
  ['removeNotifier', () => 'NDEL'],
  ['suspendQueue', () => 'OFF'],
  ['deleteQueue', () => 'DEL'],
  ['describeQueue', () => 'QUE'],
]

describe('a recipient key that is revoked meanwhile', () => {
  for (const [call, command] of recipientCommands)
    test(`cannot act: ${call}`, async () => {
      await using at = await scene()
      const { client, relay, store } = at
      const q = await richQueue(client)
      const gate = store.hold(call)
      const said = command(q)
      client.says([q.key, 'abcd', q.rid, said])
      await gate.holds()
      const before = await relay.recordOf(q.rid)
      await relay.store.replaceRecipientKeys(before, [signingKey().publicKey])
      const revoked = await relay.recordOf(q.rid)
      gate.release()
      await client.hears(['abcd', q.rid, 'ERR AUTH'])
      assert.deepEqual(await relay.recordOf(q.rid), revoked)
    })

  test('cannot acknowledge', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const q = await richQueue(client)
    await client.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
    const gate = store.hold('acknowledge')
    client.says([q.key, 'ack', q.rid, q.ack('hello')])
    await gate.holds()
    const other = signingKey()
    const both = [other.publicKey, q.key.publicKey]
    await relay.store.replaceRecipientKeys(await relay.recordOf(q.rid), [other.publicKey])
    gate.release()
    await client.hears(['ack', q.rid, 'ERR AUTH'])
    // the message is still there, and still counts as delivered
    await relay.store.replaceRecipientKeys(await relay.recordOf(q.rid), both)
    await client.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
    await client.asks([q.key, 'get', q.rid, 'GET'], 'OK')
  })

  test('cannot subscribe in a batch whose other queues are subscribed', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const key = signingKey()
    const queues = [
      await client.creates({ key }),
      await client.creates({ key }),
      await client.creates({ key }),
    ] as const
    const gate = store.hold('subscribe')
    client.says(...queues.map(({ rid }, index) => [key, `${index}`, rid, 'SUB'] as const))
    await gate.holds()
    assert.equal(store.calls.get('subscribe'), 1)
    const [, revoked] = queues
    const record = await relay.recordOf(revoked.rid)
    await relay.store.replaceRecipientKeys(record, [signingKey().publicKey])
    gate.release()
    await client.hears(
      ['0', queues[0].rid, 'SOK 0'],
      ['1', revoked.rid, 'ERR AUTH'],
      ['2', queues[2].rid, 'SOK 0'],
    )
  })
})

describe('a key that stays acts on the changed queue', () => {
  for (const [call, command] of recipientCommands)
    test(`${call}`, async () => {
      await using at = await scene()
      const { client, relay, store } = at
      const q = await richQueue(client)
      const gate = store.hold(call)
      client.says([q.key, 'abcd', q.rid, command(q)])
      await gate.holds()
      const record = await relay.recordOf(q.rid)
      await relay.store.replaceRecipientKeys(record, [signingKey().publicKey, q.key.publicKey])
      gate.release()
      const [corrId, entityId, reply] = await client.next()
      assert.deepEqual([corrId, entityId], ['abcd', q.rid])
      assert.match(reply, /^(OK|SOK 0|MSG F hello|NID |INFO )/)
    })

  test('NSUB, and a notifier that was replaced', async () => {
    for (const isReplaced of [false, true]) {
      await using at = await scene()
      const { client, relay, store } = at
      const other = await relay.connect()
      const nKey = signingKey()
      const q = await client.creates({ notifierKey: nKey })
      const nid = q.notifier?.nid ?? ''
      const gate = store.hold('subscribeNotifiers')
      client.says([nKey, 'nsub', nid, 'NSUB'])
      await gate.holds()
      if (isReplaced) await other.addsNotifier(q, signingKey())
      else await other.asks([q.key, 'key', q.rid, KEY(signingKey())], 'OK')
      gate.release()
      await client.hears(['nsub', nid, isReplaced ? 'ERR AUTH' : 'SOK 0'])
    }
  })
})

describe('SEND', () => {
  type Change = (relay: WireRelay, record: QueueRecord) => Promise<unknown>
  const sKey = signingKey()
  const changes: readonly (readonly [string, KeyPair | undefined, Change, string])[] = [
    [
      'unsigned, and the queue is secured',
      undefined,
      ({ store }, record) => store.secureQueue(record, sKey.publicKey),
      'ERR AUTH',
    ],
    ['signed, and OFF', sKey, ({ store }, record) => store.suspendQueue(record), 'ERR AUTH'],
    ['signed, and DEL', sKey, ({ store }, record) => store.deleteQueue(record, 0), 'ERR AUTH'],
    [
      'signed, and blocked',
      sKey,
      ({ store }, record) => store.blockQueue(record, { reason: 'spam' }),
      'ERR BLOCKED reason=spam',
    ],
    [
      'signed, and another change',
      sKey,
      ({ store }, record) => store.replaceRecipientKeys(record, [sKey.publicKey]),
      'OK',
    ],
  ]
  for (const [name, key, change, reply] of changes)
    test(`${name} meanwhile: ${reply}`, async () => {
      await using at = await scene()
      const { client, relay, store } = at
      const q = await client.creates()
      if (key !== undefined) await client.asks([q.key, 'key', q.rid, KEY(key)], 'OK')
      const gate = store.hold('appendMessage')
      client.says([key ?? unsigned, 'send', q.sid, SEND('hello')])
      await gate.holds()
      await change(relay, await relay.recordOf(q.rid))
      gate.release()
      await client.hears(['send', q.sid, reply])
    })

  test('to a notifier that was replaced meanwhile notifies the new one', () =>
    withTimers(async (advance) => {
      await using at = await scene()
      const { client, relay, store } = at
      const other = await relay.connect()
      const nKey = signingKey()
      const q = await client.creates({ notifierKey: nKey, subscribe: true })
      const gate = store.hold('appendMessage')
      client.says([unsigned, 'send', q.sid, SEND('hello', 'T')])
      await gate.holds()
      const notifier = await other.addsNotifier(q, nKey)
      gate.release()
      await client.hears(['', q.rid, 'MSG T hello'], ['send', q.sid, 'OK'])
      await other.asks([nKey, 'nsub', notifier.nid, 'NSUB'], 'SOK 0')
      await advance(1)
      await other.hears(['', notifier.nid, 'NMSG'])
      assert.deepEqual(notifier.messageIds, [q.idOf('hello')])
    }))
})

describe('two who would secure one queue', () => {
  const [first, second] = [signingKey(), signingKey()]

  test('SKEY: one of them does', async () => {
    await using at = await scene()
    const { client, store } = at
    const q = await client.creates({ request: { mode: 'messaging' } })
    const other = await at.relay.connect()
    const gate = store.hold('secureQueue')
    client.says([first, '1', q.sid, SKEY(first)])
    other.says([second, '2', q.sid, SKEY(second)])
    await gate.holds(2)
    gate.releaseLast()
    await other.hears(['2', q.sid, 'OK'])
    gate.release()
    await client.hears(['1', q.sid, 'ERR AUTH'])
    await other.asks([second, 'send', q.sid, SEND('hello')], 'OK')
  })

  test('LKEY: one of them does, and only that one reads the link', async () => {
    await using at = await scene()
    const { client, store } = at
    const other = await at.relay.connect()
    const link = {
      senderId: senderIdFor('link'),
      fixed: Uint8Array.of(0x66),
      user: Uint8Array.of(0x75),
    }
    const q = await client.creates({ corrId: 'link', request: { mode: 'messaging', link } })
    const linkId = q.linkId ?? ''
    const gate = store.hold('openLink')
    client.says([first, '1', linkId, LKEY(first)])
    other.says([second, '2', linkId, LKEY(second)])
    await gate.holds(2)
    gate.releaseLast()
    await other.hears(['2', linkId, LNK(q.sid, 'f', 'u')])
    gate.release()
    await client.hears(['1', linkId, 'ERR AUTH'])
  })

  test('KEY with the same key twice: both are done', async () => {
    await using at = await scene()
    const { client, store } = at
    const other = await at.relay.connect()
    const q = await client.creates()
    const gate = store.hold('secureQueue')
    client.says([q.key, '1', q.rid, KEY(first)])
    other.says([q.key, '2', q.rid, KEY(first)])
    await gate.holds(2)
    gate.release()
    await client.hears(['1', q.rid, 'OK'])
    await other.hears(['2', q.rid, 'OK'])
  })
})

describe('link data', () => {
  test('that LSET gave meanwhile goes with the first SEND after securing', async () => {
    await using at = await scene()
    const { client } = at
    const sKey = signingKey()
    const q = await client.creates({ request: { mode: 'messaging' } })
    const linkId = unknownId()
    await client.table(
      [q.key, '1', q.rid, LSET(linkId, 'f', 'u'), 'OK'],
      [sKey, '2', linkId, LKEY(sKey), LNK(q.sid, 'f', 'u')],
      [sKey, '3', q.sid, SEND('hello'), 'OK'],
      [sKey, '4', linkId, LKEY(sKey), 'ERR AUTH'],
    )
  })

  test('of another queue cannot be taken over', async () => {
    await using at = await scene()
    const { client } = at
    const [q, p] = [await client.creates(), await client.creates()]
    const linkId = unknownId()
    await client.table(
      [q.key, '1', q.rid, LSET(linkId, 'f', 'u'), 'OK'],
      [p.key, '2', p.rid, LSET(linkId, 'f', 'u'), 'ERR AUTH'],
      [q.key, '3', q.rid, 'LDEL', 'OK'],
      [p.key, '4', p.rid, LSET(linkId, 'f', 'u'), 'OK'],
    )
  })
})

describe('a record of the past', () => {
  /** As a pod has it in its cache while another pod changes the queue, until it notices. */
  const remember = (store: HeldStore, past: QueueRecord): void => {
    let isCached = true
    store.answerSome('loadQueues', (_, ids, options) => {
      if (options?.fresh || !isCached) return undefined
      isCached = false
      return ids.map(() => ({ outcome: 'found', queue: past, isFresh: false }))
    })
  }

  test('refuses nothing that is allowed by now', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const [added, sKey] = [signingKey(), signingKey()]
    const [q, p] = [await client.creates(), await client.creates()]
    const past = [await relay.recordOf(q.rid), await relay.recordOf(p.rid)] as const
    await relay.store.replaceRecipientKeys(past[0], [added.publicKey, q.key.publicKey])
    await relay.store.secureQueue(past[1], sKey.publicKey)
    remember(store, past[0])
    await client.asks([added, 'sub', q.rid, 'SUB'], 'SOK 0')
    remember(store, past[1])
    await client.asks([sKey, 'send', p.sid, SEND('hello')], 'OK')
  })

  test('refuses nothing for a block or an OFF that is over', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const [q, p] = [await client.creates(), await client.creates()]
    await relay.store.blockQueue(await relay.recordOf(q.rid), { reason: 'spam' })
    await relay.store.suspendQueue(await relay.recordOf(p.rid))
    const past = [await relay.recordOf(q.rid), await relay.recordOf(p.rid)] as const
    for (const record of past) await relay.store.unblockQueue(record)
    remember(store, past[0])
    await client.asks([q.key, 'ndel', q.rid, 'NDEL'], 'OK')
    remember(store, past[0])
    await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
    remember(store, past[1])
    await client.asks([unsigned, 'send', p.sid, SEND('hello')], 'OK')
  })

  test('allows nothing that is refused by now', async () => {
    await using at = await scene()
    const { client, relay, store } = at
    const [q, p] = [await client.creates(), await client.creates()]
    const past = [await relay.recordOf(q.rid), await relay.recordOf(p.rid)] as const
    await relay.store.replaceRecipientKeys(past[0], [signingKey().publicKey])
    await relay.store.suspendQueue(past[1])
    for (const command of ['SUB', 'GET', 'QUE', 'OFF', 'DEL', KEY(signingKey())]) {
      remember(store, past[0])
      await client.asks([q.key, 'x', q.rid, command], 'ERR AUTH')
    }
    remember(store, past[1])
    await client.asks([unsigned, 'send', p.sid, SEND('hello')], 'ERR AUTH')
  })
})

test('a queue that changes at every attempt is a fault, after five of them', async () => {
  await using at = await scene()
  const { client, relay, store } = at
  const q = await client.creates()
  store.answer('describeQueue', { outcome: 'stale' })
  await client.asks([q.key, 'que', q.rid, 'QUE'], 'ERR INTERNAL')
  assert.equal(store.calls.get('describeQueue'), 5)
  assert.deepEqual(relay.faults.splice(0), ['QUE'])
})
