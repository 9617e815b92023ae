import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Bytes, ProtocolError } from '../../src/protocol/bytes.ts'
import { noEntity, recipientIdOf } from '../../src/protocol/ids.ts'
import {
  authorizedPrefix,
  decodeTransmission,
  encodeTail,
  encodeTransmission,
  hasSessionId,
  type Transmission,
  writeUnsignedHead,
} from '../../src/protocol/transmission.ts'
import type { Version } from '../../src/protocol/version.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, hex } from '../support/vectors.ts'
import {
  correlationHex,
  correlationId,
  fill,
  recipientHex,
  recipientId,
  sessionId,
  sessionIdHex,
  word,
} from './cases/case.ts'
import { transmissionCases } from './cases/transmissions.ts'
import { testCodec } from './check-codec.ts'

const encode = (transmission: Transmission, version: Version): Bytes => {
  const { authorization, serviceSignature, command } = transmission
  return encodeTransmission(
    { version, sessionId: transmission.sessionId },
    authorization,
    encodeTail(transmission, command),
    serviceSignature,
  )
}

testCodec({ decode: decodeTransmission, encode }, transmissionCases)

describe('a transmission whose fields cannot be told apart', () => {
  const signature = `40 ${'51'.repeat(64)}`
  const rest = `${correlationHex} ${recipientHex} ${word('SUB')}`
  const refused: readonly (readonly [name: string, hex: string, version: number])[] = [
    ['nothing', '', 18],
    ['only a signature', signature, 15],
    ['no service marker', `${signature} ${rest}`, 18],
    ['an unknown service marker', `${signature} ${word('2')} ${rest}`, 18],
    ['a service signature of 63 bytes', `${signature} 31 3f ${'52'.repeat(63)} ${rest}`, 18],
    ['a service signature of 114 bytes', `${signature} 31 72 ${'52'.repeat(114)} ${rest}`, 18],
    ['no entity id', `00 ${correlationHex}`, 18],
    ['a correlation id beyond the end', '00 18 c0c0', 18],
  ]
  for (const [name, bytes, version] of refused)
    test(name, () => {
      assert.throws(() => decodeTransmission(fromHex(bytes), version), ProtocolError)
    })
})

describe('the session id', () => {
  const received = (version: Version, id: string) =>
    decodeTransmission(fromHex(`00 ${id} ${correlationHex} 00 ${word('PING')}`), version)

  test('must be the one of the connection in v6', () => {
    const session = { version: 6, sessionId }
    assert.equal(hasSessionId(received(6, `20 ${sessionIdHex}`), session), true)
    assert.equal(hasSessionId(received(6, `20 ${'5f'.repeat(32)}`), session), false)
    assert.equal(hasSessionId(received(6, `1f ${'5e'.repeat(31)}`), session), false)
    assert.equal(hasSessionId(received(6, '00'), session), false)
  })

  test('is implied from v7', () => {
    assert.equal(hasSessionId(received(7, ''), { version: 7, sessionId }), true)
  })

  test('precedes the tail in what is authorised, with its length', () => {
    assert.equal(hex(authorizedPrefix(sessionId)), hex(fromHex(`20 ${sessionIdHex}`)))
  })
})

describe('the head of a reply', () => {
  const head = (version: Version, fields: Parameters<typeof writeUnsignedHead>[2]): string =>
    hex(writeUnsignedHead(new Writer(), { version, sessionId }, fields).bytes())

  test('has the session id in v6', () => {
    const expected = `00 20 ${sessionIdHex} ${correlationHex} ${recipientHex}`
    assert.equal(head(6, { correlationId, entityId: recipientId }), hex(fromHex(expected)))
  })

  test('has neither session id nor service marker later', () => {
    const expected = `00 ${correlationHex} ${recipientHex}`
    for (const version of [7, 16, 18])
      assert.equal(head(version, { correlationId, entityId: recipientId }), hex(fromHex(expected)))
  })

  test('has empty ids in an event', () => {
    assert.equal(head(18, { correlationId: fill(0, 0), entityId: noEntity }), '000000')
  })

  test('is not written with ids over 255 bytes', () => {
    const long = fill(1, 256)
    assert.throws(() => head(18, { correlationId: long, entityId: noEntity }), RangeError)
    const entityId = recipientIdOf(long)
    assert.throws(() => head(18, { correlationId, entityId }), RangeError)
  })
})

test('an unsigned transmission has no service marker', () => {
  const session = { version: 18, sessionId }
  const tail = encodeTail({ correlationId, entityId: noEntity }, fromHex(word('PING')))
  const bytes = encodeTransmission(session, fill(0, 0), tail, fill(0x52, 64))
  assert.equal(hex(bytes), hex(fromHex(`00 ${correlationHex} 00 ${word('PING')}`)))
})
