import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fullAfter, type Rate, waitMs } from '../../../src/limits/rate.ts'

const rates = fc.record<Rate>({
  perSecond: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1000 }),
})
/** Steps of a clock, some of which are none. */
const steps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true })), {
  maxLength: 2_000,
})

/** Times at which a token was given, asking once at each step. */
const given = (rate: Rate, all: readonly number[], start: number): readonly number[] => {
  const times: number[] = []
  let [now, fullAt] = [start, 0]
  for (const step of all) {
    now += step
    if (waitMs(fullAt, now, rate) > 0) continue
    fullAt = fullAfter(fullAt, now, rate)
    times.push(now)
  }
  return times
}

describe('a bucket', () => {
  test('never gives more than its burst and what its rate brings, in any span', () => {
    fc.assert(
      fc.property(
        rates,
        steps,
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (rate, all, start) => {
          const times = given(rate, all, start)
          times.forEach((from, first) => {
            const last = times.length - 1
            for (const until of [first, (first + last) >>> 1, last]) {
              const seconds = ((times[until] ?? from) - from) / 1000
              const most = rate.burst + rate.perSecond * seconds + 0.02
              assert.ok(until - first + 1 <= most, `${until - first + 1} of ${most}`)
            }
          })
        },
      ),
    )
  })

  test('gives its whole burst at once after silence', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0, max: 1e9, noNaN: true }), (rate, start) => {
        const asked = new Array<number>(rate.burst + 3).fill(0)
        // in so short a time none comes back but at rates of thousands
        assert.equal(given(rate, asked, start).length, rate.burst)
      }),
    )
  })

  test('a token is there after the time that is named, and not much earlier', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 3000 }), (rate, taken) => {
        let fullAt = 0
        for (let i = 0; i < taken; i++) fullAt = fullAfter(fullAt, 1000, rate)
        const wait = waitMs(fullAt, 1000, rate)
        assert.equal(wait === 0, taken < rate.burst)
        assert.ok(waitMs(fullAt, 1000 + wait, rate) === 0)
        if (wait > 1) assert.ok(waitMs(fullAt, 1000 + wait - 1, rate) > 0)
      }),
    )
  })
})
