import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Health } from '../../../src/ops/health.ts'

test('a relay is ready when all of its parts are, and has started when all were there', () => {
  const health = new Health()
  assert.deepEqual(Object.keys(health.problems), ['identity', 'store', 'listeners'])
  let problem: string | undefined = 'Redis cannot be reached'
  health.watch('identity')
  health.watch('store', () => problem)
  assert.deepEqual(health.problems, { store: problem, listeners: 'not ready yet' })
  assert.equal(health.hasStarted, false)
  health.watch('listeners')
  assert.deepEqual([health.hasStarted, health.isReady], [true, false])
  problem = undefined
  assert.deepEqual([health.hasStarted, health.isReady], [true, true])
  assert.deepEqual(health.problems, {})
})

test('a relay that drains is not ready, whatever its parts are', () => {
  const health = new Health()
  for (const part of health.parts) health.watch(part)
  health.watchDraining(() => true)
  assert.equal(health.isReady, false)
  assert.equal(health.hasStarted, true)
  assert.deepEqual(health.problems, { draining: 'the relay is stopping' })
})
