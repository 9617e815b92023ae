import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demandOf, planOf, problemsOf } from '../../../bench/sizing-options.ts'

test('what is not said follows from the connections', () => {
  const { queues, messagesPerSecond, waitingMessages } = demandOf(1000)
  assert.deepEqual([queues, messagesPerSecond, waitingMessages], [100_000, 10, 10_000])
  assert.equal(demandOf(1000, { queues: '50' }).waitingMessages, 5)
  assert.equal(demandOf(1000, { queues: '50', 'waiting-messages': '7' }).waitingMessages, 7)
})

test('a number that was given takes the place of the default', () => {
  assert.equal(planOf({ 'pod-memory-gib': '8' }).podMemoryGib, 8)
  assert.equal(planOf({ 'pod-memory-gib': '8' }).podUtilization, planOf().podUtilization)
})

test('numbers, shares and divisors are checked', () => {
  assert.deepEqual(problemsOf({ connections: '1000000', 'subscribed-share': '0.5' }), [])
  assert.deepEqual(problemsOf({ connections: 'many' }), ['--connections is a number'])
  assert.deepEqual(problemsOf({ queues: '-1' }), ['--queues is a number'])
  assert.deepEqual(problemsOf({ 'notifier-share': '2' }), [
    '--notifier-share is a share from 0 to 1',
  ])
  for (const option of ['ping-seconds', 'pod-utilization', 'shard-memory-gib', 'peak-factor'])
    assert.deepEqual(problemsOf({ [option]: '0' }), [`--${option} is above 0`])
  assert.deepEqual(problemsOf({ replicas: '0', queues: '0' }), [])
})
