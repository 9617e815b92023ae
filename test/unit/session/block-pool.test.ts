import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlockPool } from '../../../src/session/block-pool.ts'

test('memory is used again once it was given back, by one at a time', () => {
  const pool = new BlockPool()
  const [first, second] = [pool.take(), pool.take()]
  assert.equal(first.bytes.length, 16_384)
  assert.notEqual(first.bytes, second.bytes)
  second.giveBack()
  second.giveBack()
  assert.equal(pool.take().bytes, second.bytes)
  const third = pool.take().bytes
  assert.ok(third !== first.bytes && third !== second.bytes)
})

test('a burst leaves no more than 1 MB behind', () => {
  const pool = new BlockPool()
  const burst = Array.from({ length: 200 }, () => pool.take())
  for (const block of burst) block.giveBack()
  const before = new Set(burst.map(({ bytes }) => bytes))
  const after = burst.map(() => pool.take().bytes).filter((bytes) => before.has(bytes))
  assert.equal(after.length, 64)
})
