import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withOptionalAddress } from '../../../bench/options.ts'

const spelt = (line: string): string => withOptionalAddress('--redis', line.split(' ')).join(' ')

test('an option without an address has an empty value, whatever follows', () => {
  assert.equal(spelt('--redis'), '--redis=')
  assert.equal(spelt('--redis --quick'), '--redis= --quick')
  assert.equal(spelt('storage --redis messages'), 'storage --redis= messages')
})

test('an address after it belongs to it, and others stay as they are', () => {
  for (const line of [
    '--redis redis://localhost --quick',
    '--redis rediss+cluster://one,two',
    '--redis=redis://localhost messages',
    'messages --rounds 2',
  ])
    assert.equal(spelt(line), line)
})
