/** Claims as they stand in Redis. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  claimText,
  connectionText,
  holderText,
  holdingOf,
  nobody,
} from '../../../src/store/redis/holder.ts'

const holder = { pod: 'aB_-1', connection: 1295, claim: 36, claimedAt: 1_700_000_000_123 }

test('a claim begins with its connection, which begins with its pod', () => {
  const { pod, connection } = holder
  assert.equal(connectionText(pod, connection), 'aB_-1:zz:')
  assert.equal(claimText(pod, holder), 'aB_-1:zz:10:')
  assert.equal(holderText(holder), `aB_-1:zz:10:${holder.claimedAt.toString(36)}`)
})

test('what one connection has is no beginning of what another has', () => {
  assert.ok(!claimText('p', { connection: 37, claim: 1 }).startsWith(connectionText('p', 1)))
  assert.ok(
    !holderText({ ...holder, claim: 370 }).startsWith(
      claimText(holder.pod, { ...holder, claim: 10 }),
    ),
  )
})

test('it is read as it was written', () => {
  const text = holderText(holder)
  assert.deepEqual(holdingOf(text), { text, holder })
})

test('nobody has an empty text', () => {
  assert.equal(holdingOf(''), nobody)
})

test('one without a time is the oldest; what is no claim is nobody known', () => {
  assert.equal(holdingOf('p:1:2').holder?.claimedAt, 0)
  assert.deepEqual(holdingOf('p:1'), { text: 'p:1', holder: undefined })
})
