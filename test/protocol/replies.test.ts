import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError, utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import type { SmpError } from '../../src/protocol/error.ts'
import { DELD, type Reply, refusal } from '../../src/protocol/reply.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { encodeReply, writeReply } from '../../src/protocol/reply-encoder.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, hex } from '../support/vectors.ts'
import { replyTags } from './arbitraries/replies.ts'
import { replyAsRead } from './as-read.ts'
import { serviceId, word } from './cases/case.ts'
import { blockedCases, errorCases, proxyErrorCases } from './cases/errors.ts'
import { idsCases } from './cases/ids.ts'
import { dataCases, plainCases } from './cases/replies.ts'
import { type Codec, testCodec } from './check-codec.ts'

const codec: Codec<Reply> = { decode: decodeReply, encode: encodeReply }
const tables = [idsCases, plainCases, dataCases, errorCases, blockedCases, proxyErrorCases]

for (const table of tables) testCodec(codec, table)

test('the tables have every reply', () => {
  const seen = new Set(tables.flat().map(({ value }) => value.tag))
  assert.deepEqual([...seen].toSorted(), replyTags.toSorted())
})

describe('bytes that are no reply', () => {
  const info = '"qiSnd":true,"qiNtf":false'
  const texts = [
    ...['', ' ', 'SUB', 'ok', 'OK ', 'OK x', 'PONG\0', 'constructor', '__proto__', 'SOK', 'SOK 1'],
    ...['ERR', 'ERR ', 'ERR AUTH ', 'ERR AUTH x', 'ERR CMD', 'ERR CMD OTHER', 'ERR OK'],
    ...['ERR constructor', 'ERR CMD __proto__', 'ERR STORE', 'ERR BLOCKED', 'ERR PROXY'],
    ...['ERR PROXY PROTOCOL', 'ERR PROXY BROKER TRANSPORT HANDSHAKE', 'ERR PROXY BROKER NETWORK '],
    ...['ERR PROXY BROKER NETWORK OTHER', 'ERR PROXY BASIC_AUTH x', 'ERR BLOCKED reason=other'],
    ...['ERR BLOCKED reason=spam,notice=', 'ERR BLOCKED reason=spam,notice={x}'],
    ...['ERR BLOCKED reason=spam,notice=[]', 'ERR BLOCKED reason=spam,notice={"ttl":"1"}'],
    ...['ERR BLOCKED reason=spam,notice={"ttl":1e30}', 'ERR BLOCKED reason=spam,notice=null'],
    ...['INFO', 'INFO ', 'INFO {}', 'INFO null', 'INFO 1', `INFO {${info}}`],
    ...[`INFO {${info},"qiSize":0`, `INFO {${info},"qiSize":0}}`],
  ]
  for (const text of texts)
    test(JSON.stringify(text), () => {
      assert.throws(() => decodeReply(utf8Bytes(text), 18), ProtocolError)
    })

  test('text that is not UTF-8', () => {
    assert.throws(() => decodeReply(fromHex(`${word('ERR STORE ')} c328`), 18), ProtocolError)
    assert.throws(() => decodeReply(fromHex(`${word('INFO ')} ff`), 18), ProtocolError)
  })
})

describe('what an older client is told', () => {
  const blocked: SmpError = { code: 'BLOCKED', blocking: { reason: 'spam', notice: {} } }
  const lines: readonly (readonly [version: number, reply: Reply, text: string])[] = [
    [15, { tag: 'SOK', serviceId }, 'OK'],
    [16, { tag: 'SOK' }, 'SOK 0'],
    [9, DELD, 'END'],
    [10, DELD, 'DELD'],
    [11, refusal(blocked), 'ERR AUTH'],
    [12, refusal(blocked), 'ERR BLOCKED reason=spam'],
    [17, refusal(blocked), 'ERR BLOCKED reason=spam'],
    [18, refusal(blocked), 'ERR BLOCKED reason=spam,notice={}'],
  ]
  for (const [version, reply, text] of lines)
    test(`${reply.tag} in v${version} is ${text}`, () => {
      const bytes = encodeReply(reply, version)
      assert.equal(utf8Text(bytes), text)
      assert.deepEqual(decodeReply(bytes, version), replyAsRead(reply, version))
    })
})

test('a reply is appended to what the writer has', () => {
  const writer = new Writer(1).u8(0xee)
  assert.equal(hex(writeReply(writer, { tag: 'OK' }, 18).bytes()), `ee${word('OK')}`)
})

test('errors nested as deep as a block allows are read and written', () => {
  const text = `ERR ${'PROXY PROTOCOL '.repeat(1090)}AUTH`
  const reply = decodeReply(utf8Bytes(text), 18)
  assert.equal(utf8Text(encodeReply(reply, 18)), text)
})
