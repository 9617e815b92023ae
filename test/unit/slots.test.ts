import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Slots } from '../../src/slots.ts'

describe('slots', () => {
  test('go to those who wait, the first one first', async () => {
    const slots = new Slots(2, 60_000)
    assert.deepEqual(await Promise.all([slots.enter(), slots.enter()]), [true, true])
    const order: number[] = []
    const waiting = [1, 2].map(async (number) => {
      assert.equal(await slots.enter(), true)
      order.push(number)
    })
    slots.leave()
    await waiting[0]
    slots.leave()
    await waiting[1]
    assert.deepEqual(order, [1, 2])
    slots.leave()
    slots.leave()
    assert.deepEqual(await Promise.all([slots.enter(), slots.enter()]), [true, true])
  })

  test('are refused once none was left for long, and given again afterwards', async () => {
    const slots = new Slots(1, 20)
    assert.equal(await slots.enter(), true)
    assert.deepEqual(await Promise.all([slots.enter(), slots.enter()]), [false, false])
    assert.equal(await slots.enter(), false)
    slots.leave()
    assert.equal(await slots.enter(), true)
  })
})
