import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullestOf, memoryOfInfo } from '../../../src/store/redis/server-memory.ts'

const memory = (usedBytes: number, limitBytes: number) => ({ usedBytes, limitBytes })

test('INFO says what is used and what may be', () => {
  const info = '# Memory\r\nused_memory:1234\r\nused_memory_human:1K\r\nmaxmemory:5000\r\n'
  assert.deepEqual(memoryOfInfo(info), memory(1234, 5000))
  assert.deepEqual(memoryOfInfo('used_memory:7\r\nmaxmemory:0\r\n'), memory(7, 0))
  assert.deepEqual(memoryOfInfo(''), memory(0, 0))
})

test('the fullest is the one that is nearest to its limit', () => {
  assert.deepEqual(fullestOf([memory(50, 100), memory(90, 1000), memory(8, 10)]), memory(8, 10))
  assert.deepEqual(fullestOf([memory(8, 10), memory(50, 100)]), memory(8, 10))
})

test('without limits it is the one that uses most; one with a limit comes first', () => {
  assert.deepEqual(fullestOf([memory(5, 0), memory(9, 0), memory(7, 0)]), memory(9, 0))
  assert.deepEqual(fullestOf([memory(9, 0), memory(1, 10), memory(8, 0)]), memory(1, 10))
  assert.equal(fullestOf([]), undefined)
})
