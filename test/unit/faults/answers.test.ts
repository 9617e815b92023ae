/** What the auditor says of clients that asked for much and did not read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archivedIn } from '../../../bench/faults/audit-answers.ts'
import { audit, type ViolationKind } from '../../../bench/faults/auditor.ts'
import type { Event } from '../../../bench/faults/history.ts'

const ARCHIVE = 24

const kindsOf = (...events: readonly Event[]): readonly ViolationKind[] =>
  audit(
    events.map((event, ms) => ({ ...event, ms })),
    { forgets: 'nothing' },
  ).map(({ kind }) => kind)

const ask = (command: number, asked: 'GET' | 'PING', connection = 1): Event => ({
  ...{ type: 'ask', command, connection, asked, queue: asked === 'GET' ? ARCHIVE : -1 },
})
const answer = (command: number, text: string): Event => ({ type: 'answer', command, answer: text })
const pong = (command: number): Event => answer(command, 'PONG')
const message = (command: number): Event => answer(command, archivedIn(ARCHIVE))
const settled: Event = { type: 'settled' }
const buffered = (bytes: number): Event => ({ type: 'buffered', bytes })

test('answers in the order asked are right, and a GET may wait where a PING does not', () => {
  const asked = [ask(1, 'GET'), ask(2, 'PING'), ask(3, 'PING'), ask(4, 'GET')]
  assert.deepEqual(kindsOf(...asked, pong(2), pong(3), message(1), message(4), settled), [])
})

test('connections do not wait for each other', () => {
  const asked = [ask(1, 'PING', 1), ask(2, 'PING', 2)]
  assert.deepEqual(kindsOf(...asked, pong(2), pong(1), settled), [])
})

test('an answer before the one of an earlier command of its kind is out of order', () => {
  const pings = [ask(1, 'PING'), ask(2, 'PING'), pong(2), pong(1), settled]
  assert.deepEqual(kindsOf(...pings), ['answer order'])
  const gets = [ask(1, 'GET'), ask(2, 'GET'), message(2), message(1), settled]
  assert.deepEqual(kindsOf(...gets), ['answer order'])
})

test('a command that has no answer when all has settled lacks one', () => {
  const asked = [ask(1, 'PING'), ask(2, 'PING'), ask(3, 'PING')]
  assert.deepEqual(kindsOf(...asked, pong(1), pong(3), settled), ['unanswered'])
})

test('an answer that was lost with its connection is not owed', () => {
  const lost: Event = { type: 'answer-lost', command: 2 }
  assert.deepEqual(kindsOf(ask(1, 'PING'), ask(2, 'GET'), pong(1), lost, settled), [])
})

test('an error, or the message of another queue, is a wrong answer', () => {
  assert.deepEqual(kindsOf(ask(1, 'GET'), answer(1, 'AUTH'), settled), ['wrong answer'])
  assert.deepEqual(kindsOf(ask(1, 'GET'), answer(1, archivedIn(25)), settled), ['wrong answer'])
  assert.deepEqual(kindsOf(ask(1, 'PING'), answer(1, 'OK'), settled), ['wrong answer'])
})

test('what waits for one connection is bounded', () => {
  assert.deepEqual(kindsOf(settled, buffered(600_000)), [])
  assert.deepEqual(kindsOf(settled, buffered(700_000)), ['overfull'])
})
