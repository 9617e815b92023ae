import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../../../src/measures/histogram.ts'

test('a value belongs to the first range that it does not exceed', () => {
  const histogram = new Histogram([1, 2, 5])
  for (const value of [0, 1, 1.5, 2, 5, 5.1, 100]) histogram.observe(value)
  assert.deepEqual([...histogram.counts], [2, 2, 1, 2])
  assert.equal(histogram.sum, 114.6)
  assert.equal(histogram.count, 7)
})

test('each range keeps its last trace, where there are traces', () => {
  const histogram = new Histogram([1])
  histogram.observe(0.5)
  assert.deepEqual(histogram.exemplars ?? 'none', 'none')
  histogram.observe(0.25, 'a1')
  histogram.observe(0.5, 'a2')
  histogram.observe(0.75)
  const [low, high] = histogram.exemplars ?? []
  assert.deepEqual([low?.traceId, low?.value, high], ['a2', 0.5, undefined])
})
