import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffDelay, defaultBackoff } from '../../src/client/backoff.ts'

describe('delays between attempts', () => {
  it('grow from 2 s to 180 s', () => {
    const delays = Array.from({ length: 20 }, (_, i) => backoffDelay(defaultBackoff, i, 0))
    assert.deepEqual(delays.slice(0, 4), [2_000, 3_000, 4_500, 6_750])
    assert.deepEqual(
      delays,
      delays.toSorted((a, b) => a - b),
    )
    assert.equal(delays.at(-1), 180_000)
  })

  it('are shortened by chance, so that clients do not come together', () => {
    assert.equal(backoffDelay(defaultBackoff, 0, 1), 1_500)
    assert.equal(backoffDelay(defaultBackoff, 0, 0.5), 1_750)
    assert.equal(backoffDelay({ ...defaultBackoff, jitter: 0 }, 0, 1), 2_000)
  })
})
