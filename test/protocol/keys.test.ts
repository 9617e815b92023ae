import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '../../src/protocol/bytes.ts'
import {
  decodeSpki,
  encodeSpki,
  equalKeys,
  isAuthKey,
  isDhKey,
  readAuthKey,
  readDhKey,
  writeKey,
} from '../../src/protocol/keys.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, hex } from '../support/vectors.ts'
import {
  ed448Hex,
  ed448Key,
  ed25519Hex,
  ed25519Key,
  fill,
  x448Hex,
  x448Key,
  x25519Hex,
  x25519Key,
} from './cases/case.ts'
import { spkiCases } from './cases/keys.ts'
import { testCodec } from './check-codec.ts'

testCodec({ decode: decodeSpki, encode: encodeSpki }, spkiCases)

describe('where a key may stand', () => {
  const rows = [
    [ed25519Key, ed25519Hex, { auth: true, dh: false }],
    [ed448Key, ed448Hex, { auth: true, dh: false }],
    [x25519Key, x25519Hex, { auth: true, dh: true }],
    [x448Key, x448Hex, { auth: false, dh: false }],
  ] as const
  for (const [key, short, { auth, dh }] of rows)
    test(key.algorithm, () => {
      assert.deepEqual({ auth: isAuthKey(key), dh: isDhKey(key) }, { auth, dh })
      const bytes = fromHex(short)
      if (auth) assert.deepEqual(readAuthKey(new Reader(bytes)), key)
      else assert.throws(() => readAuthKey(new Reader(bytes)), ProtocolError)
      if (dh) assert.deepEqual(readDhKey(new Reader(bytes)), key)
      else assert.throws(() => readDhKey(new Reader(bytes)), ProtocolError)
      assert.equal(hex(writeKey(new Writer(), key).bytes()), hex(bytes))
    })
})

test('a raw key of another length is not written', () => {
  assert.throws(() => encodeSpki({ algorithm: 'Ed25519', raw: fill(1, 31) }), TypeError)
  assert.throws(() => encodeSpki({ algorithm: 'Ed448', raw: fill(1, 32) }), TypeError)
  assert.throws(() => encodeSpki({ algorithm: 'RSA' as 'X448', raw: fill(1, 56) }), TypeError)
})

test('a key outlives the bytes that it was read from', () => {
  const der = encodeSpki(x25519Key)
  const key = decodeSpki(der)
  der.fill(0)
  assert.deepEqual(key, x25519Key)
})

test('keys are equal with the same algorithm and bytes only', () => {
  assert.equal(equalKeys(ed25519Key, { algorithm: 'Ed25519', raw: fill(0x11, 32) }), true)
  assert.equal(equalKeys(ed25519Key, { algorithm: 'X25519', raw: fill(0x11, 32) }), false)
  assert.equal(equalKeys(ed25519Key, { algorithm: 'Ed25519', raw: fill(0x12, 32) }), false)
})
