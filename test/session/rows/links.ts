/** protocol.md 14.1, rows 25 to 27: blocked queues and short links. */
import assert from 'node:assert/strict'
import { nativeCrypto as crypto } from '../../../src/crypto/native.ts'
import { senderIdOfCorrelation } from '../../../src/crypto/short-link.ts'
import { latin1Bytes } from '../../../src/protocol/bytes.ts'
import { type LinkId, linkIdOf, senderIdOf } from '../../../src/protocol/ids.ts'
import {
  dhKey,
  LKEY,
  LNK,
  LSET,
  NEW,
  randomText,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unsigned,
} from '../../support/wire.ts'
import { WireRelay } from '../../support/wire-relay.ts'

export const skeyOnBlocked = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  const sKey = signingKey()
  const q = await r.creates({ request: { mode: 'messaging' } })
  await relay.store.blockQueue(await relay.recordOf(q.rid), { reason: 'content' })
  await s.asks([sKey, 'abcd', q.sid, SKEY(sKey)], 'ERR BLOCKED reason=content')
}

const fixed = latin1Bytes('fixed data')
const user = latin1Bytes('user data')

export const senderIdFor = (corrId: string) =>
  senderIdOf(senderIdOfCorrelation(crypto, latin1Bytes(corrId)))

const badSenderId = (mode: 'messaging' | 'contact', corrId: string): string => {
  const link = {
    senderId: senderIdFor(corrId),
    linkId: linkIdOf(crypto.randomBytes(24)),
    fixed,
    user,
  }
  const keys = { authKey: badSenderKey.publicKey, dhKey: dhKey().publicKey }
  return NEW({ ...keys, request: { mode, link } })
}
const badSenderKey = signingKey()

export const invitationLink = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  await r.asks(
    [badSenderKey, '1', '', badSenderId('messaging', 'another corrId')],
    'ERR CMD PROHIBITED',
  )
  const corrId = randomText(24)
  const senderId = senderIdFor(corrId)
  const q = await r.creates({
    corrId,
    request: { mode: 'messaging', link: { senderId, fixed, user } },
  })
  assert.equal(q.sid, senderId)
  const linkId = q.linkId ?? ''
  assert.equal(linkId.length, 24)
  const [sKey, other] = [signingKey(), signingKey()]
  await s.asks([unsigned, '2', linkId, 'LGET'], 'ERR AUTH')
  await r.asks([q.key, '3', q.rid, LSET(linkId, 'fixed data', 'updated')], 'OK')
  await s.table(
    [unsigned, '4', linkId, LKEY(sKey), 'ERR CMD NO_AUTH'],
    [other, '5', linkId, LKEY(sKey), 'ERR AUTH'],
    [sKey, '6', q.rid, LKEY(sKey), 'ERR AUTH'],
    [sKey, '7', linkId, LKEY(sKey), LNK(q.sid, 'fixed data', 'updated')],
    [other, '8', linkId, LKEY(other), 'ERR AUTH'],
    [sKey, '9', linkId, LKEY(sKey), LNK(q.sid, 'fixed data', 'updated')],
  )
  await r.table(
    [q.key, 'a', q.rid, LSET(linkId, 'fixed data', 'user data'), 'ERR AUTH'],
    [q.key, 'b', q.rid, 'LDEL', 'OK'],
  )
  await s.table(
    [sKey, 'c', linkId, LKEY(sKey), 'ERR AUTH'],
    [sKey, 'd', q.sid, SEND('hello'), 'OK'],
  )
}

export const contactLink = async (): Promise<void> => {
  await using relay = new WireRelay()
  const [r, s] = [await relay.connect(), await relay.connect()]
  await r.asks(
    [badSenderKey, '1', '', badSenderId('contact', 'another corrId')],
    'ERR CMD PROHIBITED',
  )
  const corrId = randomText(24)
  const linkId = unknownId() as LinkId
  const link = { senderId: senderIdFor(corrId), linkId, fixed, user }
  const q = await r.creates({ corrId, request: { mode: 'contact', link } })
  assert.deepEqual([q.linkId, q.sid], [linkId, link.senderId])
  const sKey = signingKey()
  await s.table(
    [sKey, '2', linkId, LKEY(sKey), 'ERR AUTH'],
    [sKey, '3', linkId, 'LGET', 'ERR CMD HAS_AUTH'],
    [unsigned, '4', q.rid, 'LGET', 'ERR AUTH'],
    [unsigned, '5', linkId, 'LGET', LNK(q.sid, 'fixed data', 'user data')],
    [unsigned, '6', linkId, 'LGET', LNK(q.sid, 'fixed data', 'user data')],
  )
  await r.asks([q.key, '7', q.rid, LSET(linkId, 'fixed data', 'updated')], 'OK')
  await s.asks([unsigned, '8', linkId, 'LGET'], LNK(q.sid, 'fixed data', 'updated'))
  await r.table(
    [q.key, '9', q.rid, LSET(unknownId(), 'fixed data', 'updated'), 'ERR AUTH'],
    [q.key, 'a', q.rid, LSET(linkId, 'other data', 'updated'), 'ERR AUTH'],
    [q.key, 'b', q.rid, 'LDEL', 'OK'],
    [q.key, 'c', q.rid, 'LDEL', 'OK'],
  )
  await s.asks([unsigned, 'd', linkId, 'LGET'], 'ERR AUTH')
}
