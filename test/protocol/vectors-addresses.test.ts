/** primitives.json, `addresses`: server addresses, and where we differ from the reference. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseServerAddress, printServerAddress } from '../../src/protocol/address.ts'
import { ProtocolError } from '../../src/protocol/bytes.ts'
import { hex, loadVectors } from '../support/vectors.ts'

type AddressVector =
  | { readonly text: string; readonly invalid: true }
  | {
      readonly text: string
      readonly scheme: string
      readonly keyHash: string
      readonly password: string | null
      readonly hosts: readonly { readonly kind: string; readonly text: string }[]
      readonly port: string
      readonly printed: string
      readonly allowedWithoutAuth: boolean
    }

const { addresses } = loadVectors<{ readonly addresses: readonly AddressVector[] }>('primitives')

const start = 'smp://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=@'

/** What the reference accepts and we refuse. */
const refused: ReadonlyMap<string, string> = new Map([
  [`${start}localhost:70000`, 'ports end at 65535'],
  [`${start}a.example@b`, 'no "@" in a host'],
  [`${start}1.2.3.300`, 'the last octet is checked too; the reference reads 44'],
  [`${start}300.2.3.4`, 'four numbers are IPv4, not a name'],
  [`${start}.onion`, 'a bare .onion names nobody'],
  ['smp://1234-w==@smp.example.com', 'a key hash has 32 bytes'],
  ['xftp://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=@xftp.example.com', 'only smp://'],
  ['ntf://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=@ntf.example.com', 'only smp://'],
])

/** IPv6 keeps its spelling and is printed in brackets, which the reference leaves out. */
const printed: ReadonlyMap<string, string> = new Map([
  [`${start}[::1]:5223`, `${start}[::1]:5223`],
  [`${start}::1`, `${start}[::1]`],
  [`${start}[2001:db8::1]`, `${start}[2001:db8::1]`],
  [`${start}[2001:0DB8:0:0:0:0:0:1]:5223`, `${start}[2001:0DB8:0:0:0:0:0:1]:5223`],
  [`${start}2001:db8::1`, `${start}[2001:db8::1]`],
  [`${start}[::ffff:10.0.0.1]`, `${start}[::ffff:10.0.0.1]`],
  [
    `${start}smp.example.com,10.1.2.3,[fe80::1],smp2.example.com:5223`,
    `${start}smp.example.com,10.1.2.3,[fe80::1],smp2.example.com:5223`,
  ],
])

/** Hosts that we keep as written. */
const hosts: ReadonlyMap<string, readonly string[]> = new Map([
  [`${start}[2001:0DB8:0:0:0:0:0:1]:5223`, ['2001:0DB8:0:0:0:0:0:1']],
])

for (const vector of addresses)
  test(`"${vector.text}"`, () => {
    const { text } = vector
    if ('invalid' in vector || refused.has(text)) {
      assert.throws(() => parseServerAddress(text), ProtocolError)
      return
    }
    const address = parseServerAddress(text)
    assert.equal(vector.scheme, 'smp')
    assert.equal(hex(address.keyHash), vector.keyHash)
    assert.equal(address.password ?? null, vector.password)
    assert.equal(address.password === undefined, vector.allowedWithoutAuth)
    assert.deepEqual(address.hosts, hosts.get(text) ?? vector.hosts.map((host) => host.text))
    assert.equal(`${address.port ?? ''}`, vector.port)
    assert.equal(printServerAddress(address), printed.get(text) ?? vector.printed)
    assert.deepEqual(parseServerAddress(printServerAddress(address)), address)
  })

describe('every listed difference is one', () => {
  const vectorOf = (text: string) => {
    const found = addresses.find((vector) => vector.text === text)
    assert.ok(found && !('invalid' in found), `${text} is accepted by the reference`)
    return found
  }

  test('refused by us only', () => {
    for (const text of refused.keys()) vectorOf(text)
  })

  test('printed otherwise', () => {
    for (const [text, ours] of printed) assert.notEqual(vectorOf(text).printed, ours)
  })

  test('hosts kept as written', () => {
    for (const [text, ours] of hosts)
      assert.notDeepEqual(
        vectorOf(text).hosts.map((host) => host.text),
        ours,
      )
  })
})
