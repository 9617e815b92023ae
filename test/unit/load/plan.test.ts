import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dividePlan, type LoadPlan } from '../../../src/load/plan.ts'

const plan: LoadPlan = {
  server: { keyHash: new Uint8Array(32), hosts: ['localhost'] },
  mode: 'load',
  connections: 17,
  queues: 100,
  seconds: 1,
  warmUpSeconds: 0,
  rate: 1000,
  bodyBytes: 100,
}

const sum = (values: readonly number[]): number => values.reduce((so, value) => so + value, 0)

describe('a plan in parts', () => {
  for (const workers of [1, 2, 3, 4])
    test(`${workers} parts make up the whole`, () => {
      const parts = dividePlan(plan, workers)
      assert.equal(parts.length, workers)
      assert.equal(sum(parts.map(({ connections }) => connections)), 17)
      assert.equal(sum(parts.map(({ queues }) => queues)), 100)
      assert.ok(Math.abs(sum(parts.map(({ rate = 0 }) => rate)) - 1000) < 1e-6)
      for (const { seconds, mode } of parts) assert.deepEqual([seconds, mode], [1, 'load'])
    })

  test('no part is without what it needs', () => {
    assert.equal(dividePlan({ ...plan, connections: 9 }, 8).length, 2)
    assert.equal(dividePlan({ ...plan, mode: 'idle', connections: 3, queues: 5 }, 8).length, 3)
    assert.equal(dividePlan({ ...plan, queues: 1 }, 8).length, 1)
    assert.equal(dividePlan({ ...plan, connections: 2 }, 8).length, 1)
  })

  test('without a rate has none', () => {
    const { rate: _, ...whole } = plan
    for (const part of dividePlan(whole, 2)) assert.ok(!('rate' in part))
  })
})
