import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  concatBytes,
  equalBytes,
  latin1Bytes,
  latin1Text,
  noBytes,
  ProtocolError,
  utf8Bytes,
  utf8Text,
} from '../../../src/protocol/bytes.ts'
import {
  asLinkId,
  asNotifierId,
  asRecipientId,
  asSenderId,
  entityIdOf,
  ID_BYTES,
  idBytes,
  linkIdOf,
  messageIdOf,
  noEntity,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
  serviceIdOf,
} from '../../../src/protocol/ids.ts'
import { fromHex, hex } from '../../support/vectors.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

test('concatBytes joins in order', () => {
  assert.equal(hex(concatBytes(fromHex('01'), noBytes, fromHex('0203'))), '010203')
  assert.equal(concatBytes().length, 0)
})

test('equalBytes compares lengths and every byte', () => {
  assert.equal(equalBytes(fromHex('0102'), fromHex('0102')), true)
  assert.equal(equalBytes(fromHex('0102'), fromHex('0103')), false)
  assert.equal(equalBytes(fromHex('0202'), fromHex('0102')), false)
  assert.equal(equalBytes(fromHex('0102'), fromHex('010203')), false)
  assert.equal(equalBytes(noBytes, noBytes), true)
})

describe('text of bytes', () => {
  test('Latin-1 keeps every byte', () => {
    assert.equal(latin1Text(everyByte).length, 256)
    assert.deepEqual(latin1Bytes(latin1Text(everyByte)), everyByte)
  })

  test('UTF-8 is strict and keeps a byte order mark', () => {
    assert.equal(utf8Text(utf8Bytes('Ян 😀')), 'Ян 😀')
    assert.equal(utf8Text(fromHex('efbbbf61')), '\ufeffa')
    for (const bad of ['ff', 'c328', 'eda080', 'f0'])
      assert.throws(() => utf8Text(fromHex(bad)), ProtocolError, bad)
  })
})

describe('ids', () => {
  const of = [
    entityIdOf,
    recipientIdOf,
    senderIdOf,
    linkIdOf,
    notifierIdOf,
    messageIdOf,
    serviceIdOf,
  ]

  test('keep every byte, and outlive the bytes', () => {
    for (const idOf of of) {
      const bytes = everyByte.slice()
      const id = idOf(bytes)
      bytes.fill(0)
      assert.deepEqual(idBytes(id), everyByte)
    }
  })

  test('of an entity become those of its party unchanged', () => {
    for (const asId of [asRecipientId, asSenderId, asLinkId, asNotifierId])
      assert.deepEqual(idBytes(asId(entityIdOf(everyByte))), everyByte)
    assert.equal(idBytes(noEntity).length, 0)
    assert.equal(ID_BYTES, 24)
  })
})
