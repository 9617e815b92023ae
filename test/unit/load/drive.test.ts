import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Deliverer, pace, saturate } from '../../../src/load/drive.ts'
import { Tally } from '../../../src/load/tally.ts'

const LONG_MS = 60_000
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Delivers at once, `good` times; then it fails. */
const lane = (good = Number.POSITIVE_INFINITY): Deliverer => {
  let left = good
  return {
    async deliver() {
      await turn()
      if (left-- <= 0) throw new Error('refused')
      return 1
    },
  }
}

const counting = () => {
  const controller = new AbortController()
  const tally = new Tally('messages')
  const drive = {
    milliseconds: LONG_MS,
    signal: controller.signal,
    onDelivered: (ms: number) => {
      tally.record(ms)
      if (tally.count >= 50) controller.abort()
    },
    onLost: (error: unknown) => tally.fail(error),
  }
  return { tally, drive }
}

describe('lanes', () => {
  test('go on until they are told to stop', async () => {
    const { tally, drive } = counting()
    await saturate({ ...drive, lanes: [lane(), lane()] })
    // the other one may finish what it began
    assert.ok(tally.count >= 50 && tally.count <= 51)
  })

  test('that fail are lost, and the others go on', async () => {
    const { tally, drive } = counting()
    await saturate({ ...drive, lanes: [lane(3), lane()] })
    assert.deepEqual(tally.result.failures, { refused: 1 })
    assert.ok(tally.count >= 50)
  })

  test('are at the end when all are lost, at a rate too', async () => {
    for (const perSecond of [undefined, 1_000_000]) {
      const { tally, drive } = counting()
      const lanes = [lane(3), lane(4)]
      if (perSecond === undefined) await saturate({ ...drive, lanes })
      else await pace({ ...drive, lanes, perSecond, wait: turn })
      assert.equal(tally.count, 7)
      assert.deepEqual(tally.result.failures, { refused: 2 })
    }
  })

  test('fail the drive where nobody asks for those that are lost', async () => {
    const drive = { lanes: [lane(0)], milliseconds: LONG_MS, onDelivered: () => {} }
    await assert.rejects(saturate(drive), /refused/)
  })

  test('deliver as many as the rate says, counted from when they were due', async () => {
    const { tally, drive } = counting()
    const late: number[] = []
    const onLate = (ms: number): unknown => late.push(ms)
    const rate = { perSecond: 20, milliseconds: 500, wait: turn }
    await pace({ ...drive, ...rate, lanes: [lane(), lane()], onLate: (ms) => void onLate(ms) })
    assert.ok(tally.count >= 1 && tally.count <= 10)
    assert.equal(late.length, tally.count)
    assert.ok(late.every((ms) => ms >= 0))
  })
})

describe('a tally', () => {
  test('counts kinds of failures, of which there is an end', () => {
    const tally = new Tally('messages')
    for (let i = 0; i < 100; i++) tally.fail(new Error(`failure ${i}`))
    tally.fail('failure 0')
    const { failures } = tally.result
    assert.equal(Object.keys(failures).length, 21)
    assert.equal(failures['failure 0'], 2)
    assert.equal(failures.others, 80)
  })

  test('of several threads is one', () => {
    const one = new Tally('subscriptions')
    one.record(1, 135)
    one.lasted(2)
    const other = new Tally('subscriptions')
    other.record(3, 65)
    other.lasted(1)
    other.fail('late')
    one.add(structuredClone(other.recorded))
    const { count, perSecond, timesMs, failures } = one.result
    assert.deepEqual(
      { count, perSecond, failures },
      { count: 200, perSecond: 100, failures: { late: 1 } },
    )
    assert.equal(timesMs.count, 2)
  })
})
