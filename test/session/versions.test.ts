/** What differs between SMP v6 and v18 in a session: forms, sizes, and where blocks are encrypted. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { latin1Text } from '../../src/protocol/bytes.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import {
  bigSigningKey,
  dhKey,
  KEY,
  LNK,
  NEW,
  SEND,
  SKEY,
  short,
  signingKey,
  unsigned,
} from '../support/wire.ts'
import type { ConnectOptions } from '../support/wire-hello.ts'
import { WireRelay } from '../support/wire-relay.ts'
import { senderIdFor } from './rows/links.ts'

const versions = Array.from({ length: 13 }, (_, index) => 6 + index)
const from = (version: number) => versions.filter((one) => one >= version)
const before = (version: number) => versions.filter((one) => one < version)

describe('IDS', () => {
  const key = signingKey()
  const idsFor = async (version: number, mode?: 'messaging' | 'contact'): Promise<string> => {
    await using relay = new WireRelay()
    const client = await relay.connect({ version })
    const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
    client.says([key, 'abcd', '', NEW({ ...fields, ...(mode && { request: { mode } }) }, version)])
    const [corrId, entityId, reply] = await client.next()
    assert.deepEqual([corrId, entityId], ['abcd', ''])
    assert.match(reply, /^IDS .{25}.{25},.{44}/s)
    return reply.slice('IDS '.length + 25 + 25 + 45)
  }
  // what follows the ids and the key: mode, link id, service id, notifier
  const forms: readonly (readonly [versions: readonly number[], string, string, string])[] = [
    [before(9), '', '', ''],
    [from(9).filter((version) => version < 15), 'F', 'T', 'F'],
    [[15], '00', '1M0', '1C0'],
    [[16], '000', '1M00', '1C00'],
    [from(17), '0000', '1M000', '1C000'],
  ]
  for (const [of, none, messaging, contact] of forms)
    for (const version of of)
      test(`v${version}`, async () => {
        assert.equal(await idsFor(version), none)
        assert.equal(await idsFor(version, 'messaging'), messaging)
        assert.equal(await idsFor(version, 'contact'), contact)
      })

  test('with a notifier and a link', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const linkId = linkIdOf(nativeCrypto.randomBytes(24))
    const link = {
      linkId,
      senderId: senderIdFor('abcd'),
      fixed: Uint8Array.of(1),
      user: Uint8Array.of(2),
    }
    const [nKey, dh] = [signingKey(), dhKey()]
    const fields = { authKey: key.publicKey, dhKey: dhKey().publicKey }
    const notifier = { authKey: nKey.publicKey, dhKey: dh.publicKey }
    const command = NEW({ ...fields, request: { mode: 'contact', link }, notifier })
    client.says([key, 'abcd', '', command])
    const [, , reply] = await client.next()
    const tail = reply.slice('IDS '.length + 25 + 25 + 45)
    assert.equal(tail.slice(0, -70), `1C1${short(linkId)}01`)
    assert.match(tail.slice(-70), /^.{25},.{44}$/s)
  })
})

describe('who may secure a queue follows from its mode', () => {
  const sKey = signingKey()
  const table: readonly (readonly [readonly number[], 'messaging' | 'contact', string])[] = [
    [before(9), 'messaging', 'ERR AUTH'],
    [from(9), 'messaging', 'OK'],
    [from(9), 'contact', 'ERR AUTH'],
  ]
  for (const [of, mode, reply] of table)
    for (const version of of)
      test(`SKEY, ${mode} asked for in v${version}: ${reply}`, async () => {
        await using relay = new WireRelay()
        const client = await relay.connect({ version })
        const q = await client.creates({ request: { mode } })
        await client.asks([sKey, 'abcd', q.sid, SKEY(sKey)], reply)
        // KEY is for queues of any mode
        await client.asks([q.key, 'bcda', q.rid, KEY(sKey)], 'OK')
      })
})

describe('all commands of an ordinary client', () => {
  for (const version of versions)
    for (const makeKey of [signingKey, bigSigningKey, dhKey])
      test(`v${version}, ${makeKey().publicKey.algorithm}`, async () => {
        await using relay = new WireRelay({ createPassword: 'secret' })
        const client = await relay.connect({ version })
        const other = await relay.connect({ version })
        const sok = version >= 16 ? 'SOK 0' : 'OK'
        const [key, sKey, nKey] = [makeKey(), makeKey(), makeKey()]
        const q = await client.creates({ key, password: 'secret', subscribe: true })
        await client.asks([key, '1', q.rid, KEY(sKey)], 'OK')
        const notifier = await client.addsNotifier(q, nKey)
        await other.table(
          [nKey, '2', notifier.nid, 'NSUB', sok],
          [sKey, '3', q.sid, SEND('hello'), 'OK'],
          [unsigned, '4', '', 'PING', 'PONG'],
        )
        await client.hears(['', q.rid, 'MSG F hello'])
        other.says([key, '5', q.rid, 'SUB'])
        await other.hears(['5', q.rid, sok], ['', q.rid, 'MSG F hello'])
        await client.hears(['', q.rid, 'END'])
        await client.asks([key, '6', q.rid, 'DEL'], 'OK')
        // DELD was END once
        const deleted = version >= 10 ? 'DELD' : 'END'
        await other.hearsAll(['', q.rid, deleted], ['', notifier.nid, deleted])
      })
})

describe('the largest body', () => {
  const limits = [
    [[6, 7], 16_088],
    [[8, 9, 10], 16_064],
    [from(11), 16_048],
  ] as const
  for (const [of, limit] of limits)
    for (const version of of)
      test(`v${version}: ${limit} bytes`, async () => {
        await using relay = new WireRelay()
        const client = await relay.connect({ version })
        const sKey = signingKey()
        const q = await client.creates({ subscribe: true })
        await client.asks([q.key, 'abcd', q.rid, KEY(sKey)], 'OK')
        const largest = 'x'.repeat(limit)
        client.says([sKey, 'bcda', q.sid, SEND(largest)])
        await client.hears(['', q.rid, `MSG F ${largest}`], ['bcda', q.sid, 'OK'])
        await client.asks([sKey, 'cdab', q.sid, SEND(`${largest}x`)], 'ERR LARGE_MSG')
      })

  test('one that was sent in v6 reaches a recipient in v18', async () => {
    await using relay = new WireRelay()
    const [r, s] = [await relay.connect(), await relay.connect({ version: 6 })]
    const q = await r.creates({ subscribe: true })
    const largest = 'x'.repeat(16_088)
    await s.asks([unsigned, 'bcda', q.sid, SEND(largest)], 'OK')
    await r.hears(['', q.rid, `MSG F ${largest}`])
  })

  test('an empty one', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const q = await client.creates({ subscribe: true })
    client.says([unsigned, 'bcda', q.sid, SEND('')])
    await client.hears(['', q.rid, 'MSG F '], ['bcda', q.sid, 'OK'])
  })

  test('flags of a later version', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    const q = await client.creates({ subscribe: true })
    client.says([unsigned, 'bcda', q.sid, 'SEND T123 hello'])
    await client.hears(['', q.rid, 'MSG T hello'], ['bcda', q.sid, 'OK'])
  })
})

test('tags are not bound to versions', async () => {
  await using relay = new WireRelay()
  const [old, r] = [await relay.connect({ version: 6 }), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ request: { mode: 'messaging' } })
  const link = {
    linkId: linkIdOf(nativeCrypto.randomBytes(24)),
    senderId: senderIdFor('contact'),
    fixed: Uint8Array.of(0x66),
    user: Uint8Array.of(0x75),
  }
  const contact = await r.creates({ corrId: 'contact', request: { mode: 'contact', link } })
  await old.table(
    [sKey, 'abcd', q.sid, SKEY(sKey), 'OK'],
    [unsigned, 'bcda', link.linkId, 'LGET', LNK(contact.sid, 'f', 'u')],
  )
})

describe('block encryption', () => {
  const table: readonly (readonly [ConnectOptions, isEncrypted: boolean])[] = [
    [{ version: 10 }, false],
    [{ version: 11 }, true],
    [{ version: 18 }, true],
    [{ version: 11, hasKey: false }, false],
    [{ version: 13, hasKey: false }, false],
    [{ version: 18, hasKey: false }, false],
    [{ version: 14, proxyServer: true }, false],
    [{ version: 18, proxyServer: true }, false],
  ]
  for (const [options, isEncrypted] of table) {
    const { version, hasKey = true, proxyServer = false } = options
    const name = `v${version}, ${hasKey ? '' : 'no '}key, ${proxyServer ? '' : 'no '}proxy`
    test(`${name}: ${isEncrypted ? 'encrypted' : 'plain'}`, async () => {
      await using relay = new WireRelay()
      const client = await relay.connect(options)
      assert.equal(client.isEncrypted, isEncrypted)
      const key = signingKey()
      client.says([key, 'marker of a plain block', 'nobody', 'SUB'])
      await new Promise(setImmediate)
      const block = client.connection.take()
      assert.ok(block)
      assert.equal(latin1Text(block).includes('marker of a plain block'), !isEncrypted)
    })
  }

  test('authenticators work without a key of the client', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect({ hasKey: false })
    const key = dhKey()
    const q = await client.creates({ key })
    await client.asks([key, 'abcd', q.rid, 'SUB'], 'SOK 0')
  })

  test('the session id of TLS 1.2 has 12 bytes', async () => {
    await using relay = new WireRelay()
    for (const version of [6, 7, 18]) {
      const client = await relay.connect({ version, sessionId: nativeCrypto.randomBytes(12) })
      const q = await client.creates()
      await client.asks([q.key, 'abcd', q.rid, 'GET'], 'OK')
    }
  })
})
