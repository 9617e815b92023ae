/** How many queues were active: periods and estimates. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { recipientIdOf } from '../../../src/protocol/ids.ts'
import { MemoryActivity } from '../../../src/store/memory/memory-activity.ts'
import { Sketch } from '../../../src/store/memory/sketch.ts'
import { dayOf, firstDayOf } from '../../../src/store/periods.ts'

const newId = () => recipientIdOf(new Uint8Array(randomBytes(24)))

describe('periods', () => {
  const dateOf = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10)

  test('begin with the UTC day, its Monday and its first of the month', () => {
    for (const [time, ...expected] of [
      ['2026-11-27T00:00:00Z', '2026-11-27', '2026-11-23', '2026-11-01'],
      ['2026-11-29T23:59:59.999Z', '2026-11-29', '2026-11-23', '2026-11-01'],
      ['2026-11-30T00:00:00Z', '2026-11-30', '2026-11-30', '2026-11-01'],
      ['2026-12-01T00:00:00Z', '2026-12-01', '2026-11-30', '2026-12-01'],
      ['2027-01-01T12:00:00Z', '2027-01-01', '2026-12-28', '2027-01-01'],
      ['2028-02-29T12:00:00Z', '2028-02-29', '2028-02-28', '2028-02-01'],
    ] as const) {
      const day = dayOf(Date.parse(time))
      const begins = (['day', 'week', 'month'] as const).map((period) => firstDayOf(period, day))
      assert.deepEqual(begins.map(dateOf), expected, time)
    }
  })
})

describe('a sketch', () => {
  test('estimates few ids nearly exactly, and many a few in a hundred off', () => {
    const sketch = new Sketch()
    assert.equal(sketch.estimate, 0)
    let count = 0
    for (const [goal, error] of [
      [1, 0],
      [10, 0.1],
      [1000, 0.05],
      [10_000, 0.1],
      [100_000, 0.1],
    ] as const) {
      for (; count < goal; count++) sketch.add(newId())
      const { estimate } = sketch
      assert.ok(Math.abs(estimate - goal) <= goal * error, `${goal} ids, ${estimate} estimated`)
    }
  })

  test('does not count an id twice, and begins anew', () => {
    const sketch = new Sketch()
    const id = newId()
    for (let i = 0; i < 1000; i++) sketch.add(id)
    assert.equal(sketch.estimate, 1)
    sketch.clear()
    assert.equal(sketch.estimate, 0)
  })
})

test('each period ends at its time, and the others go on', () => {
  let now = Date.parse('2026-11-29T12:00:00Z') // a Sunday
  const activity = new MemoryActivity(() => now)
  const [a, b] = [newId(), newId()]
  activity.note(a, true)
  activity.note(b, false)
  assert.deepEqual(activity.counts, {
    all: { day: 2, week: 2, month: 2 },
    notifying: { day: 1, week: 1, month: 1 },
  })
  now += 86_400_000 // Monday
  assert.deepEqual(activity.counts.all, { day: 0, week: 0, month: 2 })
  activity.note(b, false)
  assert.deepEqual(activity.counts.all, { day: 1, week: 1, month: 2 })
  now += 86_400_000 // the first of December
  assert.deepEqual(activity.counts.all, { day: 0, week: 1, month: 0 })
  assert.deepEqual(activity.counts.notifying, { day: 0, week: 0, month: 0 })
})
