import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdSet } from '../../../src/store/id-set.ts'

test('holds what was added, once, and nothing else, however much that is', () => {
  const set = new IdSet()
  for (let i = 0; i < 20_000; i++) assert.equal(set.add(`id ${i}`), true)
  for (let i = 0; i < 20_000; i++) assert.equal(set.add(`id ${i}`), false)
  assert.equal(set.size, 20_000)
  for (let i = 0; i < 20_000; i++) assert.ok(set.has(`id ${i}`) && !set.has(`no ${i}`))
  assert.equal(set.has(''), false)
  assert.ok(set.add('') && set.has(''))
})
