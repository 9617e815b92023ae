import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Histogram } from '../../../src/load/histogram.ts'

const of = (all: readonly number[]): Histogram => {
  const histogram = new Histogram()
  for (const ms of all) histogram.record(ms)
  return histogram
}

/** From a microsecond to an hour, small and large ones alike. */
const times = fc.double({ min: -3, max: 6.5, noNaN: true }).map((power) => 10 ** power)

describe('a histogram', () => {
  test('of nothing is all zero', () => {
    const { count, mean, p50, p999, max } = new Histogram().times
    assert.deepEqual(
      { count, mean, p50, p999, max },
      { count: 0, mean: 0, p50: 0, p999: 0, max: 0 },
    )
  })

  test('gives quantiles within 1.6 % and a microsecond of the exact ones', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 200 }), share, (all, part) => {
        const sorted = all.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0
        const got = of(all).quantile(part)
        assert.ok(got >= exact * 0.9999 && got <= exact * 1.016 + 0.001, `${got} of ${exact}`)
      }),
    )
  })

  test('keeps count, mean and the greatest exactly', () => {
    const { count, mean, max } = of([1, 2, 6]).times
    assert.deepEqual({ count, mean, max }, { count: 3, mean: 3, max: 6 })
  })

  test('of two halves is that of the whole', () => {
    fc.assert(
      fc.property(fc.array(times), fc.array(times), (some, others) => {
        const merged = of(some)
        merged.add(structuredClone(of(others).recorded))
        const whole = of([...some, ...others])
        assert.deepEqual(merged.recorded.buckets, whole.recorded.buckets)
        assert.equal(merged.times.p99, whole.times.p99)
        assert.equal(merged.count, whole.count)
      }),
    )
  })

  test('takes anything, in memory of the same size', () => {
    const histogram = of([0, -1, 1e-9, 1e15, Number.MAX_VALUE])
    assert.equal(histogram.count, 5)
    assert.equal(histogram.recorded.buckets.length, new Histogram().recorded.buckets.length)
    assert.equal(
      histogram.recorded.buckets.reduce((sum, count) => sum + count, 0),
      5,
    )
  })
})
