import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Share, Shares } from '../../../src/measures/shares.ts'

test('shares sum up what connections have, and count those that have some', () => {
  const all = new Shares()
  const [first, second] = [new Share(all), new Share(all)]
  first.change(2)
  second.change(1)
  assert.deepEqual([all.total, all.holders], [3, 2])
  first.change(-1)
  second.change(-1)
  assert.deepEqual([all.total, all.holders], [1, 1])
  second.change(3)
  second.giveUp()
  second.giveUp()
  assert.deepEqual([all.total, all.holders], [1, 1])
  first.giveUp()
  assert.deepEqual([all.total, all.holders], [0, 0])
})
