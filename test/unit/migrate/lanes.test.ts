import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes } from '../../../src/migrate/lanes.ts'
import { turn } from '../../support/clock.ts'

const gate = () => Promise.withResolvers<void>()

test('work on one queue is done in its order, on others at once, within the limit', async () => {
  const lanes = new Lanes(3)
  const done: string[] = []
  const [a, b, c] = [gate(), gate(), gate()]
  const work = (name: string, until: Promise<void>) => async () => {
    await until
    done.push(name)
  }
  await lanes.add('a', 1, work('a1', a.promise))
  await lanes.add('a', 1, work('a2', Promise.resolve()))
  await lanes.add('b', 1, work('b', b.promise))
  let isAdded = false
  const full = lanes.add('c', 1, work('c', c.promise)).then(() => {
    isAdded = true
  })
  await turn()
  assert.deepEqual([done, isAdded], [[], false])
  b.resolve()
  await full
  assert.deepEqual(done, ['b'])
  a.resolve()
  c.resolve()
  await lanes.drain()
  assert.deepEqual(done.slice().sort(), ['a1', 'a2', 'b', 'c'])
  assert.ok(done.indexOf('a1') < done.indexOf('a2'))
})

test('what is heavier than the limit is done alone', async () => {
  const lanes = new Lanes(1)
  await lanes.add('a', 100, async () => {})
  await lanes.add('b', 100, async () => {})
  await lanes.drain()
})

test('after a failure nothing more is begun, and it is told', async () => {
  const lanes = new Lanes(10)
  const failure = new Error('broken')
  let wasRun = false
  await lanes.add('a', 1, () => Promise.reject(failure))
  await lanes.add('a', 1, async () => {
    wasRun = true
  })
  await assert.rejects(lanes.drain(), failure)
  await assert.rejects(
    lanes.add('b', 1, async () => {}),
    failure,
  )
  assert.equal(wasRun, false)
})
