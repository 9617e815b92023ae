import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  faultText,
  planRound,
  ROUNDS_IN_GROUP,
  topologies,
  topologyOf,
} from '../../../bench/faults/schedule.ts'

const options = { seed: 'a seed', topologies }
const numbers = Array.from({ length: 400 }, (_, number) => number)

test('a round is the same whenever it is planned', () => {
  const plans = numbers.map((number) => planRound(options, number))
  for (const number of numbers.toReversed())
    assert.deepEqual(planRound(options, number), plans[number])
  assert.notDeepEqual(planRound({ ...options, seed: 'another seed' }, 3).faults, plans[3]?.faults)
})

test('every topology has its turn before one comes again', () => {
  const groups = topologies.map((_, group) => topologyOf(options, group * ROUNDS_IN_GROUP))
  assert.deepEqual(groups.toSorted(), topologies.toSorted())
})

test('all faults happen, and a Redis that keeps nothing is not killed', () => {
  const plans = numbers.map((number) => planRound(options, number))
  const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)))
  assert.equal(kinds.size, 13)
  const inMemory = plans.filter(({ topology }) => topology === 'memory')
  assert.notEqual(inMemory.length, 0)
  for (const { faults } of inMemory)
    assert.ok(faults.every(({ kind }) => kind !== 'kill-redis' && kind !== 'fail-over'))
})

test('faults come in the order of their time, with what they are made of', () => {
  for (const number of numbers) {
    const times = planRound(options, number).faults.map(({ atMs }) => atMs)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  }
  const pause = { kind: 'pause-redis', atMs: 120, draw: 0.5, forMs: 900 } as const
  assert.equal(faultText(pause), '120 pause-redis for 900 ms')
})
