/** How long who was replaced does not know it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endTimes } from '../../../bench/faults/end-times.ts'
import type { Event } from '../../../bench/faults/history.ts'

/** One event each 10 ms. */
const timesOf = (...events: readonly Event[]): readonly number[] =>
  endTimes(events.map((event, at) => ({ ...event, ms: at * 10 })))

const ask = (subscription: number, connection = subscription): Event => ({
  ...{ type: 'subscribe', queue: 3, subscription, connection },
})
const answered = (subscription: number): Event => ({ type: 'subscribed', subscription })
const ended = (subscription: number): Event => ({ type: 'ended', subscription })
const fault = (text: string): Event => ({ type: 'fault', text })
const healed: Event = { type: 'healed' }

const first = [ask(1), answered(1)]

test('counts from the answer of the newer SUB', () => {
  assert.deepEqual(timesOf(...first, ask(2), answered(2), healed, ended(1)), [20])
})

test('is nothing where END was there before that answer', () => {
  assert.deepEqual(timesOf(...first, ask(2), ended(1), answered(2)), [0])
})

test('takes each replacement by itself', () => {
  const second = [ask(2), answered(2), ended(1)]
  assert.deepEqual(timesOf(...first, ...second, ask(3), answered(3), healed, ended(2)), [10, 20])
})

test('counts nobody whose END never came, or came for a SUB without an answer', () => {
  assert.deepEqual(timesOf(...first, ask(2), answered(2)), [])
  assert.deepEqual(timesOf(...first, ask(2), ended(1)), [])
  assert.deepEqual(timesOf(...first, ended(1), ask(2), answered(2)), [])
})

test('counts nothing while something is broken', () => {
  const replaced = [ask(2), answered(2), ended(1)]
  const kill = fault('100 kill-pod')
  const over = fault('100 kill-pod: over')
  assert.deepEqual(timesOf(...first, kill, ...replaced, over), [])
  assert.deepEqual(timesOf(...first, kill, over, ...replaced), [10])
  assert.deepEqual(timesOf(...first, ...replaced, kill, over), [10])
  assert.deepEqual(timesOf(...first, ask(2), kill, over, answered(2), ended(1)), [])
})

test('a clock is wrong until all is healed, and taking over breaks nothing', () => {
  const replaced = [ask(2), answered(2), ended(1)]
  const step = [fault('100 step-clock by 3 s'), fault('100 step-clock by 3 s: over')]
  assert.deepEqual(timesOf(...first, ...step, ...replaced), [])
  assert.deepEqual(timesOf(...first, ...step, healed, ...replaced), [10])
  assert.deepEqual(timesOf(...first, fault('100 take-over 50 %'), ...replaced), [10])
})
