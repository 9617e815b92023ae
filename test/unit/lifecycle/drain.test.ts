import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Drain } from '../../../src/lifecycle/drain.ts'
import { FakeTarget, type Time, withTime } from './fake-connections.ts'

const BOUND_SECONDS = 30

const drainOf = (target: FakeTarget, { now }: Time, delaySeconds = 0): Drain =>
  new Drain(target, {
    delayMs: delaySeconds * 1000,
    boundMs: BOUND_SECONDS * 1000,
    random: Math.random,
    now,
  })

describe('a drain', () => {
  test('of nothing is done at once', () =>
    withTime(async (time) => {
      const target = new FakeTarget(0)
      const drain = drainOf(target, time)
      assert.deepEqual(await drain.done, { closed: 0, cutOff: 0 })
      assert.deepEqual(target.happened, ['stopped accepting'])
      assert.deepEqual([drain.connectionsLeft, drain.secondsLeft], [0, 0])
    }))

  test('of a few takes no time that clients would not notice', () =>
    withTime(async (time) => {
      const target = new FakeTarget(5)
      assert.deepEqual(await drainOf(target, time).done, { closed: 5, cutOff: 0 })
      assert.equal(target.left.length, 5)
    }))

  test('of some closes fifty a second', () =>
    withTime(async (time) => {
      const target = new FakeTarget(200)
      const drain = drainOf(target, time)
      for (const expected of [5, 10, 15, 20]) {
        assert.equal(target.left.length, expected)
        await time.pass(0.1)
      }
      await time.pass(4)
      assert.deepEqual(await drain.done, { closed: 200, cutOff: 0 })
    }))

  test('of many is spread evenly over the bound, and leaves time for the last ones', () =>
    withTime(async (time) => {
      const target = new FakeTarget(10_000)
      const drain = drainOf(target, time)
      let before = target.left.length
      for (let second = 1; second <= 25; second += 1) {
        await time.pass(1)
        const closed = target.left.length - before
        before = target.left.length
        if (second < 25) assert.equal(closed, 400)
        assert.equal(drain.connectionsLeft, 10_000 - before)
      }
      assert.equal(drain.connectionsLeft, 0)
      assert.deepEqual(await drain.done, { closed: 10_000, cutOff: 0 })
    }))

  test('closes in random order, each once', () =>
    withTime(async (time) => {
      const target = new FakeTarget(1000)
      const drain = drainOf(target, time)
      await time.pass(BOUND_SECONDS)
      await drain.done
      const numbers = [...target.all.keys()]
      assert.notDeepEqual(target.left, numbers)
      assert.deepEqual(
        target.left.toSorted((a, b) => a - b),
        numbers,
      )
      const half = target.left.slice(0, 500)
      const low = half.filter((number) => number < 500).length
      // an even chance for each: beyond 300 is nine standard deviations away
      assert.ok(low > 150 && low < 350, `${low} of the first half`)
    }))

  test('lets load balancers notice before it stops accepting', () =>
    withTime(async (time) => {
      const target = new FakeTarget(3)
      const drain = drainOf(target, time, 10)
      assert.equal(drain.secondsLeft, 40)
      await time.pass(9.9)
      assert.deepEqual([target.happened, target.left], [[], []])
      await time.pass(0.1)
      await drain.done
      assert.deepEqual([target.happened, target.left.length], [['stopped accepting'], 3])
    }))

  test('leaves other relays before the bound and cuts off at it', () =>
    withTime(async (time) => {
      const target = new FakeTarget(4)
      target.hold(1, 2)
      const [, idle, busy] = target.all
      assert.ok(idle && busy)
      busy.isBusy = true
      const drain = drainOf(target, time)
      await time.pass(BOUND_SECONDS - 1.1)
      assert.deepEqual([target.happened, drain.connectionsLeft], [['stopped accepting'], 2])
      await time.pass(0.1)
      assert.deepEqual(target.happened, ['stopped accepting', 'left other relays'])
      await time.pass(1)
      assert.deepEqual(await drain.done, { closed: 4, cutOff: 1 })
      assert.equal(target.happened.at(-1), 'cut off')
    }))

  test('that is hastened closes everything at once and waits for a moment', () =>
    withTime(async (time) => {
      const target = new FakeTarget(10_000)
      target.hold(7)
      const drain = drainOf(target, time, 10)
      await time.pass(1)
      drain.hasten()
      await time.pass(0.1)
      assert.deepEqual([target.left.length, drain.connectionsLeft], [10_000, 1])
      assert.ok(drain.secondsLeft <= 3)
      await time.pass(3)
      assert.deepEqual(await drain.done, { closed: 10_000, cutOff: 0 })
      assert.deepEqual(target.happened, ['stopped accepting', 'left other relays', 'cut off'])
    }))

  test('can be hastened in its middle', () =>
    withTime(async (time) => {
      const target = new FakeTarget(10_000)
      const drain = drainOf(target, time)
      await time.pass(5)
      assert.ok(target.left.length < 2500)
      drain.hasten()
      assert.equal(target.left.length, 10_000)
      assert.deepEqual(await drain.done, { closed: 10_000, cutOff: 0 })
    }))
})
