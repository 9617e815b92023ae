import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '../../src/protocol/bytes.ts'
import {
  decodeClientHello,
  decodeServerHello,
  decodeServiceResponse,
  decodeSignedKey,
  encodeClientHello,
  encodeServerHello,
  encodeServiceResponse,
  encodeSignedKey,
  signedKeyContent,
} from '../../src/protocol/handshake.ts'
import { fromHex, hex } from '../support/vectors.ts'
import {
  fill,
  keyHash,
  keyHashHex,
  sessionId,
  sessionIdHex,
  word,
  x448Key,
  x25519Hex,
  x25519Key,
} from './cases/case.ts'
import { clientHelloCases, serverHelloCases, serviceResponseCases } from './cases/hellos.ts'
import { signedKeyCases } from './cases/keys.ts'
import { testCodec } from './check-codec.ts'

testCodec({ decode: decodeServerHello, encode: encodeServerHello }, serverHelloCases)
testCodec({ decode: decodeClientHello, encode: encodeClientHello }, clientHelloCases)
testCodec({ decode: decodeServiceResponse, encode: encodeServiceResponse }, serviceResponseCases)
testCodec(
  { decode: decodeSignedKey, encode: ({ key, signature }) => encodeSignedKey(key, signature) },
  signedKeyCases,
)

describe('a hello that is refused', () => {
  const client = `0012 20 ${keyHashHex}`
  const refused: readonly (readonly [name: string, read: () => unknown])[] = [
    ['server versions upside down', () => decodeServerHello(fromHex('0012 0006 00'))],
    [
      'a server chain of no certificate',
      () => decodeServerHello(fromHex(`0006 0012 20 ${sessionIdHex} 00 0000`)),
    ],
    [
      'an unknown role',
      () => decodeClientHello(fromHex(`${client} ${word('F1X')} 01 0001c1 0000`)),
    ],
    [
      'a service chain of no certificate',
      () => decodeClientHello(fromHex(`${client} ${word('F1M')} 00 0000`)),
    ],
    ['an unknown service response', () => decodeServiceResponse(fromHex(word('X')))],
    ['an unknown service error', () => decodeServiceResponse(fromHex(word('EOTHER')))],
  ]
  for (const [name, read] of refused) test(name, () => assert.throws(read, ProtocolError))
})

describe('a client hello', () => {
  test('with a key that is not X25519 has no key', () => {
    const ed25519 = x25519Hex.replace('2b656e', '2b6570')
    const hello = decodeClientHello(fromHex(`000d 20 ${keyHashHex} ${ed25519}`))
    assert.deepEqual(hello, { version: 13, keyHash, proxyServer: false })
  })

  test('is written without what its version does not have', () => {
    const everything = {
      keyHash,
      sessionKey: x25519Key,
      proxyServer: true,
      service: { role: 'proxy', chain: [fill(0xc1, 1)], signedKey: fill(0x51, 1) },
    } as const
    const start = `20 ${keyHashHex}`
    const expected: readonly (readonly [version: number, rest: string])[] = [
      [6, ''],
      [7, x25519Hex],
      [13, x25519Hex],
      [14, `${x25519Hex} ${word('T')}`],
      [15, `${x25519Hex} ${word('T')}`],
      [16, `${x25519Hex} ${word('T1P')} 01 0001 c1 0001 51`],
    ]
    for (const [version, rest] of expected) {
      const bytes = encodeClientHello({ version, ...everything })
      assert.equal(
        hex(bytes),
        hex(fromHex(`00${version.toString(16).padStart(2, '0')} ${start} ${rest}`)),
      )
    }
  })

  test('keeps its key hash when the block is overwritten', () => {
    const block = fromHex(`0006 20 ${keyHashHex}`)
    const hello = decodeClientHello(block)
    block.fill(0)
    assert.deepEqual(hello.keyHash, keyHash)
  })
})

describe('a signed key', () => {
  const signed = (text: string) => () => decodeSignedKey(fromHex(text))
  const spki = x25519Hex.slice(3)
  const signature = `03 41 00 ${'51'.repeat(64)}`

  test('is signed in an extra SEQUENCE', () => {
    assert.equal(hex(signedKeyContent(x25519Key)), hex(fromHex(`30 2c ${spki}`)))
  })

  test('may be X448', () => {
    const bytes = encodeSignedKey(x448Key, fill(0x51, 114))
    assert.deepEqual(decodeSignedKey(bytes).key, x448Key)
  })

  test('is refused in any other form', () => {
    const refused = [
      ['empty', ''],
      ['without the extra SEQUENCE', `30 76 ${spki} 300506032b6570 ${signature}`],
      ['a length in long form', `30 8178 30 2c ${spki} 300506032b6570 ${signature}`],
      ['an inner length in long form', `30 79 30 812c ${spki} 300506032b6570 ${signature}`],
      ['unused bits', `30 78 30 2c ${spki} 300506032b6570 03 41 01 ${'51'.repeat(64)}`],
      ['an X25519 signature', `30 78 30 2c ${spki} 300506032b656e ${signature}`],
      ['Ed448 with 64 bytes', `30 78 30 2c ${spki} 300506032b6571 ${signature}`],
      ['bytes after it', `30 78 30 2c ${spki} 300506032b6570 ${signature} 00`],
    ] as const
    for (const [what, text] of refused) assert.throws(signed(text), ProtocolError, what)
  })

  test('is not written with a signature of another length', () => {
    assert.throws(() => encodeSignedKey(x25519Key, fill(0x51, 63)), TypeError)
  })
})

test('a server hello of v6 has no key even where the server has one', () => {
  const hello = { versions: { min: 6, max: 6 }, sessionId }
  assert.equal(hex(encodeServerHello(hello)), hex(fromHex(`0006 0006 20 ${sessionIdHex}`)))
})
