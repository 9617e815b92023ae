import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ages } from '../../../src/measures/ages.ts'

const BOUNDS = [60, 300, 1200, 3600]
const at = (seconds: number): number => seconds * 1000

const check = (ages: Ages, seconds: number, counts: readonly number[], oldest: number): void => {
  assert.deepEqual(ages.counts(at(seconds), BOUNDS), counts)
  assert.equal(ages.oldest(at(seconds)), oldest)
}

test('what began is counted by its age until it ends', () => {
  const ages = new Ages()
  check(ages, 0, [0, 0, 0, 0, 0], 0)
  ages.add(at(100))
  ages.add(at(100))
  ages.add(at(130))
  check(ages, 130, [3, 0, 0, 0, 0], 30)
  check(ages, 165, [1, 2, 0, 0, 0], 65)
  ages.remove(at(100))
  check(ages, 500, [0, 0, 2, 0, 0], 400)
  ages.remove(at(100))
  check(ages, 500, [0, 0, 1, 0, 0], 370)
  ages.remove(at(130))
  check(ages, 500, [0, 0, 0, 0, 0], 0)
})

test('an age is known to five seconds, and never too young', () => {
  const ages = new Ages()
  ages.add(4_999)
  check(ages, 5, [1, 0, 0, 0, 0], 5)
})

test('what is older than an hour is counted by the hour, and ends like the rest', () => {
  const ages = new Ages()
  ages.add(at(10))
  ages.add(at(3_000))
  ages.add(at(7_000))
  check(ages, 7_000, [1, 0, 0, 0, 2], 7_000)
  ages.remove(at(10))
  check(ages, 7_000, [1, 0, 0, 0, 1], 7_000)
  ages.remove(at(3_000))
  check(ages, 7_000, [1, 0, 0, 0, 0], 0)
  check(ages, 10_800, [0, 0, 0, 0, 1], 7_200)
  ages.remove(at(7_000))
  check(ages, 10_800, [0, 0, 0, 0, 0], 0)
})

test('nothing is lost however long nobody counts, and what began long ago can be added', () => {
  const ages = new Ages()
  ages.add(at(10))
  ages.add(at(1_000_000))
  assert.deepEqual(ages.counts(at(1_000_000), BOUNDS), [1, 0, 0, 0, 1])
  ages.add(at(999_000))
  ages.add(at(20))
  assert.deepEqual(ages.counts(at(1_000_000), BOUNDS), [1, 0, 1, 0, 2])
  for (const seconds of [10, 20, 999_000, 1_000_000]) ages.remove(at(seconds))
  check(ages, 1_000_000, [0, 0, 0, 0, 0], 0)
})

/** By looking at each of them. */
test('counts as one would by hand, whatever comes', () => {
  const ages = new Ages()
  const began: number[] = []
  let now = 0
  for (let step = 0; step < 3000; step += 1) {
    now += (step * 7919) % 40
    if (step % 3 === 0 && began.length > 5) ages.remove(at(began.splice(step % 5, 1)[0] ?? 0))
    else {
      ages.add(at(now))
      began.push(now)
    }
  }
  const counts = [0, 0, 0, 0, 0]
  for (const seconds of began) {
    const age = now - Math.floor(seconds / 5) * 5
    const index = BOUNDS.findIndex((bound) => age <= bound)
    counts[index === -1 ? 4 : index] = (counts[index === -1 ? 4 : index] ?? 0) + 1
  }
  assert.deepEqual(ages.counts(at(now), BOUNDS), counts)
})
