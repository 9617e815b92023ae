import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RememberedSecrets } from '../../../src/crypto/remembered-secrets.ts'

const key = (number: number): Uint8Array => new Uint8Array(32).fill(number)
const secret = (number: number): Uint8Array => new Uint8Array(32).fill(number + 100)

test('the secrets used last are remembered, and the others overwritten', () => {
  const secrets = new RememberedSecrets(2)
  const first = secret(1)
  const second = secret(2)
  secrets.remember(key(1), first)
  secrets.remember(key(2), second)
  assert.equal(secrets.recall(key(1)), first)
  secrets.remember(key(3), secret(3))
  assert.equal(secrets.size, 2)
  assert.equal(secrets.recall(key(2)), undefined)
  assert.deepEqual(second, new Uint8Array(32))
  assert.deepEqual(secrets.recall(key(1)), secret(1))
  assert.deepEqual(secrets.recall(key(3)), secret(3))
})

test('what is forgotten is overwritten', () => {
  const secrets = new RememberedSecrets()
  secrets.forget()
  assert.equal(secrets.recall(key(1)), undefined)
  const both = [secret(1), secret(2)]
  for (const [at, one] of both.entries()) secrets.remember(key(at), one)
  secrets.forget()
  assert.equal(secrets.size, 0)
  for (const one of both) assert.deepEqual(one, new Uint8Array(32))
  assert.equal(secrets.recall(key(0)), undefined)
})

test('an uninterrupted row of new keys takes no more than its share', () => {
  const secrets = new RememberedSecrets()
  for (let number = 0; number < 200; number++) secrets.remember(key(number), secret(number))
  assert.equal(secrets.size, 64)
})
