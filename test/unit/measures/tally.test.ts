import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByWord, Tally } from '../../../src/measures/tally.ts'

test('words that are known from the beginning count from 0', () => {
  const tally = new Tally<'one' | 'two' | 'three'>(['one', 'two'])
  tally.add('two')
  tally.add('three', 2)
  assert.deepEqual(
    [...tally],
    [
      ['one', 0],
      ['two', 1],
      ['three', 2],
    ],
  )
  const byWord = new ByWord(() => new Tally(), ['known'])
  assert.deepEqual(
    [...byWord].map(([word]) => word),
    ['known'],
  )
  assert.equal(byWord.find('unknown'), undefined)
})
