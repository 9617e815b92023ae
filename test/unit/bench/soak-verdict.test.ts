import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf, type Reading } from '../../../bench/soak-verdict.ts'

const bounds = { heapUsed: 1000, external: 1000, rss: 10_000 }

/** Readings at every 100 commands, from the values of heap and rss. */
const readings = (
  heap: readonly number[],
  rss: readonly number[] = heap.map(() => 0),
): Reading<keyof typeof bounds>[] =>
  heap.map((heapUsed, i) => ({
    commands: (i + 1) * 100,
    heapUsed,
    rss: rss[i] ?? 0,
    external: 0,
  }))

const verdicts = (
  list: readonly Reading<keyof typeof bounds>[],
  warmUp = 0,
): readonly (readonly [string, boolean])[] =>
  growthOf(list, warmUp, bounds).map(({ measure, isFlat }) => [measure, isFlat] as const)

test('noise around one value is flat, and so is memory that shrinks', () => {
  const noise = [5000, 5900, 5100, 5800, 5000, 5900, 5200, 5700, 5100]
  assert.deepEqual(verdicts(readings(noise)), [
    ['heapUsed', true],
    ['external', true],
    ['rss', true],
  ])
  assert.deepEqual(verdicts(readings([9000, 8000, 7000, 6000]))[0], ['heapUsed', true])
})

test('steady growth is not flat', () => {
  const leak = Array.from({ length: 12 }, (_, i) => 5000 + 200 * i)
  const [heap] = growthOf(readings(leak), 0, bounds)
  assert.deepEqual(heap, {
    measure: 'heapUsed',
    growth: 1600,
    perCommand: 2,
    bound: 1000,
    isFlat: false,
  })
})

test('growth of one measure is told apart from the others', () => {
  const flat = Array.from({ length: 9 }, () => 5000)
  const growing = flat.map((_, i) => 5000 * i)
  assert.deepEqual(verdicts(readings(flat, growing)), [
    ['heapUsed', true],
    ['external', true],
    ['rss', false],
  ])
})

test('what happens before the end of the warm-up does not count', () => {
  const settling = [1000, 3000, 9000, 9000, 9000, 9000]
  assert.equal(verdicts(readings(settling))[0]?.[1], false)
  assert.equal(verdicts(readings(settling), 300)[0]?.[1], true)
})

test('one outlier does not decide', () => {
  const outlier = [5000, 5000, 5000, 5000, 5000, 5000, 5000, 90_000, 5000]
  assert.equal(verdicts(readings(outlier))[0]?.[1], true)
})
