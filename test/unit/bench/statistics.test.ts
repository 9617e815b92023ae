import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  confidenceOf,
  median,
  percentilesOf,
  quantile,
  spreadOf,
} from '../../../bench/statistics.ts'

test('a median is the middle value, or between the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('quantiles lie between the values, and the values stay as they were', () => {
  const values = [40, 10, 30, 20, 50]
  assert.equal(quantile(values, 0), 10)
  assert.equal(quantile(values, 0.25), 20)
  assert.equal(quantile(values, 0.9), 46)
  assert.equal(quantile(values, 1), 50)
  assert.deepEqual(values, [40, 10, 30, 20, 50])
})

test('a spread is a median with its range', () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, min: 1, max: 5 })
})

test('a median is surer the more values there are', () => {
  const values = Array.from({ length: 101 }, (_, i) => (i * 7) % 101)
  assert.deepEqual(confidenceOf(values), { median: 50, min: 40, max: 60 })
  assert.deepEqual(confidenceOf([5, 1, 3]), { median: 3, min: 1, max: 5 })
})

test('percentiles of the first hundred numbers', () => {
  const values = Array.from({ length: 101 }, (_, i) => i)
  assert.deepEqual(percentilesOf(values), { count: 101, p50: 50, p95: 95, p99: 99, max: 100 })
})
