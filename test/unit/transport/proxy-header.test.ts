import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '../../../src/protocol/bytes.ts'
import { readProxyHeader } from '../../../src/transport/proxy-header.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'))

const SIGN = '0d0a0d0a000d0a515549540a'
const TCP4 = 'cb007107 0a000001 d431 1467' // 203.0.113.7 to 10.0.0.1
const TCP6 = '20010db8000000000000000000000007 20010db8000000000000000000000001 d431 1467'
const v2 = (command: string, family: string, body: string): Uint8Array => {
  const { length } = hex(body)
  return hex(`${SIGN}${command}${family}${length.toString(16).padStart(4, '0')}${body}`)
}
const LONGEST_V1 = `PROXY TCP6 ${Array(2).fill('ffff:'.repeat(7).concat('ffff')).join(' ')} 65535 65535\r\n`

const valid: readonly (readonly [string, Uint8Array, string | undefined])[] = [
  ['v1 over IPv4', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 54321 5223\r\n'), '203.0.113.7'],
  ['v1 over IPv6', bytes('PROXY TCP6 2001:db8::7 ::1 54321 5223\r\n'), '2001:db8::7'],
  ['v1 of the greatest length', bytes(LONGEST_V1), 'ffff:'.repeat(7).concat('ffff')],
  ['v1 that does not know', bytes('PROXY UNKNOWN\r\n'), undefined],
  ['v1 that does not know, with more', bytes('PROXY UNKNOWN a b c\r\n'), undefined],
  ['v2 over IPv4', v2('21', '11', TCP4), '203.0.113.7'],
  ['v2 over IPv6', v2('21', '21', TCP6), '2001:db8:0:0:0:0:0:7'],
  ['v2 with additions', v2('21', '11', `${TCP4} 04 0003 000000 ea 0001 01 05 0000`), '203.0.113.7'],
  ['v2 of a health check', v2('20', '00', ''), undefined],
  ['v2 of a health check with anything', v2('20', '11', 'ffff'), undefined],
  ['v2 that does not know', v2('21', '00', '04 0001 00'), undefined],
  ['v2 over a Unix socket', v2('21', '31', '2f'.repeat(216)), undefined],
]

const invalid: readonly (readonly [string, Uint8Array])[] = [
  ['a ClientHello', hex('16030100ff010000fb0303')],
  ['an HTTP request', bytes('GET / HTTP/1.1\r\n\r\n')],
  ['lower case', bytes('proxy TCP4 203.0.113.7 10.0.0.1 1 2\r\n')],
  ['v1 without addresses', bytes('PROXY TCP4\r\n')],
  ['v1 of another family', bytes('PROXY UDP4 203.0.113.7 10.0.0.1 1 2\r\n')],
  ['v1 with an address of the other family', bytes('PROXY TCP4 2001:db8::7 10.0.0.1 1 2\r\n')],
  ['v1 with a name', bytes('PROXY TCP4 host 10.0.0.1 1 2\r\n')],
  ['v1 with a zone', bytes('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n')],
  ['v1 with a port too high', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 65536 2\r\n')],
  ['v1 with a port in another form', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 01 2\r\n')],
  ['v1 with one port', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 1\r\n')],
  ['v1 with three ports', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 1 2 3\r\n')],
  ['v1 with two spaces', bytes('PROXY  TCP4 203.0.113.7 10.0.0.1 1 2\r\n')],
  ['v1 with a bare line feed', bytes('PROXY TCP4 203.0.113.7 10.0.0.1 1 2\n'.padEnd(107, ' '))],
  ['v1 without an end', bytes(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ['v2 of another version', v2('11', '11', TCP4)],
  ['v2 of another command', v2('22', '11', TCP4)],
  ['v2 over UDP', v2('21', '12', TCP4)],
  ['v2 with addresses too short', v2('21', '11', 'cb007107')],
  ['v2 that announces too much', hex(`${SIGN}21110401`)],
  ['v2 with an addition cut short', v2('21', '11', `${TCP4} 04 0004 00`)],
  ['v2 with an addition without a length', v2('21', '11', `${TCP4} 04 00`)],
]

describe('a PROXY header', () => {
  for (const [name, header, clientAddress] of valid)
    test(`${name} names ${clientAddress ?? 'nobody'}, and ends where it ends`, () => {
      const expected = { used: header.length, clientAddress }
      assert.deepEqual(readProxyHeader(header), expected)
      const more = Uint8Array.of(...header, 0x16, 3, 1)
      assert.deepEqual(readProxyHeader(more), expected)
      for (let length = 0; length < header.length; length++)
        assert.equal(readProxyHeader(header.subarray(0, length)), undefined, `${length} bytes`)
    })

  for (const [name, header] of invalid)
    test(`is not ${name}`, () => {
      assert.throws(() => readProxyHeader(header), ProtocolError)
    })

  test('is read of any bytes without another error, and never beyond their end', () => {
    const start = fc.constantFrom('', 'PROXY ', Buffer.from(SIGN, 'hex').toString('latin1'))
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (sign, rest) => {
        const all = Uint8Array.of(...bytes(sign), ...rest)
        try {
          const header = readProxyHeader(all)
          assert.ok(header === undefined || header.used <= all.length)
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
      }),
    )
  })
})
