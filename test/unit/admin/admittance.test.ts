import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admittance } from '../../../src/admin/admittance.ts'
import { nativeCrypto } from '../../../src/crypto/native.ts'

const token = 'the token of the tests'.replaceAll(' ', '-')

const gate = () => {
  let nowMs = 0
  const admittance = new Admittance(token, nativeCrypto, () => nowMs)
  return {
    right: (address = '192.0.2.1') => admittance.admit(`Bearer ${token}`, address),
    wrong: (address = '192.0.2.1') => admittance.admit('Bearer wrong', address),
    none: () => admittance.admit(undefined, '192.0.2.1'),
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

test('only the token itself opens, in the form of RFC 6750', () => {
  const admittance = new Admittance(token, nativeCrypto, () => 0)
  for (const header of [`Bearer ${token}`, `bearer ${token}`])
    assert.equal(admittance.admit(header, 'a'), 'yes')
  for (const header of [undefined, '', 'Bearer', `Bearer ${token} `, token, `Basic ${token}`])
    assert.equal(admittance.admit(header, 'b'), 'no')
  for (const wrong of [token.slice(1), `${token}a`, token.toUpperCase(), `${token},${token}`])
    assert.equal(admittance.admit(`Bearer ${wrong}`, 'c'), 'no')
})

test('after ten wrong tokens nothing is looked at, and each second forgives one', () => {
  const at = gate()
  for (let count = 0; count < 10; count++) assert.equal(at.wrong(), 'no')
  assert.equal(at.wrong(), 'too-many')
  assert.equal(at.right(), 'too-many')
  at.wait(1000)
  assert.equal(at.wrong(), 'no')
  assert.equal(at.wrong(), 'too-many')
  at.wait(1000)
  assert.equal(at.right(), 'yes')
  at.wait(10_000)
  for (let count = 0; count < 10; count++) assert.equal(at.wrong(), 'no')
})

test('requests without a token are not counted', () => {
  const at = gate()
  for (let count = 0; count < 100; count++) assert.equal(at.none(), 'no')
  assert.equal(at.right(), 'yes')
})

test('other addresses are not concerned, but those of one IPv6 network are one', () => {
  const at = gate()
  for (let count = 0; count < 10; count++) at.wrong(`2001:db8:1:2::${count}`)
  assert.equal(at.right('2001:db8:1:2:ffff::1'), 'too-many')
  assert.equal(at.right('2001:db8:1:3::1'), 'yes')
  assert.equal(at.right('::ffff:192.0.2.1'), 'yes')
})

test('addresses beyond those that are remembered share one count', () => {
  const at = gate()
  for (let count = 0; count < 1024; count++) at.wrong(`10.0.${count >> 8}.${count & 255}`)
  for (let count = 0; count < 10; count++) assert.equal(at.wrong(`10.1.0.${count}`), 'no')
  assert.equal(at.wrong('10.1.1.1'), 'too-many')
  assert.equal(at.right('10.0.0.1'), 'yes')
  at.wait(11_000)
  assert.equal(at.wrong('10.1.1.1'), 'no')
  assert.equal(at.right('10.1.1.2'), 'yes')
})
