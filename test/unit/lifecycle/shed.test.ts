import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { Lifecycle, type LifecycleParts } from '../../../src/lifecycle/lifecycle.ts'
import { FakeTarget, type Time, withTime } from './fake-connections.ts'

const lifecycleOf = (
  target: FakeTarget,
  { now }: Pick<Time, 'now'>,
  parts: Partial<LifecycleParts> = {},
): Lifecycle =>
  new Lifecycle({
    target,
    settings: { drainDelaySeconds: 0, drainSeconds: 30, rebalance: false },
    shareLoad: () => undefined,
    onFault: (error) => assert.fail(String(error)),
    log: pino({ level: 'silent' }),
    now,
    ...parts,
  })

describe('shedding', () => {
  test('closes its share, spread over its time, and goes on serving', () =>
    withTime(async (time) => {
      const target = new FakeTarget(1000)
      const lifecycle = lifecycleOf(target, time)
      const shed = lifecycle.shed({ share: 0.3, overSeconds: 60 })
      assert.deepEqual([shed.count, shed.connectionsLeft, shed.secondsLeft], [300, 300, 60])
      await time.pass(30)
      assert.equal(shed.connectionsLeft, 150)
      await time.pass(30)
      await shed.done
      assert.deepEqual([target.size, shed.connectionsLeft, shed.secondsLeft], [700, 0, 0])
      assert.deepEqual([lifecycle.state, target.happened], ['serving', []])
    }))

  test('takes connections without commands under way first', () =>
    withTime(async (time) => {
      const target = new FakeTarget(1000)
      for (const connection of target.all) connection.isBusy = connection.number >= 500
      await lifecycleOf(target, time).shed({ share: 0.2, overSeconds: 0 }).done
      const busy = target.left.filter((number) => number >= 500).length
      assert.ok(busy < 10, `${busy} of 200 were busy`)
    }))

  test('closes busy ones where there are no others', () =>
    withTime(async (time) => {
      const target = new FakeTarget(10)
      for (const connection of target.all) connection.isBusy = true
      await lifecycleOf(target, time).shed({ share: 1, overSeconds: 0 }).done
      assert.equal(target.size, 0)
    }))

  test('is replaced by another one, can be stopped, and ends with a drain', () =>
    withTime(async (time) => {
      const target = new FakeTarget(1000)
      const lifecycle = lifecycleOf(target, time)
      const first = lifecycle.shed({ share: 1, overSeconds: 100 })
      await time.pass(10)
      const second = lifecycle.shed({ share: 0.5, overSeconds: 10 })
      await first.done
      await time.pass(5)
      second.stop()
      await second.done
      const left = target.left.length
      await time.pass(20)
      assert.equal(target.left.length, left)
      const third = lifecycle.shed({ share: 1, overSeconds: 100 })
      const drain = lifecycle.drain()
      await third.done
      assert.equal(lifecycle.drain(), drain)
      assert.throws(() => lifecycle.shed({ share: 1, overSeconds: 0 }), RangeError)
      await time.pass(30)
      await drain.done
      assert.equal(lifecycle.state, 'draining')
      await lifecycle.stop()
      assert.equal(lifecycle.state, 'stopped')
    }))

  test('refuses what is no share and no time', () => {
    const lifecycle = lifecycleOf(new FakeTarget(1), { now: () => 0 })
    for (const share of [0, -1, 1.1, Number.NaN])
      assert.throws(() => lifecycle.shed({ share, overSeconds: 1 }), RangeError)
    for (const overSeconds of [-1, Number.NaN, Infinity])
      assert.throws(() => lifecycle.shed({ share: 1, overSeconds }), RangeError)
  })
})

describe('rebalancing', () => {
  const settings = { drainDelaySeconds: 0, drainSeconds: 30, rebalance: true }

  test('closes a hundredth in ten seconds while others have far fewer, and tells when it stops', () =>
    withTime(async (time) => {
      const target = new FakeTarget(3000)
      const told: (number | undefined)[] = []
      const shareLoad = async (own: number | undefined) => {
        told.push(own)
        return own === undefined ? [] : [own, 600]
      }
      const lifecycle = lifecycleOf(target, time, { settings, shareLoad })
      await time.pass(29.9)
      assert.deepEqual(target.left, [])
      await time.pass(0.1)
      await time.pass(9.9)
      assert.equal(target.left.length, 30)
      await time.pass(10)
      assert.equal(target.left.length, 60)
      const drain = lifecycle.drain()
      await time.pass(60)
      await drain.done
      assert.equal(told.at(-1), undefined)
      assert.deepEqual(told.slice(0, 2), [3000, 3000])
    }))

  test('is off where it is not wanted or there is nobody else, and follows its setting', () =>
    withTime(async (time) => {
      const target = new FakeTarget(3000)
      const live = { ...settings, rebalance: false }
      let asked = 0
      const shareLoad = async (own: number | undefined) => {
        asked += own === undefined ? 0 : 1
        return own === undefined ? [] : [own]
      }
      const lifecycle = lifecycleOf(target, time, { settings: live, shareLoad })
      await time.pass(60)
      assert.equal(asked, 0)
      live.rebalance = true
      lifecycle.configure()
      await time.pass(100)
      assert.deepEqual([asked, target.left.length], [10, 0])
      live.rebalance = false
      lifecycle.configure()
      await time.pass(60)
      assert.equal(asked, 10)
      await lifecycle.stop()
    }))

  test('goes on when Redis does not answer', () =>
    withTime(async (time) => {
      const target = new FakeTarget(1000)
      const faults: string[] = []
      const lifecycle = lifecycleOf(target, time, {
        settings,
        shareLoad: () => Promise.reject(new Error('away')),
        onFault: (_, during) => faults.push(during),
      })
      await time.pass(100)
      assert.equal(faults.length, 10)
      assert.deepEqual(target.left, [])
      await lifecycle.stop()
    }))
})
