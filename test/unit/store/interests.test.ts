/** What the connections of a pod hold, found by what mailboxes call it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interests } from '../../../src/store/redis/interests.ts'
import { newNotifierId, newRecipientId } from '../../store/builders.ts'

const blind = 'AbCdEfGhIjKlMnOpQrStUv'
const place = { connection: 1, claim: 40, claimedAt: 7, blind }

test('is there from before Redis is asked, and not held until then', () => {
  const interests = new Interests()
  const id = newRecipientId()
  const interest = interests.open('recipient', id, place)
  assert.deepEqual(interest, { party: 'recipient', id, claimedAt: 7, isHeld: false })
  assert.equal(interests.get('recipient', place, blind), interest)
})

test('is told apart by party, connection, claim and queue', () => {
  const interests = new Interests()
  interests.open('recipient', newRecipientId(), place)
  assert.equal(interests.get('notifier', place, blind), undefined)
  assert.equal(interests.get('recipient', { ...place, connection: 2 }, blind), undefined)
  assert.equal(interests.get('recipient', { ...place, claim: 4 }, blind), undefined)
  assert.equal(interests.get('recipient', place, `${blind}x`), undefined)
})

test('a queue and its notifier may be held under one claim', () => {
  const interests = new Interests()
  const recipient = interests.open('recipient', newRecipientId(), place)
  const notifier = interests.open('notifier', newNotifierId(), place)
  assert.equal(interests.get('recipient', place, blind), recipient)
  assert.equal(interests.get('notifier', place, blind), notifier)
  interests.drop('recipient', place, blind)
  assert.equal(interests.get('recipient', place, blind), undefined)
  assert.equal(interests.get('notifier', place, blind), notifier)
})

test('a connection is forgotten with the last that it holds', () => {
  const interests = new Interests()
  const second = { ...place, claim: 41 }
  interests.open('recipient', newRecipientId(), place)
  interests.open('recipient', newRecipientId(), second)
  interests.open('recipient', newRecipientId(), { ...place, connection: 2 })
  assert.equal(interests.size, 2)
  assert.deepEqual(interests.connections, [1, 2])
  interests.drop('recipient', place, blind)
  assert.deepEqual(interests.connections, [1, 2])
  // twice is once
  interests.drop('recipient', place, blind)
  interests.drop('recipient', second, blind)
  assert.deepEqual(interests.connections, [2])
  interests.drop('recipient', { connection: 3, claim: 1 }, blind)
  assert.equal(interests.size, 1)
})

test('take gives all that a connection holds, with its claims, and nothing the next time', () => {
  const interests = new Interests()
  const recipient = interests.open('recipient', newRecipientId(), place)
  const notifier = interests.open('notifier', newNotifierId(), { ...place, claim: 41 })
  interests.open('recipient', newRecipientId(), { ...place, connection: 2 })
  const expected = [
    { connection: 1, claim: 40, blind, interest: recipient },
    { connection: 1, claim: 41, blind, interest: notifier },
  ]
  assert.deepEqual([...interests].slice(0, 2), expected)
  assert.deepEqual([...interests.take(1)], expected)
  assert.deepEqual([...interests.take(1)], [])
  assert.equal([...interests].length, 1)
})
