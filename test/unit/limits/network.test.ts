import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isInside, isListed, listOf, networkOf } from '../../../src/limits/network.ts'

const hex = (address: string): string | undefined => {
  const network = networkOf(address)
  return network && Buffer.from(network).toString('hex')
}

describe('the network of an address', () => {
  for (const [address, network] of [
    ['192.0.2.1', 'c0000201'],
    ['::ffff:192.0.2.1', 'c0000201'],
    ['::FFFF:c000:201', 'c0000201'],
    ['0:0:0:0:0:ffff:192.0.2.1', 'c0000201'],
    ['64:ff9b::192.0.2.1', 'c0000201'],
    ['2001:db8:1:2:3:4:5:6', '20010db800010002'],
    ['2001:db8:1:2::', '20010db800010002'],
    ['2001:db8:1:2:ffff::1.2.3.4', '20010db800010002'],
    ['2001:db8::1', '20010db800000000'],
    ['::', '0000000000000000'],
    ['::1', '0000000000000000'],
    ['fe80::1%eth0', 'fe80000000000000'],
    ['1::', '0001000000000000'],
  ] as const)
    test(`${address} is in ${network}`, () => assert.equal(hex(address), network))

  for (const text of ['', 'unknown', '192.0.2', '192.0.2.1:80', '[::1]', '1.2.3.4, 5.6.7.8'])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(hex(text), undefined))

  test('is the same for all of a /64 and another for any other', () => {
    const hextet = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(
        fc.array(hextet, { minLength: 8, maxLength: 8 }),
        fc.array(hextet, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 0, max: 3 }),
        (all, tail, changed) => {
          const text = (list: readonly number[]) => list.map((n) => n.toString(16)).join(':')
          fc.pre(all[0] !== 0 && all[0] !== 0x64)
          const head = all.slice(0, 4)
          assert.equal(hex(text(all)), hex(text([...head, ...tail])))
          const other = head.map((n, i) => (i === changed ? n ^ 1 : n))
          assert.notEqual(hex(text(all)), hex(text([...other, ...tail])))
        },
      ),
    )
  })

  test('never fails, whatever the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => void hex(text)))
  })
})

test('lists mean IPv4 addresses in both of their forms', () => {
  const list = listOf([
    { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
    { address: '2001:db8::', prefix: 32, family: 'ipv6' },
  ])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:5::1'])
    assert.ok(isListed(list, address), address)
  for (const address of ['11.1.2.3', '::ffff:11.1.2.3', '2001:db9::1', 'nobody'])
    assert.ok(!isListed(list, address), address)
})

test('addresses inside are told from those of the internet', () => {
  for (const address of ['127.0.0.1', '10.42.0.1', '::ffff:192.168.1.1', 'fd00::1', '::1'])
    assert.ok(isInside(address), address)
  for (const address of ['192.0.2.1', '2001:db8::1', '172.32.0.1', ''])
    assert.ok(!isInside(address), address)
})
