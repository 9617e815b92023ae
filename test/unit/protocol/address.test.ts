import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DEFAULT_PORT,
  hostOf,
  isHost,
  parseServerAddress,
  printServerAddress,
} from '../../../src/protocol/address.ts'
import { ProtocolError } from '../../../src/protocol/bytes.ts'
import { isPassword } from '../../../src/protocol/text.ts'

const start = `smp://${'A'.repeat(43)}=`
const keyHash = new Uint8Array(32)

describe('hosts', () => {
  const good = [
    ...['127.0.0.1', '255.250.249.200', '0.0.0.0', '::', '::1', 'fe80::1', '1:2:3:4:5:6:7:8'],
    ...['::ffff:10.0.0.1', 'smp.example.com', 'localhost', 'UPPER.example', 'with_underscore'],
    ...['1.2.3', 'abc.onion', 'a2b3.onion', 'cafe', 'x'],
  ]
  const bad = [
    ...['', ' ', 'a b', 'a:b', 'a,b', 'a/b', 'a#b', 'a;b', 'a@b', 'a\n', '\0', '[a]', '[::1]'],
    ...['1.2.3.256', '1.2.3.4.5', '01.2.3.444', '1::2::3', 'g::1', ':', ':1', '1:2:3:4:5:6:7:8:9'],
    ...['.onion', 'ABC.onion', 'sub.abc.onion', 'хост', 'naïve.example'],
  ]
  for (const text of good) test(`${text} is one`, () => assert.equal(isHost(text), true))
  for (const text of bad)
    test(`${JSON.stringify(text)} is none`, () => assert.equal(isHost(text), false))

  test('only IPv6 is also taken in brackets', () => {
    assert.equal(hostOf('[::1]'), '::1')
    assert.equal(hostOf('::1'), '::1')
    assert.equal(hostOf('a.example'), 'a.example')
    for (const text of ['[a.example]', '[127.0.0.1]', '[]', '[[::1]]', '[::1', ''])
      assert.equal(hostOf(text), undefined, text)
  })
})

describe('an address', () => {
  test('of several hosts', () => {
    const text = `${start}:pw@a.example,10.0.0.1,[::1],fe80::1,abc.onion:443`
    assert.deepEqual(parseServerAddress(text), {
      keyHash,
      password: 'pw',
      hosts: ['a.example', '10.0.0.1', '::1', 'fe80::1', 'abc.onion'],
      port: 443,
    })
  })

  test('whose last host is bare IPv6 has no port', () => {
    assert.deepEqual(parseServerAddress(`${start}@a.example,::1`).hosts, ['a.example', '::1'])
    assert.deepEqual(parseServerAddress(`${start}@::1:5223`), { keyHash, hosts: ['::1:5223'] })
  })

  test('has a port of 0 to 65535', () => {
    assert.equal(parseServerAddress(`${start}@a:65535`).port, 65_535)
    assert.equal(parseServerAddress(`${start}@a:0`).port, 0)
    assert.equal(parseServerAddress(`${start}@a`).port, undefined)
    assert.equal(DEFAULT_PORT, 5223)
  })

  test('is printed so that it is read back', () => {
    const address = { keyHash, password: 'p', hosts: ['::1', 'a'] as const, port: 0 }
    assert.equal(printServerAddress(address), `${start}:p@[::1],a:0`)
    assert.deepEqual(parseServerAddress(printServerAddress(address)), address)
  })

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ['https://a.example', /expected smp:\/\//],
    [`${start}a.example`, /expected smp:\/\//],
    [`smp://${'A'.repeat(42)}@a.example`, /base64url|not 32 bytes/],
    ['smp://AAAA@a.example', /not 32 bytes/],
    ['smp://@a.example', /not 32 bytes/],
    ['smp://*@a.example', /not base64url/],
    [`${start}:@a.example`, /password/],
    [`${start}:a/b@a.example`, /password/],
    [`${start}@`, /host/],
    [`${start}@[a.example]`, /host/],
    [`${start}@a.example:65536`, /port/],
    [`${start}@a.example,`, /host/],
    [`${start}@a.example\n`, /host/],
  ]
  for (const [text, message] of refused)
    test(`${JSON.stringify(text)} is refused with a reason`, () => {
      assert.throws(
        () => parseServerAddress(text),
        (error) => error instanceof ProtocolError && message.test(error.message),
      )
    })
})

describe('a password', () => {
  test('is printable Latin-1 without white space, "@", ":" and "/"', () => {
    const allowed = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).filter(
      isPassword,
    )
    const ascii = Array.from('!"#$%&\'()*+,-.0123456789;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`')
    const lower = Array.from('abcdefghijklmnopqrstuvwxyz{|}~')
    const upper = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0xa1 + index))
    const softHyphen = '\u00ad'
    assert.deepEqual(allowed, [...ascii, ...lower, ...upper.filter((one) => one !== softHyphen)])
  })

  test('may be empty on the wire', () => assert.equal(isPassword(''), true))
})
