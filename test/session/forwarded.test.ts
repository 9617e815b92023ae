/** What another relay forwards (protocol.md, 9.4 and 9.5). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes, latin1Bytes, latin1Text, utf8Bytes } from '../../src/protocol/bytes.ts'
import { encodeSpki } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import { Writer } from '../../src/protocol/writer.ts'
import {
  bigSigningKey,
  dhKey,
  type Heard,
  type Line,
  LKEY,
  LNK,
  randomText,
  SEND,
  SKEY,
  signingKey,
  spki,
  transmissionOf,
  unknownId,
  unsigned,
} from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { type EnvelopeOptions, envelopeOf } from '../support/wire-forward.ts'
import { WireRelay } from '../support/wire-relay.ts'

const nonce = (): string => randomText(24)
const asRelay = { proxyServer: true }

/** Forwards the lines as one command and gives the outer answer, or the inner ones. */
const forwards = async (
  relay: WireClient,
  options: Omit<EnvelopeOptions, 'corrId'>,
  ...lines: readonly Line[]
): Promise<string | readonly Heard[]> => {
  const corrId = nonce()
  const envelope = envelopeOf(relay.session, { ...options, corrId }, ...lines)
  relay.says([unsigned, corrId, '', `RFWD ${latin1Text(envelope.content)}`])
  const [heardCorrId, entityId, reply] = await relay.next()
  assert.deepEqual([heardCorrId, entityId], [corrId, ''])
  return reply.startsWith('RRES ') ? envelope.read(latin1Bytes(reply.slice(5))) : reply
}

const asks = async (
  relay: WireClient,
  [signer, corrId, entityId, command]: Line,
  reply: string,
  version = 17,
): Promise<void> =>
  assert.deepEqual(await forwards(relay, { version }, [signer, corrId, entityId, command]), [
    [corrId, entityId, reply],
  ])

describe('a forwarded command', () => {
  for (const senderKey of [signingKey(), bigSigningKey(), dhKey()])
    test(`sends before and after the sender secured the queue (${senderKey.publicKey.algorithm})`, async () => {
      await using server = new WireRelay()
      const recipient = await server.connect()
      const relay = await server.connect(asRelay)
      const { sid, rid } = await recipient.creates({
        subscribe: true,
        request: { mode: 'messaging' },
      })
      await asks(relay, [unsigned, nonce(), sid, SEND('first', 'T')], 'OK')
      await asks(relay, [senderKey, nonce(), sid, SEND('too early')], 'ERR AUTH')
      await asks(relay, [senderKey, nonce(), sid, SKEY(senderKey)], 'OK')
      await asks(relay, [senderKey, nonce(), sid, SKEY(senderKey)], 'OK')
      await asks(relay, [senderKey, nonce(), sid, SEND('x'.repeat(16_048))], 'OK')
      await asks(relay, [unsigned, nonce(), sid, SEND('unsigned')], 'ERR AUTH')
      await asks(relay, [signingKey(), nonce(), sid, SEND('of another')], 'ERR AUTH')
      await recipient.hears(['', rid, 'MSG T first'])
    })

  test('reads and secures by a link', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const invitation = await recipient.creates({ request: { mode: 'messaging' } })
    const contact = await recipient.creates({ request: { mode: 'contact' } })
    const [invitationId, contactId] = [unknownId(), unknownId()]
    const data = ['f'.repeat(2048), 'u'.repeat(13_824)] as const
    const parts = `${String.fromCharCode(8, 0)}${data[0]}${String.fromCharCode(54, 0)}${data[1]}`
    await recipient.table(
      [invitation.key, 'a', invitation.rid, `LSET \x18${invitationId}${parts}`, 'OK'],
      [contact.key, 'b', contact.rid, `LSET \x18${contactId}${parts}`, 'OK'],
    )
    const key = signingKey()
    await asks(relay, [key, nonce(), invitationId, LKEY(key)], LNK(invitation.sid, ...data))
    await asks(relay, [unsigned, nonce(), contactId, 'LGET'], LNK(contact.sid, ...data))
    await asks(relay, [unsigned, nonce(), invitationId, 'LGET'], 'ERR AUTH')
    await asks(relay, [key, nonce(), contactId, LKEY(key)], 'ERR AUTH')
    await asks(relay, [unsigned, nonce(), unknownId(), 'LGET'], 'ERR AUTH')
  })

  test('notifies where it asks for it', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const notifierKey = signingKey()
    const queue = await recipient.creates({ notifierKey })
    const { nid = '' } = queue.notifier ?? {}
    await recipient.asks([notifierKey, 'n', nid, 'NSUB'], 'SOK 0')
    await asks(relay, [unsigned, nonce(), queue.sid, SEND('loud', 'T')], 'OK')
    await asks(relay, [unsigned, nonce(), queue.sid, SEND('quiet', 'F')], 'OK')
    await recipient.hears(['', nid, 'NMSG'])
    await recipient.hearsNothing()
  })

  test('is read and answered in its own version', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { sid, rid } = await recipient.creates()
    const sizes = [
      [8, 16_064],
      [10, 16_064],
      [11, 16_048],
      [17, 16_048],
      [18, 16_048],
      [40_000, 16_048],
    ] as const
    for (const [version, most] of sizes) {
      const line = (length: number): Line => [unsigned, nonce(), sid, SEND('m'.repeat(length))]
      await asks(relay, line(most), 'OK', version)
      await asks(relay, line(most + 1), 'ERR LARGE_MSG', version)
    }
    // v6: with the session id
    await asks(relay, [unsigned, nonce(), sid, SEND('old')], 'OK', 6)
    await server.store.blockQueue(await server.recordOf(rid), { reason: 'spam' })
    await asks(relay, [unsigned, nonce(), sid, SEND('x')], 'ERR AUTH', 11)
    await asks(relay, [unsigned, nonce(), sid, SEND('x')], 'ERR BLOCKED reason=spam', 12)
  })

  test('is one of a sender', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { rid, key, sid } = await recipient.creates()
    const prohibited = 'ERR CMD PROHIBITED'
    const newQueue = `NEW ${spki(key.publicKey)}${spki(dhKey().publicKey)}0S00`
    for (const command of [
      'SUB',
      'GET',
      'OFF',
      'DEL',
      'QUE',
      'ACK \x00',
      'NDEL',
      'LDEL',
      'NSUB',
      'SUBS',
    ])
      await asks(relay, [key, nonce(), rid, command], prohibited)
    await asks(relay, [key, nonce(), '', newQueue], prohibited)
    for (const command of ['PING', 'RFWD xyz'])
      await asks(relay, [unsigned, nonce(), '', command], prohibited)
    await asks(
      relay,
      [unsigned, nonce(), sid, `PFWD \x00\x11${spki(dhKey().publicKey)}x`],
      prohibited,
    )
    // what is wrong with its form comes first
    await asks(relay, [unsigned, nonce(), rid, 'SUB'], 'ERR CMD NO_AUTH')
    await asks(relay, [unsigned, nonce(), '', SEND('x')], 'ERR CMD NO_ENTITY')
    await asks(relay, [key, nonce(), sid, 'LGET'], 'ERR CMD HAS_AUTH')
    await asks(relay, [unsigned, nonce(), sid, 'NEVER'], 'ERR CMD UNKNOWN')
    await asks(relay, [unsigned, nonce(), sid, 'SEND'], 'ERR CMD SYNTAX')
  })

  test('may have any correlation id', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { sid } = await recipient.creates()
    for (const corrId of ['', 'short', randomText(25)])
      await asks(relay, [unsigned, corrId, sid, SEND('x')], 'OK')
  })

  test('fills its block to the last byte with Ed448', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { sid } = await recipient.creates({ request: { mode: 'messaging' } })
    const key = bigSigningKey()
    await asks(relay, [key, nonce(), sid, SKEY(key)], 'OK')
    const line: Line = [key, nonce(), sid, SEND('x'.repeat(16_048))]
    const inner = { ...relay.session, version: 17 }
    assert.equal(transmissionOf(inner, line).length + 3, 16_224)
    await asks(relay, line, 'OK')
  })
})

describe('an envelope', () => {
  test('that is not as it should be', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { sid } = await recipient.creates()
    const line: Line = [unsigned, nonce(), sid, SEND('x')]
    const clientCorrId = line[1]
    const inner = transmissionOf({ ...relay.session, version: 17 }, line)
    const outer = async (options: Omit<EnvelopeOptions, 'corrId'>, reply: string): Promise<void> =>
      assert.equal(await forwards(relay, { clientCorrId, ...options }), reply)
    const inside = async (block: Uint8Array): Promise<void> =>
      assert.deepEqual(await forwards(relay, { clientCorrId, block }), [['', '', 'ERR BLOCK']])

    // outer plaintext
    const x448 = Uint8Array.from([0x30, 0x42, ...new Uint8Array(66)])
    await outer({ plain: utf8Bytes('') }, 'ERR CMD SYNTAX')
    await outer({ plain: utf8Bytes('\x05cor') }, 'ERR CMD SYNTAX')
    await outer(
      { plain: new Writer().shortText('c').u16(17).short(x448).bytes() },
      'ERR CMD SYNTAX',
    )
    const lowOrder = { algorithm: 'X25519', raw: new Uint8Array(32) } as const
    const weak = new Writer().shortText('c').u16(17).short(encodeSpki(lowOrder)).raw(inner)
    await outer({ plain: weak.bytes() }, 'ERR CRYPTO')
    // inner box and padding
    await outer({ boxed: new Uint8Array(0) }, 'ERR CRYPTO')
    await outer({ boxed: new Uint8Array(16_242) }, 'ERR CRYPTO')
    await outer({ padded: new Uint8Array(1) }, 'ERR CRYPTO')
    await outer({ padded: Uint8Array.of(0, 9, 1) }, 'ERR CRYPTO')
    // not exactly one transmission
    const two = new Writer().u8(2).large(inner).large(inner).bytes()
    await outer({ block: two }, 'ERR BLOCK')
    await inside(Uint8Array.of(0))
    await inside(new Uint8Array(0))
    await inside(two.subarray(0, 40))
    await inside(concatBytes(new Writer().u8(1).large(inner).bytes(), Uint8Array.of(0)))
    await inside(new Writer().u8(1).large(Uint8Array.of(200, 1)).bytes())
    // any padded length will do
    const small = pad(new Writer().u8(1).large(inner).bytes(), 200)
    assert.deepEqual(await forwards(relay, { clientCorrId, padded: small }), [
      [clientCorrId, sid, 'OK'],
    ])
  })

  test('that does not decrypt, and one with authorization or an entity', async () => {
    await using server = new WireRelay()
    const relay = await server.connect(asRelay)
    const key = signingKey()
    await relay.table(
      [unsigned, nonce(), '', 'RFWD ', 'ERR CRYPTO'],
      [unsigned, nonce(), '', `RFWD ${randomText(16_000)}`, 'ERR CRYPTO'],
      [unsigned, nonce(), '', 'RFWD', 'ERR CMD SYNTAX'],
      [key, nonce(), '', 'RFWD x', 'ERR CMD HAS_AUTH'],
      [unsigned, nonce(), unknownId(), 'RFWD x', 'ERR CMD HAS_AUTH'],
    )
  })

  test('whose answer is too large for it', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect(asRelay)
    const { key, rid } = await recipient.creates({ request: { mode: 'contact' } })
    const linkId = unknownId()
    const user = 'u'.repeat(16_180)
    const length = String.fromCharCode(user.length >>> 8, user.length & 0xff)
    await recipient.asks([key, 'l', rid, `LSET \x18${linkId}\x00\x00${length}${user}`], 'OK')
    assert.equal(await forwards(relay, {}, [unsigned, nonce(), linkId, 'LGET']), 'ERR BLOCK')
  })

  test('on a connection without a key for it', async () => {
    await using server = new WireRelay()
    const noAuth = 'ERR PROXY BROKER TRANSPORT NO_AUTH'
    for (const options of [
      { hasKey: false },
      { version: 6 },
      { version: 6, alpn: 'none' },
    ] as const) {
      const relay = await server.connect(options)
      await relay.asks([unsigned, nonce(), '', `RFWD ${randomText(500)}`], noAuth)
    }
  })

  test('on an ordinary connection, encrypted as any other', async () => {
    await using server = new WireRelay()
    const recipient = await server.connect()
    const relay = await server.connect()
    assert.ok(relay.isEncrypted)
    const { sid } = await recipient.creates()
    await asks(relay, [unsigned, nonce(), sid, SEND('x')], 'OK')
    for (const version of [7, 8, 10, 13, 14, 16]) {
      const old = await server.connect({ version, proxyServer: version >= 14 })
      await asks(old, [unsigned, nonce(), sid, SEND('y')], 'OK')
    }
  })
})
