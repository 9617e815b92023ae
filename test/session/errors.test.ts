/** protocol.md section 7: every error that the commands of this relay can give. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { SEALED_BYTES } from '../../src/protocol/block.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import type { DhKey } from '../../src/protocol/keys.ts'
import {
  ACK,
  authorizationOf,
  bigSigningKey,
  dhKey,
  KEY,
  NEW,
  NKEY,
  RKEY,
  randomText,
  SEND,
  SKEY,
  signingKey,
  spki,
  transmissionOf,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { HeldStore } from '../support/wire-store.ts'
import { senderIdFor } from './rows/links.ts'

describe('BLOCK', () => {
  test('a block that does not decrypt; the next one does', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    client.damagesNextBlock()
    client.says([unsigned, 'lost', '', 'PING'])
    await client.hears(['', '', 'ERR BLOCK'])
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    // a block that is lost on the way cannot be told from damaged ones: the keys no longer agree
    client.connection.send(nativeCrypto.randomBytes(16_384))
    client.says([unsigned, 'lost', '', 'PING'])
    await client.hears(['', '', 'ERR BLOCK'], ['', '', 'ERR BLOCK'])
  })

  test('lengths that lead out of the block', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    client.saysPadded(new Uint8Array(SEALED_BYTES).fill(0xff))
    await client.hears(['', '', 'ERR BLOCK'])
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
  })

  test('an authorization of no known length echoes the corrId only', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    for (const length of [1, 63, 65, 79, 81, 113, 115, 255]) {
      client.says([new Uint8Array(length), 'abcd', unknownId(), 'SUB'])
      await client.hears(['abcd', '', 'ERR BLOCK'])
    }
  })
})

test('SESSION: another session id in v6, and none', async () => {
  await using relay = new WireRelay()
  const client = await relay.connect({ version: 6 })
  const key = signingKey()
  for (const sessionId of [nativeCrypto.randomBytes(32), new Uint8Array(0)]) {
    const session = { ...client.session, sessionId }
    client.saysTransmissions(transmissionOf(session, [key, 'abcd', unknownId(), 'SUB']))
    await client.hears(['abcd', '', 'ERR SESSION'])
  }
})

describe('AUTH', () => {
  const keys = { Ed25519: signingKey(), Ed448: bigSigningKey(), X25519: dhKey() }
  for (const [queueKind, queueKey] of Object.entries(keys))
    for (const [usedKind, usedKey] of Object.entries({
      Ed25519: signingKey(),
      Ed448: bigSigningKey(),
      X25519: dhKey(),
    }))
      test(`a queue of ${queueKind}, another key of ${usedKind}`, async () => {
        await using relay = new WireRelay()
        const client = await relay.connect()
        const q = await client.creates({ key: queueKey })
        await client.table(
          [queueKey, 'abcd', q.rid, KEY(queueKey), 'OK'],
          [usedKey, 'bcda', q.rid, 'SUB', 'ERR AUTH'],
          [usedKey, 'cdab', unknownId(), 'SUB', 'ERR AUTH'],
          [usedKey, 'dabc', q.sid, SEND('hello'), 'ERR AUTH'],
          [usedKey, 'abcd', unknownId(), SEND('hello'), 'ERR AUTH'],
          [queueKey, 'bcda', q.sid, SEND('hello'), 'OK'],
        )
      })

  test('a credential is good for its corrId, entity, command and session only', async () => {
    await using relay = new WireRelay()
    const [client, other] = [await relay.connect(), await relay.connect()]
    for (const key of Object.values(keys)) {
      const [q, p] = [await client.creates({ key }), await client.creates({ key })]
      const made = authorizationOf(client.session, [key, 'abcd', q.rid, 'GET'])
      await client.table(
        [made, 'abcd', q.rid, 'GET', 'OK'],
        [made, 'abce', q.rid, 'GET', 'ERR AUTH'],
        [made, 'abcd', p.rid, 'GET', 'ERR AUTH'],
        [made, 'abcd', q.rid, 'QUE', 'ERR AUTH'],
      )
      await other.asks([made, 'abcd', q.rid, 'GET'], 'ERR AUTH')
    }
  })

  test('NEW with a password that is not the server’s', async () => {
    await using relay = new WireRelay({ createPassword: 'let me in' })
    const client = await relay.connect()
    const key = signingKey()
    const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
    await client.table(
      [key, '1', '', NEW(fields), 'ERR AUTH'],
      [key, '2', '', NEW({ ...fields, password: 'letmein' }), 'ERR AUTH'],
    )
  })

  test('NEW and any password where the server has none', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    assert.equal((await client.creates({ password: 'whatever' })).rid.length, 24)
  })

  test('NEW signed by another key than the one it brings', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const fields = { authKey: signingKey().publicKey, dhKey: dhKey().publicKey }
    await client.asks([signingKey(), '1', '', NEW(fields)], 'ERR AUTH')
  })

  test('NEW whose own ids are in use', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const linkId = linkIdOf(nativeCrypto.randomBytes(24))
    const content = { fixed: new Uint8Array(3), user: new Uint8Array(4) }
    const linkFor = (corrId: string) => ({ linkId, senderId: senderIdFor(corrId), ...content })
    await client.creates({ corrId: 'one', request: { mode: 'contact', link: linkFor('one') } })
    const key = signingKey()
    const again = (corrId: string) =>
      NEW({
        authKey: key.publicKey,
        dhKey: dhKey().publicKey,
        request: { mode: 'contact', link: linkFor(corrId) },
      })
    await client.table(
      // the same sender id, then another one with the same link id
      [key, 'one', '', again('one'), 'ERR AUTH'],
      [key, 'two', '', again('two'), 'ERR AUTH'],
    )
  })
})

describe('BLOCKED', () => {
  const cases = [
    [18, 'ERR BLOCKED reason=spam,notice={"ttl":60}'],
    [17, 'ERR BLOCKED reason=spam'],
    [12, 'ERR BLOCKED reason=spam'],
    [11, 'ERR AUTH'],
    [6, 'ERR AUTH'],
  ] as const
  for (const [version, reply] of cases)
    test(`v${version}: ${reply}`, async () => {
      await using relay = new WireRelay()
      const client = await relay.connect({ version })
      const q = await client.creates({ subscribe: true })
      const record = await relay.recordOf(q.rid)
      const blocking = { reason: 'spam', notice: { ttlSeconds: 60 } } as const
      await relay.store.blockQueue(record, blocking)
      // the subscriber learns of it at once
      await client.hears(['', q.rid, reply])
      await client.table(
        [q.key, 'abcd', q.rid, 'SUB', reply],
        [unsigned, 'bcda', q.sid, SEND('hello'), reply],
      )
    })

  test('which commands are refused, and that OFF replaces the block', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const [sKey, nKey] = [signingKey(), signingKey()]
    const q = await client.creates({ notifierKey: nKey, request: { mode: 'messaging' } })
    await relay.store.blockQueue(await relay.recordOf(q.rid), { reason: 'content' })
    const blocked = 'ERR BLOCKED reason=content'
    const recipientCommands = [
      ...['SUB', 'GET', 'QUE', 'LDEL', 'NDEL', 'ACK \0', KEY(sKey), RKEY(sKey)],
      NKEY(nKey, dhKey()),
    ]
    for (const command of recipientCommands)
      await client.asks([q.key, 'abcd', q.rid, command], blocked)
    await client.table(
      [sKey, 'bcda', q.sid, SKEY(sKey), blocked],
      [unsigned, 'cdab', q.sid, SEND('hello'), blocked],
      [nKey, 'dabc', q.notifier?.nid ?? '', 'NSUB', 'SOK 0'],
      [q.key, 'abcd', q.rid, 'OFF', 'OK'],
      [q.key, 'bcda', q.rid, 'SUB', 'SOK 0'],
      [unsigned, 'cdab', q.sid, SEND('hello'), 'ERR AUTH'],
      [q.key, 'dabc', q.rid, 'DEL', 'OK'],
    )
    await client.hearsNothing()
  })

  test('DEL of a blocked queue', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const q = await client.creates()
    await relay.store.blockQueue(await relay.recordOf(q.rid), { reason: 'content' })
    await client.asks([q.key, 'dabc', q.rid, 'DEL'], 'OK')
  })
})

test('SERVICE: a service signature, or a service command, in an ordinary session', async () => {
  await using relay = new WireRelay()
  const client = await relay.connect()
  const [key, nKey, service] = [signingKey(), signingKey(), signingKey()]
  const q = await client.creates({ key, notifierKey: nKey })
  const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
  await client.table(
    [{ queue: key, service }, '1', '', NEW(fields), 'ERR SERVICE'],
    [{ queue: key, service }, '2', q.rid, 'SUB', 'ERR SERVICE'],
    [{ queue: key, service }, '3', q.rid, 'GET', 'ERR SERVICE'],
    [{ queue: nKey, service }, '4', q.notifier?.nid ?? '', 'NSUB', 'ERR SERVICE'],
    [key, '5', unknownId(), 'SUBS', 'ERR SERVICE'],
    [key, '6', unknownId(), 'NSUBS', 'ERR SERVICE'],
  )
})

test('QUOTA and NO_MSG leave everything as it was', async () => {
  await using relay = new WireRelay({ queueQuota: 1 })
  const client = await relay.connect()
  const q = await client.creates({ subscribe: true })
  await client.asks([q.key, 'abcd', q.rid, ACK(unknownId())], 'ERR NO_MSG')
  client.says([unsigned, 'bcda', q.sid, SEND('hello')])
  await client.hears(['', q.rid, 'MSG F hello'], ['bcda', q.sid, 'OK'])
  await client.table(
    [unsigned, 'cdab', q.sid, SEND('more'), 'ERR QUOTA'],
    [q.key, 'dabc', q.rid, ACK(unknownId()), 'ERR NO_MSG'],
    [q.key, 'abcd', q.rid, ACK(randomText(3)), 'ERR NO_MSG'],
    [q.key, 'bcda', q.rid, q.ack('hello'), 'MSG QUOTA'],
    [q.key, 'cdab', q.rid, q.ack('QUOTA'), 'OK'],
  )
})

describe('CMD SYNTAX for keys', () => {
  const lowOrder = { algorithm: 'X25519', raw: new Uint8Array(32) } as DhKey
  test('a DH key of low order in NEW and NKEY', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const key = signingKey()
    const fields = { authKey: key.publicKey, dhKey: lowOrder }
    const notifier = { authKey: key.publicKey, dhKey: lowOrder }
    const q = await client.creates()
    await client.table(
      [key, '1', '', NEW(fields), 'ERR CMD SYNTAX'],
      [key, '2', '', NEW({ ...fields, dhKey: dhKey().publicKey, notifier }), 'ERR CMD SYNTAX'],
      [q.key, '3', q.rid, `NKEY ${spki(key.publicKey)}${spki(lowOrder)}`, 'ERR CMD SYNTAX'],
    )
  })
})

describe('INTERNAL', () => {
  test('NEW and NKEY find no free id', async () => {
    const store = new HeldStore()
    await using relay = new WireRelay({ held: store })
    const client = await relay.connect()
    const q = await client.creates()
    store.answer('createQueue', { outcome: 'taken' })
    store.answer('setNotifier', { outcome: 'taken' })
    const key = signingKey()
    const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
    await client.table(
      [key, '1', '', NEW(fields), 'ERR INTERNAL'],
      [q.key, '2', q.rid, NKEY(key, dhKey()), 'ERR INTERNAL'],
    )
    // the first NEW was let through
    assert.equal(store.calls.get('createQueue'), 1 + 3)
    assert.equal(store.calls.get('setNotifier'), 3)
  })
})
