import assert from 'node:assert/strict'
import { describe, mock, type TestContext, test } from 'node:test'
import { setImmediate as nextImmediate } from 'node:timers/promises'
import { sweep } from '../../src/store/memory/sweep.ts'

const INTERVAL_MS = 1000
const SLICE = 1000
const LONGEST_TIMER_MS = 2 ** 31 - 1

const numbers = (count: number): Map<number, number> =>
  new Map(Array.from({ length: count }, (_, index) => [index, index]))

/** A sweep over the map, and the values that it has visited. */
const start = (context: TestContext, map: ReadonlyMap<number, number>) => {
  mock.timers.enable({ apis: ['setInterval'] })
  const visited: number[] = []
  const stop = sweep(map, INTERVAL_MS, (value) => visited.push(value))
  context.after(() => {
    stop()
    mock.timers.reset()
  })
  return { visited, stop }
}

describe('a sweep', () => {
  test('visits every value once an interval', (context) => {
    const map = numbers(3)
    const { visited } = start(context, map)
    mock.timers.tick(INTERVAL_MS - 1)
    assert.deepEqual(visited, [])
    mock.timers.tick(1)
    assert.deepEqual(visited, [0, 1, 2])
    map.delete(0)
    mock.timers.tick(INTERVAL_MS)
    assert.deepEqual(visited, [0, 1, 2, 1, 2])
  })

  test('lets others run between slices, and is not begun twice', async (context) => {
    const map = numbers(2 * SLICE + 1)
    const { visited } = start(context, map)
    mock.timers.tick(INTERVAL_MS)
    for (const count of [SLICE, 2 * SLICE, 2 * SLICE + 1, 2 * SLICE + 1]) {
      assert.deepEqual(visited, [...map.keys()].slice(0, count))
      if (count <= 2 * SLICE) mock.timers.tick(INTERVAL_MS)
      await nextImmediate()
    }
    mock.timers.tick(INTERVAL_MS)
    assert.equal(visited.length, 3 * SLICE + 1)
  })

  test('is over when it is stopped, in the middle of one too', async (context) => {
    const { visited, stop } = start(context, numbers(2 * SLICE))
    mock.timers.tick(INTERVAL_MS)
    stop()
    await nextImmediate()
    await nextImmediate()
    mock.timers.tick(INTERVAL_MS)
    assert.equal(visited.length, SLICE)
  })

  test('is not done at once where its interval is longer than a timer can be', (context) => {
    const { mock: calls } = context.mock.method(globalThis, 'setInterval')
    sweep(numbers(1), LONGEST_TIMER_MS + 1, () => {})()
    assert.equal(calls.calls[0]?.arguments[1], LONGEST_TIMER_MS)
  })
})
